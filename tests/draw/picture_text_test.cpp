#include "draw/picture_text.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace tapegrad;

TEST_CASE("what is special to Graphviz becomes an entity") {
  CHECK(picture_text("<b>\"a\" & 'b'</b>", 99) == "&lt;b&gt;&quot;a&quot; &amp; 'b'&lt;/b&gt;");
  CHECK(picture_text("&lt;", 99) == "&amp;lt;");
  CHECK(picture_text("\\N", 99) == "&#92;&#8204;N");
  CHECK(picture_text("", 99) == "");
}

TEST_CASE("control characters become spaces, and letters of any language stay") {
  CHECK(picture_text("a\nb\tc\x7F\x1B[1m", 99) == "a b c  [1m");
  CHECK(picture_text(std::string("a\0b", 3), 99) == "a b");
  CHECK(picture_text("größe 価 😀 שלום", 99) == "größe 価 😀 שלום");
}

TEST_CASE("what is no UTF-8, or turns the letters around it, is replaced") {
  const std::string replacement = "\uFFFD";
  for (const std::string wrong : {"\xFF", "\x80", "\xC3", "\xC0", "\xED", "\xE2", "\xF5"}) {
    CAPTURE(wrong);
    CHECK(picture_text("a" + wrong + "b", 99) == "a" + replacement + "b");
    CHECK(picture_text(wrong, 99) == replacement);
  }
  CHECK(picture_text("\xC0\xAF", 99) == replacement + replacement);      // '/', too long
  CHECK(picture_text("\xED\xA0\x80", 99).starts_with(replacement));      // half of a pair
  CHECK(picture_text("\xF4\x90\x80\x80", 99).starts_with(replacement));  // beyond the last letter
  CHECK(picture_text("\u202Etxt", 99) == replacement + "txt");
  CHECK(picture_text("\u2067a\u2069", 99) == replacement + "a" + replacement);
  CHECK(picture_text("\uFFFF", 99) == replacement);
}

TEST_CASE("of a long text the middle is left out, by letters") {
  CHECK(picture_text("0123456789", 10) == "0123456789");
  CHECK(picture_text("0123456789a", 10) == "01234…789a");
  CHECK(picture_text("0123456789a", 9) == "01234…89a");
  CHECK(picture_text("ääääää&", 4) == "ää…&amp;");
}

TEST_CASE("numbers are short, with four digits if nobody says more, and a true minus") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(picture_number(-0.314159) == "−0.3142");
  CHECK(picture_number(-0.0) == "0");
  CHECK(picture_number(1e-20) == "1e−20");
  CHECK(picture_number(1.25e-7, 2) == "1.2e−7");
  CHECK(picture_number(-1e100, 2) == "−1e100");
  CHECK(picture_number(3e12, 2) == "3e12");
  CHECK(picture_number(1e5) == "1e5");
  CHECK(picture_number(12345.6) == "12346");
  CHECK(picture_number(123, 2) == "123");
  CHECK(picture_number(infinity) == "∞");
  CHECK(picture_number(-infinity) == "−∞");
  CHECK(picture_number(-std::numeric_limits<double>::quiet_NaN()) == "NaN");
}

TEST_CASE("counts have commas, and their noun agrees") {
  CHECK(picture_count(1, "node") == "1 node");
  CHECK(picture_count(0, "node") == "0 nodes");
  CHECK(picture_count(999, "node") == "999 nodes");
  CHECK(picture_count(1'234'567, "node") == "1,234,567 nodes");
}

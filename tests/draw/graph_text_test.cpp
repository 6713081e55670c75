#include "draw/graph/graph_text.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "draw/graph/graph_groups.hpp"

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

TEST_CASE("numbers have four digits and a true minus") {
  CHECK(picture_number(-0.314159) == "−0.3142");
  CHECK(picture_number(-0.0) == "0");
  CHECK(picture_number(1e-20) == "1e−20");
  CHECK(picture_number(std::numeric_limits<double>::infinity()) == "∞");
  CHECK(picture_number(-std::numeric_limits<double>::infinity()) == "−∞");
  CHECK(picture_number(-std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(picture_count(1, "node") == "1 node");
  CHECK(picture_count(0, "node") == "0 nodes");
  CHECK(picture_count(999, "node") == "999 nodes");
  CHECK(picture_count(1'234'567, "node") == "1,234,567 nodes");
}

TEST_CASE("a name's parts but the last are its groups, each within the one before") {
  GraphGroups groups;
  const std::uint32_t neuron = groups.of_node("L1.n3.w2");
  CHECK(groups.name(neuron) == "L1.n3");
  CHECK(groups.own_name(neuron) == "n3");
  CHECK(groups.parts(neuron) == 2);
  CHECK(groups.name(groups.parent(neuron)) == "L1");
  CHECK(groups.parent(groups.parent(neuron)) == 0);
  CHECK(groups.of_node("L1.n3.w1*x1") == neuron);
  CHECK(groups.of_node("L1.log_sum_exp") == groups.parent(neuron));
  CHECK(groups.of_node("L1.n3.b") == neuron);
  CHECK(groups.size() == 3);
}

TEST_CASE("names that are no path of identifiers are in no group") {
  GraphGroups groups;
  for (const char* name : {"", "w", ".", "a.", ".a", "0.5*x", "f(a.b)", "a..b", "a b.c", "ä.b",
                           "a.b.c.d.e.f.g.h.i.j"}) {
    CAPTURE(name);
    CHECK(groups.of_node(name) == 0);
  }
  CHECK(groups.size() == 1);
  CHECK(groups.parts(groups.of_node("a.b.c.d.e.f.g.h.i")) == GraphGroups::most_parts);
}

TEST_CASE("layers and neurons have titles as in the formulas") {
  CHECK(group_title("L12") == "layer (12)");
  CHECK(group_title("n3") == "neuron 3");
  for (const char* name : {"L", "n", "Lx", "n3a", "encoder"}) CHECK(group_title(name) == name);
}

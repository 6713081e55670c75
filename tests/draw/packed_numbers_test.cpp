#include "draw/training_page/packed_numbers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draw/shrunk_matrix.hpp"
#include "draw/training_page/thinned.hpp"
#include "pictures.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;

namespace {

std::vector<std::uint8_t> bytes_of(std::string_view base64) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char letter : base64) {
    if (letter == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(letters.find(letter));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count & 255));
  }
  return bytes;
}

/// As the page reads them.
std::vector<double> unpacked(const std::string& text) {
  const std::size_t comma = text.find(',');
  const double largest = std::strtod(text.c_str() + 1, nullptr);
  const std::vector<std::uint8_t> bytes =
      bytes_of(std::string_view(text).substr(comma + 2, text.size() - comma - 4));
  std::vector<double> numbers;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto code = static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8);
    if (code > max_code + 1)
      numbers.push_back(not_a_number);
    else if (std::abs(code) > max_code)
      numbers.push_back(code > 0 ? infinity : -infinity);
    else
      numbers.push_back(static_cast<double>(code) / max_code * largest);
  }
  return numbers;
}

std::vector<std::size_t> kept_of(std::size_t count, std::size_t most) {
  Thinned<std::size_t> thinned(most);
  for (std::size_t i = 0; i < count; ++i) thinned.add(i);
  return thinned.kept();
}

}  // namespace

TEST_CASE("base64 is that of RFC 4648") {
  const auto of = [](std::string_view text) {
    return base64(std::vector<std::uint8_t>(text.begin(), text.end()));
  };
  CHECK(of("") == "");
  CHECK(of("f") == "Zg==");
  CHECK(of("fo") == "Zm8=");
  CHECK(of("foo") == "Zm9v");
  CHECK(of("foobar") == "Zm9vYmFy");
  CHECK(base64(std::vector<std::uint8_t>{0xff, 0xfb, 0xf0}) == "//vw");
}

TEST_CASE("packed numbers are off by at most 1/65530 of the largest") {
  Random random(1);
  for (const double size : {1.0, 3e-300, 1e-320, 7e299, std::numeric_limits<double>::max()}) {
    CAPTURE(size);
    std::vector<double> numbers{size, -size, 0.0};
    for (int i = 0; i < 1000; ++i) numbers.push_back(size * (2 * random.uniform(0, 1) - 1));
    const std::vector<double> again = unpacked(packed(numbers));
    REQUIRE(again.size() == numbers.size());
    CHECK(again[0] == size);
    CHECK(again[1] == -size);
    CHECK(again[2] == 0);
    // Where numbers are denormal, half of their unit may come on top of it.
    const double room = size / 65530 * (1 + 1e-12) + std::numeric_limits<double>::denorm_min();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      CAPTURE(numbers[i]);
      CHECK(std::abs(again[i] - numbers[i]) <= room);
    }
  }
}

TEST_CASE("what is not finite is packed as what it is, and scales nothing") {
  const std::vector<double> again =
      unpacked(packed(std::vector{0.5, infinity, -infinity, not_a_number, -0.25}));
  CHECK(again[0] == 0.5);
  CHECK(again[1] == infinity);
  CHECK(again[2] == -infinity);
  CHECK(std::isnan(again[3]));
  CHECK(again[4] == doctest::Approx(-0.25).epsilon(1e-4));
  CHECK(unpacked(packed(std::vector{0.0, -0.0})) == std::vector{0.0, 0.0});
  CHECK(std::isnan(unpacked(packed(std::vector{not_a_number}))[0]));
}

TEST_CASE("shares are off by at most 1/510") {
  std::vector<double> shares;
  for (int i = 0; i <= 1000; ++i) shares.push_back(i / 1000.0);
  const std::vector<std::uint8_t> bytes = bytes_of(packed_shares(shares));
  REQUIRE(bytes.size() == shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i)
    CHECK(std::abs(bytes[i] / 255.0 - shares[i]) <= 1 / 510.0 + 1e-12);
}

TEST_CASE("a smaller matrix has the largest number of each group, or one that is not finite") {
  const std::vector<double> values{1, -2, 3, 4, 5, -6, 0, not_a_number};
  const ShrunkMatrix small = shrunk(values, 2, 4, 1, 2);
  CHECK(small.rows == 1);
  CHECK(small.columns == 2);
  CHECK(small.values[0] == -6);
  CHECK(std::isnan(small.values[1]));
  CHECK(shrunk(std::span(values).first(7), 1, 7, 64, 64).values ==
        std::vector<double>{1, -2, 3, 4, 5, -6, 0});
}

TEST_CASE("of many items few are kept: evenly, the first and the last among them") {
  for (std::size_t most = 2; most < 12; ++most) {
    for (std::size_t count = 1; count < 200; ++count) {
      CAPTURE(most);
      CAPTURE(count);
      const std::vector<std::size_t> kept = kept_of(count, most);
      CHECK(kept.size() <= most);
      CHECK((count > most || kept.size() == count));
      CHECK((count <= most || 2 * kept.size() >= most));
      CHECK(kept.front() == 0);
      CHECK(kept.back() == count - 1);
      for (std::size_t k = 2; k + 1 < kept.size(); ++k)
        CHECK(kept[k] - kept[k - 1] == kept[1] - kept[0]);
      const std::vector<std::size_t> more = kept_of(count, most + 3);
      CHECK(std::ranges::includes(more, kept));
    }
  }
}

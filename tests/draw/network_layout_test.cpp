// Where discs and numbers of a network's picture stand, and how wide texts are taken to be.
#include "draw/network/network_layout.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "draw/network/svg_text.hpp"

using namespace tapegrad;

namespace {

constexpr double radius = 29;
constexpr double height = 13;  // of a number

/// All lines between p discs on the left and q on the right, with numbers of one width.
std::vector<NumberedLine> lines_between(std::size_t p, std::size_t q, double width) {
  const std::vector<std::size_t> sizes{p, q};
  const NetworkLayout layout = network_layout(sizes, 12, {0, 0}, 240);
  std::vector<NumberedLine> lines;
  for (const Point from : layout.columns[0].discs)
    for (const Point to : layout.columns[1].discs) lines.push_back({from, to, width});
  return lines;
}

bool overlap(Point a, Point b, double width) {
  return std::abs(a.x - b.x) < width && std::abs(a.y - b.y) < height;
}

}  // namespace

TEST_CASE("discs stand in columns, small columns in the middle of the height") {
  const std::vector<std::size_t> sizes{2, 3, 1};
  const NetworkLayout layout = network_layout(sizes, 12, {50, 10}, 200);
  REQUIRE(layout.columns.size() == 3);
  CHECK(layout.gap >= 200);
  CHECK(layout.end.x == 50 + 2 * layout.gap);
  const NetworkColumn& inputs = layout.columns[0];
  const NetworkColumn& hidden = layout.columns[1];
  const NetworkColumn& output = layout.columns[2];
  CHECK(hidden.shown == std::vector<std::size_t>{0, 1, 2});
  CHECK(inputs.discs[0].x == 50);
  CHECK(hidden.discs[0].x == 50 + layout.gap);
  CHECK(hidden.discs[0].y - layout.radius >= 10);
  CHECK(hidden.discs[2].y + layout.radius <= layout.end.y);
  CHECK(hidden.discs[1].y - hidden.discs[0].y > 2 * layout.radius);
  CHECK(output.discs[0].y == hidden.discs[1].y);
  CHECK(inputs.discs[0].y + inputs.discs[1].y == 2 * hidden.discs[1].y);
}

TEST_CASE("of a large column the first and the last discs are shown, and dots between") {
  const std::vector<std::size_t> sizes{9, 8};
  const NetworkLayout layout = network_layout(sizes, 5, {0, 0}, 200);
  const NetworkColumn& column = layout.columns[0];
  CHECK(column.shown == std::vector<std::size_t>{0, 1, 2, 7, 8});
  CHECK(column.hidden == 4);
  CHECK(column.dots.y > column.discs[2].y + layout.radius);
  CHECK(column.dots.y < column.discs[3].y - layout.radius);
  CHECK(layout.columns[1].shown == std::vector<std::size_t>{0, 1, 2, 6, 7});
  CHECK(network_layout(sizes, 9, {0, 0}, 200).columns[0].hidden == 0);
  CHECK(network_layout(sizes, 2, {0, 0}, 200).columns[0].shown == std::vector<std::size_t>{0, 8});
}

TEST_CASE("numbers stand on their lines, clear of discs and of each other") {
  for (std::size_t p = 1; p <= 12; ++p) {
    for (std::size_t q = 1; p * q <= 12; ++q) {
      CAPTURE(p);
      CAPTURE(q);
      const double width = 58;  // of −0.3142
      const std::vector<NumberedLine> lines = lines_between(p, q, width);
      const std::vector<Point> places = place_numbers(lines, radius, height);
      REQUIRE(places.size() == lines.size());
      for (std::size_t k = 0; k < lines.size(); ++k) {
        const auto& [from, to, _] = lines[k];
        const double t = (places[k].x - from.x) / (to.x - from.x);
        CHECK(places[k].y == doctest::Approx(from.y + t * (to.y - from.y)));
        CHECK(places[k].x - width / 2 > from.x + radius);
        CHECK(places[k].x + width / 2 < to.x - radius);
        for (std::size_t other = 0; other < k; ++other)
          CHECK_FALSE(overlap(places[k], places[other], width));
      }
    }
  }
}

TEST_CASE("a number alone stands in the middle, also one that is wider than its line") {
  for (const double width : {20.0, 1000.0}) {
    const std::vector<NumberedLine> lines{{{0, 0}, {200, 100}, width}};
    const Point place = place_numbers(lines, radius, height)[0];
    CHECK(place.x == doctest::Approx(100));
    CHECK(place.y == doctest::Approx(50));
  }
  CHECK(place_numbers({}, radius, height).empty());
}

TEST_CASE("the width of a text counts letters and entities, not bytes") {
  CHECK(width_in_ems("") == 0);
  CHECK(width_in_ems("il") < width_in_ems("xx"));
  CHECK(width_in_ems("xx") < width_in_ems("WW"));
  CHECK(width_in_ems("&") == width_in_ems("&amp;"));  // ends without ';': no entity
  CHECK(width_in_ems("&amp;x") == width_in_ems("&amp;") + width_in_ems("x"));
  CHECK(width_in_ems("ä") < 1);
  CHECK(width_in_ems("価") == 1);
  CHECK(width_in_ems("😀") > 1);
}

TEST_CASE("of a text that is too wide the middle is left out") {
  CHECK(fitted_text("short & <b>", 20) == "short &amp; &lt;b&gt;");
  const std::string fitted = fitted_text("a name that is much too long", 6);
  CHECK(fitted.find("…") != std::string::npos);
  CHECK(fitted.starts_with("a na"));
  CHECK(width_in_ems(fitted) <= 6);
  CHECK(width_in_ems(fitted) > 5);
  CHECK(fitted_text("abc", 0) == "a…");
  CHECK(fitted_text("", 0) == "");
  CHECK(width_in_ems(fitted_text(std::string(100'000, 'W'), 10)) <= 10);
  CHECK(fitted_text("a\nb\u202Ec", 20) == "a b\uFFFDc");
}

TEST_CASE("numbers have as many digits as find room, at least one") {
  CHECK(fitted_number(-0.314159, 4, 100) == "−0.3142");
  CHECK(fitted_number(-0.314159, 4, 3.5) == "−0.31");
  CHECK(fitted_number(-0.314159, 4, 0) == "−0.3");
}

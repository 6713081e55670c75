// Decision maps: the numbers to the letter, the picture as in plot_test.cpp.
#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "draw/palette.hpp"
#include "pictures.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/draw/plot.hpp"

using tapegrad::ArgumentError;
using tapegrad::DecisionMap;
using tapegrad::draw;
using tapegrad::Grid;
using tapegrad::Picture;
using tapegrad::sample_grid;
using tapegrad::Series;
using tapegrad::ShapeError;
using tapegrad::Theme;

namespace {

/// The second class on the right.
DecisionMap halves(const std::string& title) {
  return {.title = title,
          .grid = sample_grid([](double x, double) { return x; }, {0, 1}, {0, 1}, 10),
          .classes = {Series{"left", {0.1, 0.2}, {0.5, 0.6}}, Series{"right", {0.9}, {0.5}}}};
}

/// How many lines are drawn in the boundary's colour.
std::size_t boundaries(const std::string& svg) {
  return count(svg, "<path stroke='rgb( 48,  48,  48)'");
}

}  // namespace

TEST_CASE("maps and points are written as CSV") {
  const Folder folder;
  DecisionMap map = halves("before, after");
  map.grid = {.x = {0, 1}, .y = {-1, 1}, .columns = 3, .rows = 3, .z = {}};
  map.grid.z = {0, 0.1, 1, 0, not_a_number, 1, 0, 0.25, 1};
  const Picture picture = draw(std::vector{map}, folder / "map.svg", {.gnuplot = "no-gnuplot"});
  CHECK(picture.files == std::vector{folder / "map.csv", folder / "map.points.csv"});
  CHECK(picture.hint.find("install gnuplot") != std::string::npos);
  const std::string title = "\"before, after\",";
  std::string expected = "panel,x,y,z\n";
  for (const char* row : {"0,-1,0", "0.5,-1,0.1", "1,-1,1", "0,0,0", "0.5,0,nan", "1,0,1", "0,1,0",
                          "0.5,1,0.25", "1,1,1"})
    expected += title + row + "\n";
  CHECK(content_of(folder / "map.csv") == expected);
  CHECK(content_of(folder / "map.points.csv") == "panel,class,x,y\n" + title + "left,0.1,0.5\n" +
                                                     title + "left,0.2,0.6\n" + title +
                                                     "right,0.9,0.5\n");
}

TEST_CASE("maps stand three in a row, each with its title and boundary, under one legend") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "maps.svg";
  std::vector<DecisionMap> maps;
  for (const char* title : {"one", "two", "three", "four"}) maps.push_back(halves(title));
  const std::string svg = checked_svg(draw(maps, path), path);
  check_texts(svg, {"one", "two", "three", "four", "left", "right"});
  CHECK(boundaries(svg) == 4);
  CHECK(svg.find("width=\"1128\" height=\"802\"") != std::string::npos);
  CHECK(svg.find("rgb(  0, 114, 178)") != std::string::npos);
  CHECK(svg.find("rgb(213,  94,   0)") != std::string::npos);
}

TEST_CASE("there is a boundary where the map goes through one half, however flat it is") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "map.svg";
  DecisionMap map = halves("");
  const auto lines = [&] { return boundaries(checked_svg(draw(std::vector{map}, path), path)); };
  CHECK(lines() == 1);
  for (double& z : map.grid.z) z = 0.5 + 1e-9 * (z - 0.5);
  CHECK(lines() == 1);
  for (double& z : map.grid.z) z = 0.5;
  CHECK(lines() == 0);
  for (double& z : map.grid.z) z = 0.9;
  CHECK(lines() == 0);
}

TEST_CASE("maps with holes, without points, names or a legend, and long ones are drawn") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "map.svg";
  DecisionMap map = halves("");
  map.grid.z[42] = not_a_number;
  map.classes[0] = {"", {}, {}};
  map.classes[1] = {"", {not_a_number}, {1}};
  const std::string svg = checked_svg(draw(std::vector{map}, path), path);
  CHECK(svg.find("width=\"376\" height=\"384\"") != std::string::npos);
  map.grid.z.assign(100, not_a_number);
  checked_svg(draw(std::vector{map}, path), path);
  map.grid = sample_grid([](double x, double) { return x / 1000; }, {0, 1000}, {0, 1}, 10);
  checked_svg(draw(std::vector{map}, path, {.width = 500, .height = 300}), path);
}

TEST_CASE("dark maps have the dark theme's colours; PNGs have twice the pixels") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "map.svg";
  const std::vector maps{halves("dark")};
  const std::string svg = checked_svg(draw(maps, path, {.theme = Theme::dark}), path);
  const tapegrad::PlotInks& inks = tapegrad::plot_inks(Theme::dark);
  CHECK(svg.find("fill=\"" + std::string(inks.paper) + "\"") != std::string::npos);
  CHECK(count(svg, "<path stroke='" + svg_color(inks.boundary)) == 1);
  CHECK(boundaries(svg) == 0);  // of the light one
  const fs::path png = folder / "map.png";
  CHECK(checked_png(draw(maps, png), png) == PixelSize{752, 836});
}

TEST_CASE("apostrophes are shown wherever they stand, in maps, too") {
  const Folder folder;
  const fs::path path = folder / "map.svg";
  check_apostrophes(3, [&](const std::string& text) {
    DecisionMap map = halves(text);
    map.classes[0].name = map.classes[1].name = text;
    return checked_svg(draw(std::vector{map}, path), path);
  });
}

TEST_CASE("bad maps are refused before anything is written") {
  const Folder folder;
  const fs::path path = folder / "map.svg";
  CHECK_THROWS_WITH_AS(draw(std::vector<DecisionMap>{}, path),
                       "draw: there is no map; pass at least one", ShapeError);
  std::vector<DecisionMap> maps{halves("fine"), halves("bad")};
  DecisionMap& map = maps[1];
  map.grid.z[3] = 1.5;
  CHECK_THROWS_WITH_AS(draw(maps, path),
                       "draw: map 'bad' holds 1.5, which is no probability; pass numbers from 0 "
                       "to 1",
                       ArgumentError);
  map.grid.z[3] = -infinity;
  CHECK_THROWS_AS(draw(maps, path), ArgumentError);
  map.grid.z.pop_back();
  CHECK_THROWS_WITH_AS(draw(maps, path),
                       "draw: the grid holds 99 values for 10 rows and 10 columns", ShapeError);
  map = halves("bad");
  map.classes[1].y.clear();
  CHECK_THROWS_WITH_AS(draw(maps, path), "draw: series 'right' has 1 x for 0 y; pass one for each",
                       ShapeError);
  map = halves("bad");
  map.grid.x = {1, 0};
  CHECK_THROWS_WITH_AS(draw(maps, path),
                       "grid: x runs from 1 to 0; pass finite ends, the lower one first",
                       ArgumentError);
  map = halves("bad");
  CHECK_THROWS_WITH_AS(draw(maps, path, {.width = 351}),
                       "draw: a width of 351 pixels has no room for axes, titles and legend; pass "
                       "at least 352",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(draw(maps, path, {.height = 200}),
                       "draw: a height of 200 pixels has no room for axes, titles and legend; "
                       "pass at least 218",
                       ArgumentError);
  CHECK_THROWS_AS(draw(maps, folder / "map.pdf"), ArgumentError);
  CHECK_FALSE(fs::exists(folder / "map.csv"));
}

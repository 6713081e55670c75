// Landscapes with paths over them: the numbers to the letter, the picture as in plot_test.cpp.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "draw/palette.hpp"
#include "pictures.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/draw/plot.hpp"

using tapegrad::ArgumentError;
using tapegrad::Contour;
using tapegrad::draw;
using tapegrad::FileError;
using tapegrad::Grid;
using tapegrad::Picture;
using tapegrad::sample_grid;
using tapegrad::ShapeError;
using tapegrad::Theme;

namespace {

Contour bowl() {
  return {.title = "Bowl",
          .x_label = "x",
          .y_label = "y",
          .grid = sample_grid([](double x, double y) { return x * x + 2 * y * y; }, {-2, 2},
                              {-1, 1}, 20),
          .paths = {{"from the left", {-1.5, -0.5, 0}, {0.5, 0.1, 0}},
                    {"from the right", {1.5, 0.5, 0}, {0.5, 0.1, 0}}}};
}

}  // namespace

TEST_CASE("sample_grid asks the function from the lowest row up, ends included") {
  const Grid grid = sample_grid([](double x, double y) { return 10 * x + y; }, {1, 3}, {5, 6}, 3);
  CHECK(grid.columns == 3);
  CHECK(grid.rows == 3);
  CHECK(grid.z == std::vector<double>{15, 25, 35, 15.5, 25.5, 35.5, 16, 26, 36});
}

TEST_CASE("landscape and paths are written as CSV") {
  const Folder folder;
  Contour contour = bowl();
  contour.grid = {.x = {0, 1},
                  .y = {-1, 1},
                  .columns = 3,
                  .rows = 3,
                  .z = {1, 2, 3, 4, not_a_number, 6, 7, 8, 9}};
  const Picture picture = draw(contour, folder / "bowl.svg", {.gnuplot = "no-gnuplot"});
  CHECK(picture.files == std::vector{folder / "bowl.csv", folder / "bowl.paths.csv"});
  CHECK(content_of(folder / "bowl.csv") ==
        "x,y,z\n0,-1,1\n0.5,-1,2\n1,-1,3\n0,0,4\n0.5,0,nan\n1,0,6\n0,1,7\n0.5,1,8\n1,1,9\n");
  CHECK(content_of(folder / "bowl.paths.csv") ==
        "path,step,x,y\n"
        "from the left,0,-1.5,0.5\nfrom the left,1,-0.5,0.1\nfrom the left,2,0,0\n"
        "from the right,0,1.5,0.5\nfrom the right,1,0.5,0.1\nfrom the right,2,0,0\n");
}

TEST_CASE("a landscape shows its paths, where they start and where they end") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "bowl.svg";
  const Picture picture = draw(bowl(), path);
  CHECK(picture.files == std::vector{folder / "bowl.csv", folder / "bowl.paths.csv", path});
  const std::string svg = checked_svg(picture, path);
  check_texts(
      svg, {"Bowl", "from the left", "from the right", "start", "end", "low: 0.0166", "high: 6"});
}

TEST_CASE("a path of one point is a disc in the legend, too, and needs no start and no end there") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "here.svg";
  Contour contour = bowl();
  contour.paths = {{"here", {0.5}, {0.25}}, {"and here", {not_a_number, -0.5}, {0, 0.25}}};
  const std::string here = checked_svg(draw(contour, path), path);
  check_texts(here, {"here", "and here", "low: 0.0166", "high: 6"});
  CHECK(here.find(">start<") == std::string::npos);
  CHECK(here.find(">end<") == std::string::npos);
  contour.paths.push_back(bowl().paths[0]);
  check_texts(checked_svg(draw(contour, path), path), {"here", "from the left", "start", "end"});
}

TEST_CASE("arrows are written as CSV and drawn, each with its rim, where they have a length") {
  const Folder folder;
  const fs::path path = folder / "bowl.svg";
  Contour contour = bowl();
  contour.arrows = {
      {-1, 0.5, 0.25, -0.125}, {0, 0, not_a_number, 1}, {1, infinity, 0.1, 0.1}, {0.5, 0.5, 0, 0}};
  const Picture numbers = draw(contour, path, {.gnuplot = "no-gnuplot"});
  CHECK(numbers.files ==
        std::vector{folder / "bowl.csv", folder / "bowl.paths.csv", folder / "bowl.arrows.csv"});
  CHECK(content_of(folder / "bowl.arrows.csv") ==
        "x,y,dx,dy\n-1,0.5,0.25,-0.125\n0,0,nan,1\n1,inf,0.1,0.1\n0.5,0.5,0,0\n");

  if (!is_installed("gnuplot")) return;
  // Shaft and head; the head is outlined, too.
  const auto drawn = [&](Theme theme) {
    const std::string svg = checked_svg(draw(contour, path, {.theme = theme}), path);
    return count(svg, "stroke='" + svg_color(tapegrad::plot_inks(theme).boundary));
  };
  const std::size_t one = drawn(Theme::light);
  CHECK(one > 0);
  CHECK(drawn(Theme::dark) == one);
  contour.arrows.push_back({1, -0.5, -0.25, 0.125});
  CHECK(drawn(Theme::light) > one);
  contour.arrows = {{1e300, 0, 1, 1}, {0, 0, 1e308, -1e308}, {1.9, 0.9, 4, 4}};  // leave it
  drawn(Theme::light);
  contour.arrows = {{0, 0, not_a_number, 1}};
  CHECK(drawn(Theme::light) == 0);
}

TEST_CASE("dark landscapes have the dark theme's colours; PNGs have twice the pixels") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "bowl.svg";
  const std::string svg = checked_svg(draw(bowl(), path, {.theme = Theme::dark}), path);
  const tapegrad::PlotInks& inks = tapegrad::plot_inks(Theme::dark);
  check_dark(svg);
  CHECK(count(svg, svg_color(inks.paper)) > 0);  // rims
  CHECK(count(svg, svg_color(inks.level)) > 0);
  const fs::path png = folder / "bowl.png";
  CHECK(checked_png(draw(bowl(), png, {.width = 400, .height = 500}), png) == PixelSize{800, 1000});
}

TEST_CASE("apostrophes are shown wherever they stand, in landscapes, too") {
  const Folder folder;
  const fs::path path = folder / "bowl.svg";
  check_apostrophes(4, [&](const std::string& text) {
    Contour contour = bowl();
    contour.title = contour.x_label = contour.y_label = contour.paths[0].name = text;
    return checked_svg(draw(contour, path), path);
  });
}

TEST_CASE("odd landscapes are drawn: flat, with holes, without paths, with paths that leave it") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "odd.svg";
  Contour flat = bowl();
  flat.grid.z.assign(flat.grid.z.size(), 3.0);
  checked_svg(draw(flat, path), path);

  Contour holes = bowl();
  for (std::size_t i = 100; i < 140; ++i) holes.grid.z[i] = not_a_number;
  holes.grid.z[200] = infinity;
  checked_svg(draw(holes, path), path);

  Contour bare = bowl();
  bare.paths.clear();
  CHECK(checked_svg(draw(bare, path), path).find(">start<") == std::string::npos);

  Contour astray = bowl();
  astray.paths = {{"away", {-100, 0, 1e300}, {0, 0, 3}},
                  {"diverged", {not_a_number}, {1}},
                  {"gap", {0, not_a_number, 1}, {0, 0, 1}}};
  checked_svg(draw(astray, path), path);

  Contour narrow = bowl();
  narrow.grid.y = {-1e-3, 1e-3};
  checked_svg(draw(narrow, path), path);
}

TEST_CASE("bad landscapes are refused") {
  const Folder folder;
  const fs::path path = folder / "bowl.svg";
  Contour contour = bowl();
  contour.grid.z.pop_back();
  CHECK_THROWS_WITH_AS(draw(contour, path),
                       "draw: the grid holds 399 values for 20 rows and 20 columns", ShapeError);
  contour = bowl();
  contour.grid.rows = 1;
  CHECK_THROWS_WITH_AS(draw(contour, path),
                       "draw: a grid of 1 rows and 20 columns; pass at least 3 of each",
                       ShapeError);
  contour = bowl();
  contour.grid.z.assign(400, not_a_number);
  CHECK_THROWS_WITH_AS(draw(contour, path),
                       "draw: the grid holds no finite value; there is nothing to show",
                       ArgumentError);
  contour = bowl();
  contour.grid.y = {1, 1};
  CHECK_THROWS_WITH_AS(draw(contour, path),
                       "grid: y runs from 1 to 1; pass finite ends, the lower one first",
                       ArgumentError);
  contour = bowl();
  contour.paths[1].x.push_back(1);
  CHECK_THROWS_WITH_AS(draw(contour, path),
                       "draw: series 'from the right' has 4 x for 3 y; pass one for each",
                       ShapeError);
  CHECK_THROWS_AS(draw(bowl(), folder / "bowl.pdf"), ArgumentError);
  CHECK_THROWS_AS(draw(bowl(), folder / "none/bowl.svg"), FileError);

  const auto zero = [](double, double) { return 0.0; };
  CHECK_THROWS_WITH_AS(sample_grid(zero, {0, 1}, {0, 1}, 2),
                       "sample_grid: 2 points a side; pass at least 3", ShapeError);
  CHECK_THROWS_AS(sample_grid(zero, {0, infinity}, {0, 1}), ArgumentError);
  CHECK_THROWS_AS(sample_grid(zero, {0, 1}, {not_a_number, 1}), ArgumentError);
}

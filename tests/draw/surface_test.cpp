// Surfaces: the numbers to the letter, the picture as in plot_test.cpp.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "draw/palette.hpp"
#include "pictures.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/draw/plot.hpp"

using tapegrad::ArgumentError;
using tapegrad::draw;
using tapegrad::FileError;
using tapegrad::Grid;
using tapegrad::Picture;
using tapegrad::sample_grid;
using tapegrad::series_color;
using tapegrad::ShapeError;
using tapegrad::Surface;
using tapegrad::Theme;

namespace {

Surface bowl() {
  return {
      .title = "Bowl",
      .x_label = "to the right",
      .y_label = "to the back",
      .z_label = "height",
      .grid = sample_grid([](double x, double y) { return x * x + y * y; }, {-2, 2}, {-2, 2}, 41),
      .paths = {{"down", {-1.5, -0.5, 0}, {0.5, 0.1, 0}}}};
}

/// A wall of height 1 along x = y, between the viewer and what lies behind; 0 elsewhere.
Surface wall() {
  const auto height = [](double x, double y) { return std::exp(-40 * (x - y) * (x - y)); };
  return {.title = "",
          .x_label = "",
          .y_label = "",
          .z_label = "",
          .grid = sample_grid(height, {-2, 2}, {-2, 2}, 61),
          .paths = {{"", {-1.5, 1.5}, {1.5, -1.5}}}};
}

/// How many lines of the path's colour are drawn: dashed ones, or all others.
std::size_t lines(const std::string& svg, bool dashed) {
  const std::string begin = "<path stroke='" + svg_color(series_color(0, Theme::light)) + "' ";
  return count(svg, begin + (dashed ? "stroke-dasharray" : " d="));
}

}  // namespace

TEST_CASE("surface and paths are written as CSV, heights between the points interpolated") {
  const Folder folder;
  Surface surface = bowl();
  surface.grid = {.x = {0, 2}, .y = {0, 4}, .columns = 3, .rows = 3, .z = {}};
  surface.grid.z = {1, 2, 3, 5, 6, 7, 9, 10, not_a_number};
  surface.paths = {{"a,b", {0, 0.5, 0.25, 1, 2, 2, 2}, {0, 0, 1, 4, 2, 4, 5}},
                   {"", {not_a_number, -1e300, 1.5, 1}, {0, 0, 3, 2}}};
  const Picture picture = draw(surface, folder / "s.svg", {.gnuplot = "no-gnuplot"});
  CHECK(picture.files == std::vector{folder / "s.csv", folder / "s.paths.csv"});
  CHECK(picture.hint.find("install gnuplot") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "s.svg"));
  CHECK(content_of(folder / "s.csv") ==
        "x,y,z\n0,0,1\n1,0,2\n2,0,3\n0,2,5\n1,2,6\n2,2,7\n0,4,9\n1,4,10\n2,4,nan\n");
  // At a point of the grid its value, also beside one that has none; outside there is no height.
  CHECK(content_of(folder / "s.paths.csv") ==
        "path,step,x,y,z\n"
        "\"a,b\",0,0,0,1\n\"a,b\",1,0.5,0,1.5\n\"a,b\",2,0.25,1,3.25\n\"a,b\",3,1,4,10\n"
        "\"a,b\",4,2,2,7\n\"a,b\",5,2,4,nan\n\"a,b\",6,2,5,nan\n"
        ",0,nan,0,nan\n,1,-1e+300,0,nan\n,2,1.5,3,nan\n,3,1,2,6\n");
}

TEST_CASE("a surface shows its texts, its path, and where that starts and ends") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "bowl.svg";
  const Picture picture = draw(bowl(), path);
  CHECK(picture.files == std::vector{folder / "bowl.csv", folder / "bowl.paths.csv", path});
  const std::string svg = checked_svg(picture, path);
  check_texts(svg, {"Bowl", "to the right", "to the back", "height", "down", "start", "end"});
  CHECK(lines(svg, false) > 0);
  CHECK(lines(svg, true) == 0);
}

TEST_CASE("what of a path lies behind a hill is dashed") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "wall.svg";
  Surface surface = wall();
  const std::string across = checked_svg(draw(surface, path), path);
  CHECK(lines(across, true) == 1);
  CHECK(lines(across, false) >= 1);
  surface.paths[0] = {"", {-0.5, 1.9}, {-1.9, 0.5}};  // before the wall
  const std::string before = checked_svg(draw(surface, path), path);
  CHECK(lines(before, true) == 0);
  CHECK(lines(before, false) >= 1);
  surface.paths[0] = {"", {-0.6, 0}, {0.1, 0.7}};  // close behind it
  const std::string behind = checked_svg(draw(surface, path), path);
  CHECK(lines(behind, true) >= 1);
  for (double& z : surface.grid.z) z = -z;  // a ditch hides nothing beside it
  CHECK(lines(checked_svg(draw(surface, path), path), true) == 0);
}

TEST_CASE("dark surfaces have the dark theme's colours; PNGs have twice the pixels") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "bowl.svg";
  const std::string svg = checked_svg(draw(bowl(), path, {.theme = Theme::dark}), path);
  const tapegrad::PlotInks& inks = tapegrad::plot_inks(Theme::dark);
  check_dark(svg);
  CHECK(count(svg, svg_color(inks.level)) > 0);
  CHECK(count(svg, svg_color(inks.heights[0])) > 0);
  const fs::path png = folder / "bowl.png";
  CHECK(checked_png(draw(bowl(), png, {.width = 400, .height = 400}), png) == PixelSize{800, 800});
}

TEST_CASE("a large grid is drawn with fewer patches") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "large.svg";
  Surface surface = bowl();
  surface.grid = sample_grid([](double x, double y) { return x * y; }, {-1, 1}, {-1, 1}, 300);
  CHECK(checked_svg(draw(surface, path), path).size() < 1'500'000);
  CHECK(count(content_of(folder / "large.csv"), "\n") == 1 + 300 * 300);
}

TEST_CASE("odd surfaces are drawn: flat, with holes, tiny and huge, with paths that leave them") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "odd.svg";
  for (const double z : {3.0, 0.0, -1e-9, 1e200}) {
    CAPTURE(z);
    Surface flat = bowl();
    flat.grid.z.assign(flat.grid.z.size(), z);
    checked_svg(draw(flat, path), path);
  }
  Surface holes = bowl();
  for (std::size_t i = 100; i < 240; ++i) holes.grid.z[i] = not_a_number;
  holes.grid.z[500] = infinity;
  holes.grid.z[900] = -infinity;
  checked_svg(draw(holes, path), path);
  holes.grid.z.assign(holes.grid.z.size(), not_a_number);
  holes.grid.z[700] = 1;  // alone: there is no patch
  checked_svg(draw(holes, path), path);

  for (const double factor : {1e-100, 1e100}) {
    CAPTURE(factor);
    Surface scaled = bowl();
    for (double& z : scaled.grid.z) z *= factor;
    checked_svg(draw(scaled, path), path);
  }

  Surface least = bowl();
  least.grid = sample_grid([](double x, double y) { return x - y; }, {0, 1000}, {0, 1}, 3);
  checked_svg(draw(least, path), path);
  least.grid = sample_grid([](double x, double y) { return x - y; }, {1e6, 1e6 + 1}, {0, 0.6}, 9);
  checked_svg(draw(least, path), path);

  Surface astray = bowl();
  astray.paths = {{"away", {-100, 0, 1e300}, {0, 0, 3}},
                  {"beyond all measure", {-1e308, 1e308}, {0, 0}},
                  {"diverged", {not_a_number}, {1}},
                  {"gap", {0, not_a_number, 1}, {0, 0, 1}},
                  {"at the border", {-2, 2, 2}, {-2, -2, 2}},
                  {"never seen", {5, 6, 6}, {5, 5, 9}},
                  {"point", {1, 1}, {1, 1}}};
  const std::string svg = checked_svg(draw(astray, path), path);
  CHECK(svg.find(">never seen<") != std::string::npos);
  Surface bare = bowl();
  bare.paths.clear();
  CHECK(checked_svg(draw(bare, path), path).find(">start<") == std::string::npos);
}

TEST_CASE("apostrophes are shown wherever they stand, at surfaces, too") {
  const Folder folder;
  const fs::path path = folder / "bowl.svg";
  check_apostrophes(5, [&](const std::string& text) {
    Surface surface = bowl();
    surface.grid = sample_grid([](double x, double y) { return x * y; }, {-2, 2}, {-2, 2}, 5);
    surface.title = surface.x_label = surface.y_label = surface.z_label = text;
    surface.paths[0].name = text;
    return checked_svg(draw(surface, path), path);
  });
}

TEST_CASE("bad surfaces are refused before anything is written") {
  const Folder folder;
  const fs::path path = folder / "bowl.svg";
  Surface surface = bowl();
  surface.grid.z.pop_back();
  CHECK_THROWS_WITH_AS(draw(surface, path),
                       "draw: the grid holds 1680 values for 41 rows and 41 columns", ShapeError);
  surface = bowl();
  surface.grid.z.assign(41 * 41, infinity);
  CHECK_THROWS_WITH_AS(draw(surface, path),
                       "draw: the grid holds no finite value; there is nothing to show",
                       ArgumentError);
  surface = bowl();
  surface.grid.x = {2, -2};
  CHECK_THROWS_AS(draw(surface, path), ArgumentError);
  surface = bowl();
  surface.paths[0].y.pop_back();
  CHECK_THROWS_WITH_AS(draw(surface, path),
                       "draw: series 'down' has 3 x for 2 y; pass one for each", ShapeError);
  surface.paths = {{"empty", {}, {}}};
  CHECK_THROWS_WITH_AS(draw(surface, path), "draw: series 'empty' has no points", ShapeError);
  CHECK_THROWS_WITH_AS(draw(bowl(), path, {.width = 309}),
                       "draw: a width of 309 pixels has no room for axes, titles and legend; pass "
                       "at least 310",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(draw(bowl(), path, {.height = 200}),
                       "draw: a height of 200 pixels has no room for axes, titles and legend; "
                       "pass at least 294",
                       ArgumentError);
  CHECK_THROWS_AS(draw(bowl(), folder / "bowl.pdf"), ArgumentError);
  CHECK_FALSE(fs::exists(folder / "bowl.csv"));
  CHECK_THROWS_WITH_AS(
      draw(bowl(), folder / "none/bowl.svg"),
      ((folder / "none/bowl.csv").string() + ": cannot be written: No such file or directory")
          .c_str(),
      FileError);
}

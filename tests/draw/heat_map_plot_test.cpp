// Matrices as pictures: the numbers to the letter, the picture as in plot_test.cpp.
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
using tapegrad::diverging_color;
using tapegrad::draw;
using tapegrad::FileError;
using tapegrad::HeatMap;
using tapegrad::Picture;
using tapegrad::ShapeError;
using tapegrad::Theme;

namespace {

HeatMap weights() {
  return {.title = "W1",
          .rows = 2,
          .columns = 3,
          .values = {4, -1, 0, 0.25, -4, 2},
          .row_label = "neuron",
          .column_label = "input",
          .column_names = {"height", "weight", "age"}};
}

HeatMap confusion() {
  return {.title = "Confusion",
          .rows = 3,
          .columns = 3,
          .values = {50, 0, 0, 0, 47, 3, 0, 2, 48},
          .row_names = {"a", "b", "c"},
          .column_names = {"a", "b", "c"}};
}

std::size_t cells(const std::string& svg, double t, Theme theme) {
  return count(svg, "<polygon fill = '" + svg_color(hex(diverging_color(t, theme))) + "'");
}

}  // namespace

TEST_CASE("matrices are written as CSV, rows and columns by their names, or numbers") {
  const Folder folder;
  HeatMap map = weights();
  map.title = "W1, \"raw\"";
  map.values = {0.1 + 0.2, not_a_number, -infinity, 1e-300, -0.0, 7};
  const Picture picture =
      draw(std::vector{map, confusion()}, folder / "maps.svg", {.gnuplot = "no-gnuplot"});
  CHECK(picture.files == std::vector{folder / "maps.csv"});
  CHECK(picture.hint == (folder / "maps.svg").string() +
                            " was not drawn: install gnuplot (Debian: gnuplot-nox) and run this "
                            "again; its numbers are in " +
                            (folder / "maps.csv").string());
  const std::string w = "\"W1, \"\"raw\"\"\",";
  CHECK(content_of(folder / "maps.csv") ==
        "panel,row,column,value\n" + w + "1,height,0.30000000000000004\n" + w + "1,weight,nan\n" +
            w + "1,age,-inf\n" + w + "2,height,1e-300\n" + w + "2,weight,-0\n" + w + "2,age,7\n" +
            "Confusion,a,a,50\nConfusion,a,b,0\nConfusion,a,c,0\n"
            "Confusion,b,a,0\nConfusion,b,b,47\nConfusion,b,c,3\n"
            "Confusion,c,a,0\nConfusion,c,b,2\nConfusion,c,c,48\n");
}

TEST_CASE("cells have the palette's colours and hold their numbers, in light and in dark") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "maps.svg";
  for (const Theme theme : {Theme::light, Theme::dark}) {
    const Picture picture = draw(std::vector{weights()}, path, {.theme = theme});
    CHECK(picture.files == std::vector{folder / "maps.csv", path});
    const std::string svg = checked_svg(picture, path);
    // Each stands at the root of its share of the largest.
    for (const double t : {1.0, -0.5, 0.0, 0.25, -1.0, std::sqrt(0.5)}) {
      CAPTURE(t);
      CHECK(cells(svg, t, theme) == 1);
    }
    check_texts(svg, {"W1", "neuron", "input", "height", "weight", "age", "2", "4.00", "−1.00",
                      "0.00", "0.25", "−4.00", "2.00"});
    for (const std::string at_the_bar : {"4", "0", "−1", "−4"}) CHECK(texts(svg, at_the_bar) == 1);
    CHECK(texts(svg, "1") == 2);  // the first row's name, and at the bar
    const std::string paper(tapegrad::plot_inks(theme).paper);
    CHECK(svg.find("fill=\"" + paper + "\"") != std::string::npos);
  }
}

TEST_CASE("matrices side by side share one scale, and names of columns stand upright if long") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "maps.svg";
  HeatMap half = weights();
  half.title = "W2";
  for (double& x : half.values) x /= 16;
  const std::string svg = checked_svg(draw(std::vector{weights(), half}, path), path);
  CHECK(cells(svg, 1, Theme::light) == 1);
  CHECK(cells(svg, 0.25, Theme::light) == 2);  // of the first one 0.25, of the second 4 / 16
  CHECK(texts(svg, "0.25") == 2);
  CHECK(count(svg, "rotate(-90)") == 2);  // the rows' labels
  half.column_names[1] = "much longer";
  const std::string upright = checked_svg(draw(std::vector{half}, path), path);
  CHECK(count(upright, "rotate(-90)") == 4);
}

TEST_CASE("counts stay whole, and their scale begins at 0") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "confusion.svg";
  const std::string svg = checked_svg(draw(std::vector{confusion()}, path), path);
  check_texts(svg, {"47", "48", "2", "3", "12.5"});
  CHECK(texts(svg, "50") == 2);  // in its cell, and at the bar
  CHECK(texts(svg, "0") == 5);   // likewise
  CHECK(texts(svg, "a") == 2);
  CHECK(svg.find("−") == std::string::npos);
  HeatMap negative = confusion();
  for (double& x : negative.values) x = -x;
  const std::string mirrored = checked_svg(draw(std::vector{negative}, path), path);
  CHECK(texts(mirrored, "0") == 5);  // not −0
  CHECK(texts(mirrored, "−50") == 2);
  CHECK(texts(mirrored, "50") == 0);
}

TEST_CASE("what is not finite is purple, and says what it is") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "maps.svg";
  HeatMap map = weights();
  map.values = {not_a_number, infinity, -infinity, 1, 2, 3};
  const std::string svg = checked_svg(draw(std::vector{map}, path), path);
  check_texts(svg, {"NaN", "∞", "−∞"});
  const std::string purple = svg_color(hex(not_finite_color(Theme::light)));
  CHECK(count(svg, "<polygon fill = '" + purple) == 3);
  CHECK(cells(svg, 1, Theme::light) == 1);  // infinity is not the largest
  map.values.assign(6, not_a_number);
  CHECK(count(checked_svg(draw(std::vector{map}, path), path), "<polygon fill = '" + purple) == 6);
}

TEST_CASE("numbers that do not fit into their cells are left out, and names that would meet") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "maps.svg";
  HeatMap map{.title = "large", .rows = 40, .columns = 50};
  for (int i = 0; i < 2000; ++i) map.values.push_back(std::sin(i));
  const std::string svg = checked_svg(draw(std::vector{map}, path), path);
  CHECK(texts(svg, "0.84") == 0);
  CHECK(count(svg, "<polygon") >= 2000);
  CHECK(texts(svg, "1") == 3);  // row, column, and the bar's end
  CHECK(texts(svg, "2") == 0);
  map.rows = 100;
  map.values.resize(5000, 0.5);
  const std::string image = checked_svg(draw(std::vector{map}, path), path);
  CHECK(count(image, "<polygon") < 100);
  CHECK(count(image, "<image") == 2);  // and the bar
}

TEST_CASE("odd matrices are drawn: of one cell, strips, zeros, tiny and huge numbers") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "odd.svg";
  const auto filled = [](std::size_t rows, std::size_t columns, double x) {
    HeatMap map{.title = "", .rows = rows, .columns = columns};
    map.values.assign(rows * columns, x);
    return map;
  };
  std::vector<HeatMap> maps{filled(1, 1, 1e-9), filled(5000, 1, 1e-10), filled(1, 40, -1e-12)};
  CHECK(texts(checked_svg(draw(maps, path), path), "1e−9") == 2);  // and at the bar
  maps = {filled(1, 1, 1e300), filled(2, 2, -1e308)};
  checked_svg(draw(maps, path), path);
  const std::string zeros = checked_svg(draw(std::vector{filled(2, 2, -0.0)}, path), path);
  CHECK(texts(zeros, "0") == 4);  // there is no bar
  checked_svg(draw(std::vector(3, filled(3, 30, 12.5)), path, {.width = 700, .height = 250}), path);

  HeatMap named = confusion();
  named.row_names[0] = "größte aller denkbaren Längen";
  CHECK(texts(checked_svg(draw(std::vector{named}, path), path), "größte aller denkbaren L…") == 1);
  const fs::path png = folder / "odd.png";
  CHECK(checked_png(draw(std::vector{named}, png, {.width = 600, .height = 300}), png) ==
        PixelSize{1200, 600});
}

TEST_CASE("apostrophes are shown wherever they stand, at matrices, too") {
  const Folder folder;
  const fs::path path = folder / "map.svg";
  check_apostrophes(5, [&](const std::string& text) {
    HeatMap map = weights();
    map.title = map.row_label = map.column_label = map.column_names[1] = text;
    map.row_names = {text, "b\nc"};
    const std::string svg = checked_svg(draw(std::vector{map}, path), path);
    CHECK(texts(svg, "b c") == 1);
    return svg;
  });
}

TEST_CASE("bad matrices are refused before anything is written") {
  const Folder folder;
  const fs::path path = folder / "map.svg";
  CHECK_THROWS_WITH_AS(draw(std::vector<HeatMap>{}, path),
                       "draw: there is no map; pass at least one", ShapeError);
  std::vector<HeatMap> maps{confusion(), weights()};
  HeatMap& map = maps[1];
  map.values.pop_back();
  CHECK_THROWS_WITH_AS(draw(maps, path), "draw: map 'W1' holds 5 values for 2 rows and 3 columns",
                       ShapeError);
  map = weights();
  map.rows = 0;
  map.values.clear();
  CHECK_THROWS_WITH_AS(draw(maps, path),
                       "draw: map 'W1' has 0 rows and 3 columns; pass at least one of each",
                       ShapeError);
  map = weights();
  map.columns = static_cast<std::size_t>(-1) / 2 + 4;  // times 2 is 6, modulo 2^64
  CHECK_THROWS_AS(draw(maps, path), ShapeError);
  map = weights();
  map.row_names = {"one"};
  CHECK_THROWS_WITH_AS(draw(maps, path),
                       "draw: map 'W1' has 1 names for 2 rows; pass one for each, or none",
                       ShapeError);
  map = weights();
  map.column_names.push_back("more");
  CHECK_THROWS_WITH_AS(draw(maps, path),
                       "draw: map 'W1' has 4 names for 3 columns; pass one for each, or none",
                       ShapeError);
  maps.pop_back();
  CHECK_THROWS_WITH_AS(draw(maps, path, {.width = 200}),
                       "draw: a width of 200 pixels has no room for axes, titles and legend; pass "
                       "at least 255",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(draw(maps, path, {.height = 100}),
                       "draw: a height of 100 pixels has no room for axes, titles and legend; "
                       "pass at least 202",
                       ArgumentError);
  CHECK_THROWS_AS(draw(maps, folder / "map.pdf"), ArgumentError);
  CHECK_FALSE(fs::exists(folder / "map.csv"));
  CHECK_THROWS_WITH_AS(
      draw(maps, folder / "none/map.svg"),
      ((folder / "none/map.csv").string() + ": cannot be written: No such file or directory")
          .c_str(),
      FileError);
}

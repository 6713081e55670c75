// What is written is compared to the letter. The pictures themselves are gnuplot's work: here we
// see that it accepts every script, and that what it draws is whole and shows our texts.
#include "tapegrad/draw/plot.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/error.hpp"

using tapegrad::ArgumentError;
using tapegrad::Contour;
using tapegrad::draw;
using tapegrad::FileError;
using tapegrad::Grid;
using tapegrad::Picture;
using tapegrad::Plot;
using tapegrad::sample_grid;
using tapegrad::Scale;
using tapegrad::Series;
using tapegrad::ShapeError;

namespace {

namespace fs = std::filesystem;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string unique_name() { return "tapegrad_plot_" + std::to_string(std::random_device{}()); }

/// A folder for the pictures of a test, gone when the test is over. Its name has what a shell
/// would trip over.
class Folder {
 public:
  Folder() { fs::create_directories(path_); }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  fs::path path_ = fs::temp_directory_path() / (unique_name() + " it's; `a` $(test)");
};

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_installed(const std::string& program) {
  const bool found = std::system((program + " --version >/dev/null 2>&1").c_str()) == 0;
  if (!found) MESSAGE(program << " is not installed: its part of this test is left out");
  return found;
}

/// Every tag that is opened is closed, in the right order, and only one element is outermost.
bool is_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  int outermost = 0;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find(xml.compare(at, 4, "<!--") == 0 ? "-->" : ">", at);
    if (end == std::string::npos) return false;
    if (xml[at + 1] == '?' || xml[at + 1] == '!') continue;
    const bool closes = xml[at + 1] == '/';
    const std::size_t begin = at + (closes ? 2 : 1);
    const std::string name = xml.substr(begin, xml.find_first_of(" \t\r\n/>", begin) - begin);
    if (closes) {
      if (open.empty() || open.back() != name) return false;
      open.pop_back();
    } else if (xml[end - 1] != '/') {
      outermost += open.empty() ? 1 : 0;
      open.push_back(name);
    }
  }
  return open.empty() && outermost == 1;
}

/// The SVG at `path`, after all that can be said about any picture has been checked.
std::string checked_svg(const Picture& picture, const fs::path& path) {
  CHECK(picture.hint == "");
  REQUIRE(!picture.files.empty());
  CHECK(picture.files.back() == path);
  std::string svg = content_of(path);
  CHECK(is_well_formed(svg));
  if (is_installed("rsvg-convert")) {
    const fs::path plain = fs::temp_directory_path() / (unique_name() + ".svg");
    fs::copy_file(path, plain);
    CHECK(std::system(("rsvg-convert " + plain.string() + " >/dev/null").c_str()) == 0);
    fs::remove(plain);
  }
  return svg;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++n;
  return n;
}

Plot loss() {
  return {.title = "Loss",
          .x_label = "epoch",
          .y_label = "cross-entropy",
          .series = {{"train", {0, 1, 2}, {2.3, 0.5, 0.01}}, {"test", {0, 1, 2}, {2.3, 0.6, 0.1}}}};
}

Plot accuracy() {
  return {.title = "Accuracy",
          .x_label = "epoch",
          .y_label = "%",
          .series = {{"train", {0, 1, 2}, {10, 80, 99}}, {"test", {0, 1, 2}, {10, 75, 95}}}};
}

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

TEST_CASE("curves are written as CSV, to the last bit, with all that is not drawn") {
  const Folder folder;
  Plot plot = loss();
  plot.title = "Loss, \"scaled\"";
  plot.series = {{"train", {0, 1, 2}, {0.1 + 0.2, not_a_number, 1e-300}},
                 {"a,b", {-1, 0.5, infinity}, {-infinity, 0, 7}}};
  const Picture picture =
      draw({plot, accuracy()}, folder / "curves.svg", {.gnuplot = "no-gnuplot"});
  CHECK(content_of(folder / "curves.csv") ==
        "panel,series,x,y\n"
        "\"Loss, \"\"scaled\"\"\",train,0,0.30000000000000004\n"
        "\"Loss, \"\"scaled\"\"\",train,1,nan\n"
        "\"Loss, \"\"scaled\"\"\",train,2,1e-300\n"
        "\"Loss, \"\"scaled\"\"\",\"a,b\",-1,-inf\n"
        "\"Loss, \"\"scaled\"\"\",\"a,b\",0.5,0\n"
        "\"Loss, \"\"scaled\"\"\",\"a,b\",inf,7\n"
        "Accuracy,train,0,10\nAccuracy,train,1,80\nAccuracy,train,2,99\n"
        "Accuracy,test,0,10\nAccuracy,test,1,75\nAccuracy,test,2,95\n");
}

TEST_CASE("without gnuplot there are the numbers and a hint") {
  const Folder folder;
  const fs::path svg = folder / "curves.svg";
  const Picture picture = draw(loss(), svg, {.gnuplot = "no-gnuplot"});
  CHECK(picture.files == std::vector{folder / "curves.csv"});
  CHECK(fs::exists(folder / "curves.csv"));
  CHECK_FALSE(fs::exists(svg));
  CHECK(picture.hint == svg.string() +
                            " was not drawn: install gnuplot (Debian: gnuplot-nox) and run this "
                            "again; its numbers are in " +
                            (folder / "curves.csv").string());
}

TEST_CASE("a gnuplot that fails or cannot be started is told in the hint") {
  const Folder folder;
  const fs::path svg = folder / "curves.svg";
  const std::string end = "; its numbers are in " + (folder / "curves.csv").string();
  CHECK(draw(loss(), svg, {.gnuplot = "false"}).hint ==
        svg.string() + " was not drawn: false failed" + end);
  CHECK(draw(loss(), svg, {.gnuplot = "true"}).hint ==
        svg.string() + " was not drawn: true failed" + end);

  const fs::path script = folder / "gnuplot";
  std::ofstream(script) << "#!/bin/sh\necho first >&2; echo 'no svg terminal' >&2; exit 1\n";
  CHECK(draw(loss(), svg, {.gnuplot = script.string()}).hint ==
        svg.string() + " was not drawn: " + script.string() +
            " cannot be started: Permission denied" + end);
  fs::permissions(script, fs::perms::owner_all);
  CHECK(draw(loss(), svg, {.gnuplot = script.string()}).hint ==
        svg.string() + " was not drawn: " + script.string() + " failed: no svg terminal" + end);
  CHECK_FALSE(fs::exists(svg));
}

TEST_CASE("panels side by side show all titles, labels and names, in the same colours") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  const Picture picture = draw({loss(), accuracy()}, path);
  CHECK(picture.files == std::vector{folder / "curves.csv", path});
  const std::string svg = checked_svg(picture, path);
  for (std::string_view text : {"Loss", "Accuracy", "cross-entropy", "%"}) {
    CAPTURE(text);
    CHECK(count(svg, ">" + std::string(text) + "</text>") == 1);
  }
  CHECK(svg.find("width=\"1200\" height=\"478\"") != std::string::npos);
  CHECK(svg.find("rgb(  0, 114, 178)") != std::string::npos);
  CHECK(svg.find("rgb(213,  94,   0)") != std::string::npos);
  CHECK(svg.find("rgb(  0, 158, 115)") == std::string::npos);  // two colours are enough
}

TEST_CASE("size is what was asked for") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  const std::string svg = checked_svg(draw(loss(), path, {.width = 640, .height = 360}), path);
  CHECK(svg.find("width=\"640\" height=\"360\"") != std::string::npos);
}

TEST_CASE(
    "titles and names are shown as they are, whatever gnuplot or a shell would make of them") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  Plot plot = loss();
  plot.title = "it's <b> & \"q\" x_1^2 @a\\n`echo no`\n$(echo no) größe";
  plot.series[0].name = "w_{1} '";
  const std::string svg = checked_svg(draw(plot, path), path);
  CHECK(svg.find("it's &lt;b> &amp; \"q\" x_1^2 @a\\n`echo no` $(echo no) größe") !=
        std::string::npos);
  CHECK(svg.find("w_{1} '") != std::string::npos);
}

TEST_CASE("apostrophes are shown wherever they stand") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  for (std::string_view text : {"'quoted'", "'", "''", "'' and '", "a''", "a'''b", "'`echo no`'",
                                "it's @a \\n `echo no`"}) {
    CAPTURE(text);
    Plot plot = loss();
    plot.title = plot.x_label = plot.y_label = plot.series[0].name = text;
    const std::string svg = checked_svg(draw(plot, path), path);
    CHECK(count(svg, ">" + std::string(text) + "</text>") == 4);

    Contour contour = bowl();
    contour.title = contour.x_label = contour.y_label = contour.paths[0].name = text;
    const std::string landscape = checked_svg(draw(contour, path), path);
    CHECK(count(landscape, ">" + std::string(text) + "</text>") == 4);
  }
}

TEST_CASE("a loss that spans two decades has a logarithmic axis, another one a linear one") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  // Where 0.01 and 0.1 both have a tick, the axis is logarithmic.
  const auto is_logarithmic = [&](const Plot& plot) {
    const std::string svg = checked_svg(draw(plot, path), path);
    return count(svg, ">0.01</text>") == 1 && count(svg, ">0.1</text>") == 1;
  };
  Plot plot = loss();
  CHECK(is_logarithmic(plot));
  plot.y_scale = Scale::linear;
  CHECK_FALSE(is_logarithmic(plot));
  plot.y_scale = Scale::automatic;
  plot.series[0].y = {2.3, 0.5, 0.03};
  CHECK_FALSE(is_logarithmic(plot));
  plot.y_scale = Scale::logarithmic;
  plot.series[0].y = {2.3, 0.01, 0};  // 0 has no place there: a gap
  CHECK(is_logarithmic(plot));
  plot.y_scale = Scale::automatic;
  CHECK_FALSE(is_logarithmic(plot));
}

TEST_CASE("a point that is no number is a gap in its line") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  Plot plot{.title = "", .x_label = "", .y_label = "", .series = {{"", {}, {}}}};
  for (int i = 0; i < 9; ++i) {
    plot.series[0].x.push_back(i);
    plot.series[0].y.push_back(i);
  }
  const auto lines = [&] { return count(checked_svg(draw(plot, path), path), "M"); };
  const std::size_t whole = lines();
  plot.series[0].y[3] = not_a_number;
  CHECK(lines() == whole + 1);
  plot.series[0].y[4] = infinity;  // beside the first one: the same gap
  CHECK(lines() == whole + 1);
  plot.series[0].x[6] = not_a_number;
  CHECK(lines() == whole + 2);
}

TEST_CASE("plots of nothing, of one point, and of many curves are drawn") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  Plot nothing = loss();
  for (Series& series : nothing.series) series.y.assign(3, not_a_number);
  nothing.y_scale = Scale::logarithmic;
  Plot point = loss();
  point.series = {{"once", {1}, {5}}};
  Plot usual = loss();
  usual.series[0].x = {0, 1, 70};  // is not held to the empty panel's range
  const std::string svg = checked_svg(draw({nothing, point, usual}, path), path);
  CHECK(svg.find(">70<") != std::string::npos);
  CHECK(svg.find("once") != std::string::npos);
  CHECK(svg.find("train") != std::string::npos);

  Plot many = loss();
  for (int i = 0; i < 20; ++i)
    many.series.push_back({"another curve " + std::to_string(i), {0, 1}, {1.0 + i, 2.0}});
  CHECK(checked_svg(draw(many, path), path).find("another curve 19") != std::string::npos);
}

TEST_CASE("bad curves are refused before anything is written") {
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  Plot plot = loss();
  plot.series[1].y.pop_back();
  CHECK_THROWS_WITH_AS(draw(plot, path), "draw: series 'test' has 3 x for 2 y; pass one for each",
                       ShapeError);
  plot.series[1] = {"test", {}, {}};
  CHECK_THROWS_WITH_AS(draw(plot, path), "draw: series 'test' has no points", ShapeError);
  plot.series.clear();
  CHECK_THROWS_WITH_AS(draw(plot, path), "draw: plot 'Loss' has no series", ShapeError);
  CHECK_THROWS_WITH_AS(draw(std::vector<Plot>{}, path), "draw: there is no plot; pass at least one",
                       ShapeError);
  CHECK_THROWS_WITH_AS(draw(loss(), path, {.width = 234}),
                       "draw: a width of 234 pixels has no room for axes, titles and legend; pass "
                       "at least 235",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(draw(loss(), path, {.height = 200}),
                       "draw: a height of 200 pixels has no room for axes, titles and legend; "
                       "pass at least 258",
                       ArgumentError);
  CHECK_FALSE(fs::exists(folder / "curves.csv"));
  CHECK_THROWS_WITH_AS(draw(loss(), "curves.png"),
                       "curves.png: the picture is an SVG; pass a name that ends in .svg",
                       ArgumentError);
}

TEST_CASE("a file that cannot be written is a FileError that names it") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(
      draw(loss(), folder / "none/curves.svg"),
      ((folder / "none/curves.csv").string() + ": cannot be written: No such file or directory")
          .c_str(),
      FileError);
  if (!fs::exists("/dev/full")) return;
  fs::create_symlink("/dev/full", folder / "full.csv");
  CHECK_THROWS_WITH_AS(
      draw(loss(), folder / "full.svg"),
      ((folder / "full.csv").string() + ": cannot be written: No space left on device").c_str(),
      FileError);
}

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
  for (std::string_view text : {"Bowl", "from the left", "from the right", "start", "end"}) {
    CAPTURE(text);
    CHECK(count(svg, ">" + std::string(text) + "</text>") == 1);
  }
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
  CHECK_THROWS_AS(draw(bowl(), folder / "bowl.png"), ArgumentError);
  CHECK_THROWS_AS(draw(bowl(), folder / "none/bowl.svg"), FileError);

  const auto zero = [](double, double) { return 0.0; };
  CHECK_THROWS_WITH_AS(sample_grid(zero, {0, 1}, {0, 1}, 2),
                       "sample_grid: 2 points a side; pass at least 3", ShapeError);
  CHECK_THROWS_AS(sample_grid(zero, {0, infinity}, {0, 1}), ArgumentError);
  CHECK_THROWS_AS(sample_grid(zero, {0, 1}, {not_a_number, 1}), ArgumentError);
}

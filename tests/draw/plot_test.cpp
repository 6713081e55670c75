// What is written is compared to the letter. The pictures themselves are gnuplot's work: here we
// see that it accepts every script, and that what it draws is whole and shows our texts.
#include "tapegrad/draw/plot.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "draw/palette.hpp"
#include "pictures.hpp"
#include "tapegrad/core/error.hpp"

using tapegrad::ArgumentError;
using tapegrad::draw;
using tapegrad::FileError;
using tapegrad::Marks;
using tapegrad::Picture;
using tapegrad::Plot;
using tapegrad::Scale;
using tapegrad::Series;
using tapegrad::ShapeError;
using tapegrad::Theme;

namespace {

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
  check_texts(svg, {"Loss", "Accuracy", "cross-entropy", "%"});
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
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  check_apostrophes(4, [&](const std::string& text) {
    Plot plot = loss();
    plot.title = plot.x_label = plot.y_label = plot.series[0].name = text;
    return checked_svg(draw(plot, path), path);
  });
}

TEST_CASE("a loss that spans two decades has a logarithmic axis, another one a linear one") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  // Where 0.01 and 0.1 both have a tick, the axis is logarithmic.
  const auto is_logarithmic = [&](const Plot& plot) {
    const std::string svg = checked_svg(draw(plot, path), path);
    return texts(svg, "0.01") == 1 && texts(svg, "0.1") == 1;
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

TEST_CASE("a line of many points has no discs but where one stands alone between gaps") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  Plot plot{.title = "", .x_label = "", .y_label = "", .series = {{"", {}, {}}}};
  const auto append = [&](int points) {
    for (int i = 0; i < points; ++i) {
      plot.series[0].x.push_back(static_cast<double>(plot.series[0].x.size()));
      plot.series[0].y.push_back(1);
    }
  };
  const auto discs = [&] { return count(checked_svg(draw(plot, path), path), "#gpPt6'"); };
  append(50);
  CHECK(discs() == 50);
  append(10);
  CHECK(discs() == 0);
  plot.series[0].y[3] = plot.series[0].y[5] = plot.series[0].y[58] = not_a_number;
  CHECK(discs() == 2);  // the fifth and the last
}

TEST_CASE("discs and rings stand alone, and only lines join their points") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "points.svg";
  Plot plot = accuracy();
  const auto drawn = [&](Marks marks) {
    plot.series.resize(1);
    plot.series[0].marks = marks;
    return checked_svg(draw(plot, path), path);
  };
  // gnuplot's names for a disc and a ring; one more of each stands in the legend.
  const auto discs = [](const std::string& svg) { return count(svg, "xlink:href='#gpPt6'"); };
  const auto rings = [](const std::string& svg) { return count(svg, "xlink:href='#gpPt5'"); };
  const std::string with_line = drawn(Marks::line);
  const std::string with_discs = drawn(Marks::discs);
  const std::string with_rings = drawn(Marks::rings);
  CHECK(discs(with_line) == 4);
  CHECK(discs(with_discs) == 4);
  CHECK(rings(with_discs) == rings(with_line));  // symbols are made of others
  CHECK(rings(with_rings) == rings(with_line) + 4);
  CHECK(discs(with_rings) == 0);
  CHECK(count(with_discs, "stroke-width=\"2.50\"") == 0);
  CHECK(count(with_line, "stroke-width=\"2.50\"") > 0);
  CHECK_THROWS_WITH_AS(drawn(static_cast<Marks>(7)), "draw: marks are lines, discs or rings",
                       ArgumentError);
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

TEST_CASE("a dark picture has the dark theme's colours, and none of the light one's") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.svg";
  Plot plot = loss();
  for (int i = 0; i < 6; ++i) plot.series.push_back({"", {0, 1}, {1.0 + i, 2.0}});
  plot.series.push_back({"ring", {1}, {1}, Marks::rings});
  const std::string light = checked_svg(draw(plot, path), path);
  const std::string dark = checked_svg(draw(plot, path, {.theme = Theme::dark}), path);
  for (std::size_t i = 0; i < 8; ++i) {
    CAPTURE(i);
    const std::string on_light = svg_color(tapegrad::series_color(i, Theme::light));
    const std::string on_dark = svg_color(tapegrad::series_color(i, Theme::dark));
    CHECK(light.find(on_light) != std::string::npos);
    CHECK(dark.find(on_dark) != std::string::npos);
    if (on_light != on_dark) CHECK(dark.find(on_light) == std::string::npos);
  }
  CHECK(light.find("fill=\"#ffffff\"") != std::string::npos);
  CHECK(dark.find("fill=\"#17181c\"") != std::string::npos);
  CHECK(dark.find("fill=\"#ffffff\"") == std::string::npos);
  CHECK(dark.find("fill=\"rgb(244,244,244)\"") != std::string::npos);  // titles
  CHECK(dark.find("fill=\"rgb(196,196,200)\"") != std::string::npos);  // numbers at the axes
  for (const std::string_view ink : {"fill=\"rgb(64,64,64)\"", "fill=\"rgb(0,0,0)\"",
                                     "fill=\"black\"", "'black'", "rgb(  0,   0,   0)"}) {
    CAPTURE(ink);
    CHECK(dark.find(ink) == std::string::npos);
  }
}

TEST_CASE("a PNG has twice as many pixels on each side") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path path = folder / "curves.png";
  const Picture picture = draw(loss(), path, {.width = 400, .height = 300});
  CHECK(picture.files == std::vector{folder / "curves.csv", path});
  CHECK(checked_png(picture, path) == PixelSize{800, 600});
  CHECK(checked_png(draw({loss(), accuracy()}, path, {.theme = Theme::dark}), path) ==
        PixelSize{2400, 956});
}

TEST_CASE("a gnuplot that makes no PNG, or half of one, is told in the hint") {
  if (!is_installed("gnuplot")) return;
  const Folder folder;
  const fs::path png = folder / "curves.png";
  const fs::path script = folder / "gnuplot";
  std::ofstream(script) << "#!/bin/sh\nsed s/pngcairo/no_cairo/g | gnuplot \"$@\"\n";
  fs::permissions(script, fs::perms::owner_all);
  CHECK(draw(loss(), png, {.gnuplot = script.string()}).hint ==
        png.string() + " was not drawn: " + script.string() +
            " failed: it draws no PNG here; install gnuplot with cairo (Debian: gnuplot-nox), or "
            "pass a name that ends in .svg; its numbers are in " +
            (folder / "curves.csv").string());
  CHECK(draw(loss(), folder / "curves.svg", {.gnuplot = script.string()}).hint == "");

  std::ofstream(script) << "#!/bin/sh\ngnuplot \"$@\" | head -c 1000\n";
  CHECK(draw(loss(), png, {.gnuplot = script.string()}).hint.find(" failed; its numbers") !=
        std::string::npos);
  std::ofstream(script) << "#!/bin/sh\necho '<svg></svg>'\n";
  CHECK(draw(loss(), png, {.gnuplot = script.string()}).hint.find(" failed; its numbers") !=
        std::string::npos);
  CHECK_FALSE(fs::exists(png));
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
  CHECK_THROWS_WITH_AS(
      draw(loss(), "curves.pdf"),
      "curves.pdf: the picture is an SVG or a PNG; pass a name that ends in .svg or .png",
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

TEST_CASE("a curve is sampled from end to end, and needs two points and a range") {
  const tapegrad::Series curve = tapegrad::sample_curve(
      "square", [](double x) { return x * x; }, {0, 3}, 4);
  CHECK(curve.name == "square");
  CHECK(curve.x == std::vector<double>{0, 1, 2, 3});
  CHECK(curve.y == std::vector<double>{0, 1, 4, 9});
  const auto same = [](double x) { return x; };
  CHECK_THROWS_WITH_AS(tapegrad::sample_curve("", same, {0, 1}, 1),
                       "sample_curve: 1 points; pass at least 2", ShapeError);
  CHECK_THROWS_AS(tapegrad::sample_curve("", same, {1, 1}), tapegrad::ArgumentError);
  CHECK_THROWS_AS(tapegrad::sample_curve("", same, {0, infinity}), tapegrad::ArgumentError);
}

// The picture of a network: what is in the SVG, by element, colour and text.
#include "tapegrad/draw/network.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "draw/palette.hpp"
#include "pictures.hpp"
#include "tapegrad/core/error.hpp"

using namespace tapegrad;

namespace {

constexpr std::array x = {1.0, -0.5};

/// Two inputs, three neurons, two: W(1) has its rows 0.5 -1 0.8 and 1.5 0.4 -0.6.
MLP small_network() {
  MLP net({2, 3, 2}, Activation::sigmoid, Activation::identity, 1);
  constexpr std::array parameters = {0.5, -1.0, 0.8,  1.5,  0.4, -0.6, 0.1,  -0.2, 0.3,
                                     1.2, -0.7, -0.9, 0.61, 0.4, 1.1,  -0.3, 0.2};
  std::copy(parameters.begin(), parameters.end(), net.parameters().begin());
  return net;
}

std::string drawn(const NetworkDiagram& diagram, const PictureOptions& options = {}) {
  const Folder folder;
  const fs::path path = folder / "network.svg";
  return checked_svg(draw(diagram, path, options), path);
}

std::size_t discs(const std::string& svg) { return count(svg, "<circle class=\"disc\""); }
std::size_t lines(const std::string& svg) { return count(svg, "<line class=\"weight\""); }

/// The element whose tooltip begins with `name`.
std::string element(const std::string& svg, const std::string& name) {
  const std::size_t end = svg.find("<title>" + name);
  REQUIRE(end != std::string::npos);
  return svg.substr(svg.rfind('\n', end) + 1, svg.find('\n', end) - svg.rfind('\n', end));
}

double attribute(const std::string& element, const std::string& name) {
  return std::stod(element.substr(element.find(" " + name + "=\"") + name.size() + 3));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a disc for each neuron and input, a line for each weight, and all their numbers") {
  const MLP net = small_network();
  const std::string svg = drawn({.network = net, .title = "Small", .x = x});
  CHECK(discs(svg) == 7);
  CHECK(lines(svg) == 12);
  for (const char* weight : {"−0.7", "−0.9", "0.61", "1.1"}) {
    CAPTURE(weight);
    CHECK(texts(svg, weight) == 1);
  }
  for (const char* bias : {"b 0.1", "b −0.2", "b 0.3", "b −0.3", "b 0.2"}) {
    CAPTURE(bias);
    CHECK(texts(svg, bias) == 1);
  }
  // sigmoid(-0.15), sigmoid(-1.4), sigmoid(1.4): sigmoid(1.4) = 0.80218
  for (const char* activation : {"0.4626", "0.1978", "0.8022"}) {
    CAPTURE(activation);
    CHECK(texts(svg, activation) == 1);
  }
  for (const char* text :
       {"Small", "x1", "x2", "inputs x", "layer (1)", "output layer (2)", "sigmoid", "identity",
        "W: 2 × 3, b: 3", "W: 3 × 2, b: 2", "lines: weight", "discs: activation"}) {
    CAPTURE(text);
    CHECK(texts(svg, text) == 1);
  }
}

TEST_CASE("a layer by itself is no output layer") {
  const MLP net({2, 3}, Activation::sigmoid, Activation::sigmoid, 1);
  const std::string svg = drawn({.network = net});
  CHECK(texts(svg, "layer (1)") == 1);
  CHECK(texts(svg, "output layer (1)") == 0);
}

TEST_CASE("lines and discs have the palette's colours, on a scale for each") {
  const MLP net = small_network();
  for (const Theme theme : {Theme::light, Theme::dark}) {
    const std::string svg = drawn({.network = net, .x = x}, {.theme = theme});
    const auto color = [&](double number, double largest) {
      return hex(diverging_color(scale_position(number, largest), theme));
    };
    struct Weight {
      const char* name;
      double weight;
    };
    for (const Weight& line :
         {Weight{"L1.n1.w1:", 0.5}, Weight{"L1.n1.w2:", 1.5}, Weight{"L1.n2.w1:", -1},
          Weight{"L1.n3.w2:", -0.6}, Weight{"L2.n1.w2:", -0.9}, Weight{"L2.n2.w3:", 1.1}}) {
      CAPTURE(line.name);
      CHECK(contains(element(svg, line.name), " stroke=\"" + color(line.weight, 1.5) + "\""));
    }
    CHECK(contains(element(svg, "x1:"), " fill=\"" + color(1, 1) + "\""));
    CHECK(contains(element(svg, "x2:"), " fill=\"" + color(-0.5, 1) + "\""));
    const std::string paper = theme == Theme::light ? "#ffffff" : "#17181c";
    CHECK(contains(svg, "height=\"300%\" fill=\"" + paper + "\""));
    CHECK(contains(svg, theme == Theme::light ? "fill=\"#111111\"" : "fill=\"#f4f4f4\""));
  }
}

TEST_CASE("a line leads from its input to its neuron, and is the wider, the larger its weight is") {
  const MLP net = small_network();
  const std::string svg = drawn({.network = net, .x = x});
  const std::string line = element(svg, "L1.n3.w2: weight −0.6<");
  const std::string from = element(svg, "x2:");
  const std::string to = element(svg, "L1.n3.a:");
  CHECK(attribute(line, "x1") == attribute(from, "cx"));
  CHECK(attribute(line, "y1") == attribute(from, "cy"));
  CHECK(attribute(line, "x2") == attribute(to, "cx"));
  CHECK(attribute(line, "y2") == attribute(to, "cy"));
  const auto width = [&](const char* name) {
    return attribute(element(svg, name), "stroke-width");
  };
  CHECK(width("L1.n1.w2:") > width("L1.n2.w1:"));  // 1.5, -1
  CHECK(width("L1.n2.w1:") > width("L1.n2.w2:"));  // -1, 0.4
}

TEST_CASE("without x discs have no numbers, and the legend speaks of lines only") {
  const MLP net = small_network();
  const std::string svg = drawn({.network = net});
  CHECK(discs(svg) == 7);
  CHECK(contains(element(svg, "x1<"), "fill=\"#f7f7f7\""));
  CHECK(texts(svg, "lines: weight") == 1);
  CHECK_FALSE(contains(svg, "discs: "));
  CHECK(contains(svg, "<title>network 2-3-2</title>"));
}

TEST_CASE("other numbers are shown in the place of parameters and activations") {
  const MLP net = small_network();
  std::vector<double> gradient(net.parameters().size(), 0.25);
  gradient[1] = 0;
  gradient[14] = 1;   // the last weight
  gradient[6] = 7.5;  // b of the first neuron: not on the lines' scale
  const std::string svg = drawn({.network = net,
                                 .x = x,
                                 .lines = gradient,
                                 .discs = {{0.011, 0.022}, {1, 2, 3}, {-4, 5}},
                                 .line_label = "gradient",
                                 .disc_label = "adjoint"});
  CHECK(texts(svg, "lines and b: gradient") == 1);
  CHECK(texts(svg, "discs: adjoint") == 1);
  CHECK(texts(svg, "0.011") == 1);
  CHECK(texts(svg, "b 7.5") == 1);
  const std::string strongest = hex(diverging_color(1, Theme::light));
  CHECK(contains(element(svg, "L2.n2.w3: gradient 1"), " stroke=\"" + strongest + "\""));
  CHECK(contains(element(svg, "L1.n1.w1: gradient 0.25"),
                 " stroke=\"" + hex(diverging_color(0.5, Theme::light)) + "\""));
  CHECK(contains(element(svg, "L1.n2.w1: gradient 0"), "stroke-dasharray"));
  CHECK(contains(element(svg, "L2.n2.a: adjoint 5"), " fill=\"" + strongest + "\""));
}

TEST_CASE("of large layers most_neurons are shown, and how many are not is said") {
  const MLP net({64, 32, 10}, Activation::tanh, Activation::softmax, 1);
  std::string svg = drawn({.network = net});
  CHECK(discs(svg) == 12 + 12 + 10);
  CHECK(lines(svg) == 12 * 12 + 12 * 10);
  CHECK(texts(svg, "52 more") == 1);
  CHECK(texts(svg, "20 more") == 1);
  CHECK(count(svg, " more</text>") == 2);
  CHECK(texts(svg, "x6") == 1);
  CHECK(texts(svg, "x7") == 0);
  CHECK(texts(svg, "x58") == 0);
  CHECK(texts(svg, "x59") == 1);
  CHECK(texts(svg, "x64") == 1);
  svg = drawn({.network = net, .most_neurons = 2});
  CHECK(discs(svg) == 6);
  CHECK(lines(svg) == 8);
  CHECK(texts(svg, "62 more") == 1);
  svg = drawn({.network = net, .most_neurons = 64});
  CHECK(discs(svg) == 106);
  CHECK_FALSE(contains(svg, " more</text>"));
}

TEST_CASE("numbers stand on up to twelve lines between two columns") {
  const MLP few({3, 4, 1}, Activation::tanh, Activation::identity, 1);
  CHECK(count(drawn({.network = few}), "rx=\"") == 12 + 4 + 5);  // boxes behind them, and biases
  const MLP many({3, 5, 1}, Activation::tanh, Activation::identity, 1);
  CHECK(count(drawn({.network = many}), "rx=\"") == 5 + 6);
}

TEST_CASE("what is not finite is purple, with its name") {
  MLP net = small_network();
  net.parameters()[2] = not_a_number;
  net.parameters()[10] = -infinity;
  net.parameters()[16] = infinity;
  for (const Theme theme : {Theme::light, Theme::dark}) {
    const std::string svg = drawn({.network = net, .x = x}, {.theme = theme});
    const std::string purple = hex(not_finite_color(theme));
    CHECK(contains(element(svg, "L1.n3.w1: weight NaN"), " stroke=\"" + purple + "\""));
    CHECK(contains(element(svg, "L2.n2.w1: weight −∞"), " stroke=\"" + purple + "\""));
    CHECK(contains(element(svg, "L1.n3.a: activation NaN"), " fill=\"" + purple + "\""));
    CHECK(contains(element(svg, "L1.n1.a: activation 0.46"), " fill=\"#"));
    CHECK(texts(svg, "NaN") == 4);  // a line and three discs
    CHECK(texts(svg, "−∞") == 1);
    CHECK(texts(svg, "b ∞") == 1);
    CHECK(texts(svg, "NaN, ∞") == 2);  // both legends
    // The others' colours are as without.
    CHECK(contains(element(svg, "L1.n1.w2:"), hex(diverging_color(1, theme))));
  }
  std::ranges::fill(net.parameters(), not_a_number);
  CHECK(count(drawn({.network = net, .x = x}), hex(not_finite_color(Theme::light))) == 12 + 5 + 2);
}

TEST_CASE("a network of zeros and numbers at the ends of the range are drawn") {
  MLP net = small_network();
  std::ranges::fill(net.parameters(), 0.0);
  CHECK(count(drawn({.network = net, .x = std::array{0.0, 0.0}}), "stroke-dasharray") == 12 + 1);
  std::ranges::fill(net.parameters(), 1.7e308);
  drawn({.network = net, .x = std::array{5e-324, -5e-324}});
  std::ranges::fill(net.parameters(), -5e-324);
  CHECK(contains(drawn({.network = net}), hex(diverging_color(-1, Theme::light))));
}

TEST_CASE("texts are shown as they are, and are never more than texts") {
  const MLP net = small_network();
  const std::string svg = drawn({.network = net,
                                 .title = "</svg><script>alert('&')</script>",
                                 .x = x,
                                 .line_label = "\"w\" & b",
                                 .disc_label = "<a>",
                                 .input_names = {"<in> & \"out\"", "שלום\nעולם"},
                                 .output_names = {"\u202Egnp.exe", std::string("\xFF\0<", 3)}});
  CHECK_FALSE(contains(svg, "<script"));
  CHECK(count(svg, "</svg>") == 1);
  CHECK(texts(svg, "&lt;/svg&gt;&lt;script&gt;alert('&amp;')&lt;/script&gt;") == 1);
  CHECK(texts(svg, "lines: &quot;w&quot; &amp; b") == 1);
  CHECK(texts(svg, "discs: &lt;a&gt;") == 1);
  CHECK(texts(svg, "&lt;in&gt; &amp; &quot;out&quot;") == 1);
  CHECK(texts(svg, "שלום עולם") == 1);
  CHECK(texts(svg, "\uFFFDgnp.exe") == 1);
  CHECK(texts(svg, "\uFFFD &lt;") == 1);
}

TEST_CASE("long names are shortened, and what is left finds its room in the picture") {
  const MLP net({1, 1}, Activation::tanh, Activation::tanh, 1);
  const std::string wide(500, 'W');
  const std::string svg = drawn({.network = net,
                                 .title = wide,
                                 .x = std::array{-1.23456e-100},
                                 .line_label = wide,
                                 .disc_label = wide,
                                 .input_names = {wide},
                                 .output_names = {wide}});
  CHECK_FALSE(contains(svg, std::string(101, 'W')));
  CHECK(count(svg, "…") >= 5);
  CHECK(texts(svg, "WWWWW…WWWW") == 2);
  CHECK(texts(svg, "−1e−100") == 1);
}

TEST_CASE("width and height scale the picture") {
  const MLP net = small_network();
  const std::string plain = drawn({.network = net, .x = x});
  const auto size = [](const std::string& svg) {
    const std::string head = svg.substr(0, svg.find('>'));
    return std::pair(attribute(head, "width"), attribute(head, "height"));
  };
  const auto [width, height] = size(plain);
  const auto view = [](const std::string& svg) {
    return svg.substr(svg.find("viewBox="), svg.size());
  };
  CHECK(size(drawn({.network = net, .x = x}, {.width = 400})).first == 400);
  CHECK(size(drawn({.network = net, .x = x}, {.width = 400})).second ==
        doctest::Approx(400 * height / width).epsilon(0.01));
  CHECK(size(drawn({.network = net, .x = x}, {.height = 200})).first ==
        doctest::Approx(200 * width / height).epsilon(0.01));
  const std::string both = drawn({.network = net, .x = x}, {.width = 500, .height = 100});
  CHECK(size(both) == std::pair(500.0, 100.0));
  CHECK(view(both) == view(plain));
  CHECK(size(drawn({.network = net}, {.height = 1})).first >= 1);
}

TEST_CASE("many sizes are drawn") {
  const std::vector<std::vector<std::size_t>> all = {
      {1, 1}, {5, 1}, {1, 13}, {4, 8, 8, 3}, {3, 2, 2, 2, 2, 2, 2, 2, 1}, {784, 300, 10}};
  for (const auto& sizes : all) {
    const MLP net(sizes, Activation::leaky_relu, Activation::softmax, 1);
    const std::vector<double> ones(sizes[0], 1.0);
    CHECK(discs(drawn({.network = net, .x = ones})) > 1);
  }
}

TEST_CASE("a PNG has twice as many pixels") {
  if (!is_installed("rsvg-convert")) return;
  const Folder folder;
  const fs::path path = folder / "network.png";
  const MLP net = small_network();
  const Picture picture = draw(NetworkDiagram{.network = net}, path, {.width = 300});
  CHECK(picture.hint == "");
  CHECK(picture.files == std::vector{path});
  const std::string png = content_of(path);
  REQUIRE(png.size() > 24);
  CHECK(png.substr(1, 3) == "PNG");
  CHECK(png.substr(16, 4) == std::string("\0\0\2\x58", 4));  // 600, big-endian
}

TEST_CASE("without rsvg-convert there is no PNG, and the hint says what to do") {
  const Folder folder;
  const MLP net = small_network();
  const std::string programs = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  const Picture picture = draw(NetworkDiagram{.network = net}, folder / "network.png");
  setenv("PATH", programs.c_str(), 1);
  CHECK(picture.files.empty());
  CHECK(contains(picture.hint, "network.png was not drawn: install rsvg-convert"));
  CHECK(contains(picture.hint, "a name that ends in .svg"));
  CHECK_FALSE(fs::exists(folder / "network.png"));
}

TEST_CASE("bad diagrams are refused before anything is written") {
  const Folder folder;
  const fs::path path = folder / "network.svg";
  MLP net = small_network();
  const std::vector<double> three(3);
  CHECK_THROWS_WITH_AS(draw(NetworkDiagram{.network = net, .x = three}, path),
                       "draw: 3 inputs x for a network with 2; pass one for each, or none",
                       ShapeError);
  CHECK_THROWS_WITH_AS(draw(NetworkDiagram{.network = net, .lines = three}, path),
                       "draw: 3 numbers for the lines and biases for a network with 17; pass one "
                       "for each, or none",
                       ShapeError);
  CHECK_THROWS_WITH_AS(draw(NetworkDiagram{.network = net, .discs = {{1, 2}, {1, 2}}}, path),
                       "draw: 2 columns of discs for a network with 3; pass one for each, or none",
                       ShapeError);
  CHECK_THROWS_WITH_AS(
      draw(NetworkDiagram{.network = net, .discs = {{1, 2}, {1, 2}, {1, 2}}}, path),
      "draw: 2 numbers for the discs of column 1 for a network with 3; pass one for each, or none",
      ShapeError);
  CHECK_THROWS_AS(draw(NetworkDiagram{.network = net, .discs = {{}, {}, {}}}, path), ShapeError);
  CHECK_THROWS_WITH_AS(draw(NetworkDiagram{.network = net, .input_names = {"a"}}, path),
                       "draw: 1 names of inputs for a network with 2; pass one for each, or none",
                       ShapeError);
  CHECK_THROWS_AS(draw(NetworkDiagram{.network = net, .output_names = {"a", "b", "c"}}, path),
                  ShapeError);
  for (const std::size_t most : {0UL, 1UL}) {
    CHECK_THROWS_WITH_AS(
        draw(NetworkDiagram{.network = net, .most_neurons = most}, path),
        doctest::Contains("pass at least 2: the first neuron of a layer and the last are shown"),
        ArgumentError);
  }
  CHECK_THROWS_AS(draw(NetworkDiagram{.network = net}, folder / "network.gif"), ArgumentError);
  CHECK_THROWS_AS(draw(NetworkDiagram{.network = net}, folder / "network"), ArgumentError);
  CHECK_THROWS_AS(draw(NetworkDiagram{.network = net}, folder / "no folder" / "a.svg"), FileError);
  CHECK_FALSE(fs::exists(path));
  const MLP taken = std::move(net);
  CHECK_THROWS_AS(draw(NetworkDiagram{.network = net}, path), ShapeError);
}

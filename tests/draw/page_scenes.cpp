// Recordings for page.py: as pages, and as the numbers that the library has for them.
//
//   page_scenes write FOLDER               neuron.html, mlp.html, ... into the folder
//   page_scenes numbers SCENE VALUE...     the scene recorded with these leaves, and swept:
//                                          a line "index value adjoint" for each node but guards
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/functions.hpp"
#include "ops/points.hpp"
#include "tapegrad/draw/page.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

namespace {

/// A recording whose leaves come first, and how it begins.
struct Scene {
  const char* name;
  std::vector<double> leaves;
  Value (*record)(Tape& tape, std::span<const double> leaves);
  std::size_t inputs = 0;  // so many leaves, from the first, are data
  Fold fold = Fold::as_needed;
};

const Tape::Options with_guards{.guards = true};

Value named(Tape& tape, Value x, std::string_view name) {
  tape.name(x, name);
  return x;
}

Value neuron(Tape& tape, std::span<const double> leaves) {
  const Value x1 = tape.variable(leaves[0], "x1");
  const Value x2 = tape.variable(leaves[1], "x2");
  const Value w1 = tape.variable(leaves[2], "w1");
  const Value w2 = tape.variable(leaves[3], "w2");
  const Value b = tape.variable(leaves[4], "b");
  const Value p1 = named(tape, w1 * x1, "w1*x1");
  const Value p2 = named(tape, w2 * x2, "w2*x2");
  const Value sum = named(tape, p1 + p2, "sum");
  const Value pa = named(tape, sum + b, "pa");
  const Value a = named(tape, tanh(pa), "a");
  const Value e = named(tape, a - 1, "e");
  return named(tape, e * e, "L");
}

Value network(Tape& tape, std::span<const double> leaves) {
  const MLP net({2, 3, 1}, Activation::tanh, Activation::sigmoid, 1);
  const std::array x{tape.variable(leaves[0], "x1"), tape.variable(leaves[1], "x2")};
  MLP with_leaves = net;
  std::ranges::copy(leaves.subspan(2), with_leaves.parameters().begin());
  const std::vector<Value> a = net.forward(with_leaves.variables(tape), x);
  return named(tape, squared_error(a, std::array{1.0}), "L");
}

// More nodes than can be looked at.
const std::vector<std::size_t> digits_shape{8, 16, 10};

std::vector<double> digits_leaves() {
  const MLP net(digits_shape, Activation::tanh, Activation::identity, 1);
  std::vector<double> leaves{0.9, -0.3, 0, 0.4, -1, 0.7, 0.1, -0.6};
  leaves.insert(leaves.end(), net.parameters().begin(), net.parameters().end());
  return leaves;
}

Value digits(Tape& tape, std::span<const double> leaves) {
  MLP net(digits_shape, Activation::tanh, Activation::identity, 1);
  std::vector<Value> x;
  for (const double pixel : leaves.first(digits_shape.front()))
    x.push_back(tape.variable(pixel, fmt::format("x{}", x.size() + 1)));
  std::ranges::copy(leaves.subspan(x.size()), net.parameters().begin());
  return named(tape, softmax_cross_entropy(net.forward(net.variables(tape), x), 3), "L");
}

// Groups of which each needs the other, one that holds a single leaf, one that hands out several
// nodes, and one of three parts.
Value groups(Tape& tape, std::span<const double> leaves) {
  const Value w = tape.variable(leaves[0], "only.w");
  const Value x = tape.variable(leaves[1], "x");
  const Value first = named(tape, w * x, "ping.first");
  const Value second = named(tape, sin(first), "pong.second");
  const Value third = named(tape, second * first, "ping.third");
  const Value fourth = named(tape, exp(third), "pong.fourth");
  const Value inner = named(tape, fourth + first, "net.block_of_a_long_name.part.inner");
  const Value outer = named(tape, inner * third, "net.outer");
  return named(tape, inner + outer + fourth, "L");
}

// Each rule once, added up.
template <class Visitor> void for_each_function(Visitor&& visit) {
  for (const testing::Function& function : testing::functions())
    with_rule(function.op,
              [&]<class Rule>() { visit(function, testing::operand_counts<Rule>().back()); });
}

std::vector<double> points() {
  testing::Points points;
  std::vector<double> leaves;
  for_each_function([&](const testing::Function& function, std::size_t count) {
    const std::vector<double> x = points.of(info(function.op), count);
    for (std::size_t k = 0; k < count; ++k)
      if (!testing::is_order(function.op, k)) leaves.push_back(x[k]);
  });
  return leaves;
}

Value rules(Tape& tape, std::span<const double> leaves) {
  std::vector<Value> x;
  for_each_function([&](const testing::Function& function, std::size_t count) {
    for (std::size_t k = 0; k < count; ++k)
      x.push_back(testing::is_order(function.op, k)
                      ? Value(1)
                      : tape.variable(leaves[tape.size()],
                                      fmt::format("{}.{}", info(function.op).name, k)));
  });
  Value sum;
  std::span<const Value> left = x;
  for_each_function([&](const testing::Function& function, std::size_t count) {
    const Value y = function.record(left.first(count));
    left = left.subspan(count);
    sum = sum.is_constant() ? y : sum + y;
  });
  return sum;
}

// Names that would be HTML, constants on either side, and a branch.
Value odd(Tape& tape, std::span<const double> leaves) {
  const Value x = tape.variable(leaves[0], "<script>document.title = 'run'</script>");
  const Value y = tape.variable(leaves[1], "a \"long\" name & a backslash \\, and 🙂");
  const Value sides = 2 / x + pow(x, 3) + pow(2, y) + fmod(y, 0.75);
  return x > 0 ? sides * y : sides;
}

Value leaf(Tape& tape, std::span<const double> leaves) { return tape.variable(leaves[0], "x"); }

Value chain(Tape& tape, std::span<const double> leaves) {
  return tanh(exp(sin(cos(tape.variable(leaves[0], "x")))));
}

// An infinite adjoint meets a partial of 0 that stops it.
Value cut(Tape& tape, std::span<const double> leaves) {
  const Value x = tape.variable(leaves[0], "x");
  const Value w = tape.variable(leaves[1], "w");
  return sqrt(relu(x)) * w;
}

std::vector<Scene> scenes() {
  return {{"neuron", {2, -1, 0.5, 1.5, 0.25}, neuron, 2},
          {"mlp",
           {0.8, -0.4, 0.44, -0.48, 0.74, 1.05, 1.08, 0.82, 0.1, -0.2, 0.3, -1.08, -0.97, -0.24, 0},
           network,
           2},
          {"digits", digits_leaves(), digits, digits_shape.front()},
          {"groups", {0.5, -1.5}, groups, 0, Fold::layers},
          {"rules", points(), rules},
          {"odd", {0.5, -1.25}, odd},
          {"leaf", {0.5}, leaf},
          {"chain", {0.5}, chain},
          {"cut", {-1, 2}, cut}};
}

void write(const std::filesystem::path& folder) {
  for (const Scene& scene : scenes()) {
    Tape tape(with_guards);
    const Value y = scene.record(tape, scene.leaves);
    PageOptions options{.title = fmt::format("<b>{}</b> & \"more\"", scene.name),
                        .fold = scene.fold};
    for (std::size_t i = 1; i <= scene.inputs; ++i) options.inputs.push_back(tape.value(i));
    page(tape, y, folder / (std::string(scene.name) + ".html"), options);
  }
}

void print_numbers(std::string_view name, const std::vector<double>& leaves) {
  for (const Scene& scene : scenes()) {
    if (scene.name != name) continue;
    Tape tape(with_guards);
    tape.backward(scene.record(tape, leaves));
    for (const Node node : tape.nodes())
      if (std::ranges::find(tape.guards(), node.index()) == tape.guards().end())
        fmt::print("{} {} {}\n", node.index(), node.value(), *node.adjoint());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "write") {
    write(arguments[1]);
  } else if (arguments.size() > 2 && arguments[0] == "numbers") {
    std::vector<double> leaves;
    for (const std::string& text : std::span(arguments).subspan(2))
      leaves.push_back(std::strtod(text.c_str(), nullptr));
    print_numbers(arguments[1], leaves);
  } else {
    fmt::print(stderr, "usage: page_scenes write FOLDER | page_scenes numbers SCENE VALUE...\n");
    return 1;
  }
}

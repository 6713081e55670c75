// What is folded and what is left out: the boxes themselves, and that a picture is never a tangle.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "draw/graph/graph_boxes.hpp"
#include "draw/picture_text.hpp"
#include "pictures.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/nn/loss.hpp"
#include "tapegrad/nn/mlp.hpp"

using namespace tapegrad;

namespace {

using Indices = std::vector<std::uint32_t>;

GraphBoxes boxes_of(const Node& y, const GraphOptions& options = {}) {
  return make_boxes(y, select_nodes(y, options), options);
}

std::size_t count_of(const GraphBoxes& graph, BoxKind kind) {
  return static_cast<std::size_t>(std::ranges::count(graph.boxes, kind, &GraphBox::kind));
}

const GraphBox& only(const GraphBoxes& graph, BoxKind kind) {
  REQUIRE(count_of(graph, kind) == 1);
  return *std::ranges::find(graph.boxes, kind, &GraphBox::kind);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A network, with variables x1, x2, ... as inputs, and its loss.
Value record_network(Tape& tape, std::vector<std::size_t> sizes) {
  MLP net(sizes, Activation::tanh, Activation::identity, 3);
  std::vector<Value> x;
  for (std::size_t i = 0; i < sizes.front(); ++i)
    x.push_back(tape.variable(std::sin(static_cast<double>(i + 1)), "x" + std::to_string(i + 1)));
  return squared_error(net(x), std::vector<double>(sizes.back(), 0.5));
}

// Names make groups within groups, and operands come from anywhere before.
Value record_at_random(Tape& tape, std::uint32_t seed, std::size_t size) {
  std::mt19937 random(seed);
  std::vector<Value> values;
  for (int i = 0; i < 5; ++i) values.push_back(tape.variable(0.1 * i));
  while (values.size() < size) {
    // Mostly from what is near: a deep graph; sometimes from anywhere.
    const std::size_t reach =
        random() % 4 == 0 ? values.size() : std::min<std::size_t>(values.size(), 8);
    const Value a = values[values.size() - 1 - random() % reach];
    const Value b = values[values.size() - 1 - random() % reach];
    const Value y = random() % 3 == 0 ? sin(a) : random() % 2 == 0 ? a * b : a + 0.5;
    if (random() % 2 == 0)
      tape.name(y, "g" + std::to_string(random() % 4) + ".h" + std::to_string(random() % 9) + ".v");
    values.push_back(y);
  }
  return values.back();
}

}  // namespace

TEST_CASE("whatever the graph, each node is in one box, and boxes and edges keep to the limit") {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    Tape tape;
    const Value y = record_at_random(tape, seed, 10 + seed * 17);
    if (seed % 2 == 0) tape.backward(y);
    for (const std::size_t limit : {2u, 3u, 10u, 40u, 100u, 100'000u}) {
      for (const Fold fold : {Fold::as_needed, Fold::neurons, Fold::layers}) {
        CAPTURE(limit);
        const GraphOptions options{.fold = fold, .node_limit = limit};
        const Indices nodes = select_nodes(y, options);
        const GraphBoxes graph = make_boxes(y, nodes, options);
        CHECK(graph.boxes.size() <= limit);
        CHECK(graph.edges.size() <= 2 * limit);
        std::size_t in_boxes = 0;
        for (const GraphBox& box : graph.boxes) {
          in_boxes += box.nodes;
          CHECK(box.nodes > 0);
          CHECK(box.outputs > 0);
        }
        CHECK(in_boxes == nodes.size());
        CHECK(graph.nodes == nodes.size());
        for (const GraphEdge& edge : graph.edges) CHECK(edge.from != edge.to);
      }
    }
  }
}

TEST_CASE("where nothing is folded there is an edge for each operand") {
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    Tape tape;
    const Value y = record_at_random(tape, seed, 200);
    const GraphOptions options{.node_limit = 100'000};
    std::size_t operands = 0;
    for (const std::uint32_t node : select_nodes(y, options)) {
      for (const Operand& operand : tape.node(node).operands()) operands += operand.node != 0;
    }
    std::size_t by_edges = 0;
    for (const GraphEdge& edge : boxes_of(y, options).edges) by_edges += edge.operands;
    CHECK(by_edges == operands);
  }
}

TEST_CASE("neurons and layers are folded when asked for, and none of their nodes stays outside") {
  Tape tape;
  const Value loss = record_network(tape, {2, 3, 1});
  CHECK(count_of(boxes_of(loss), BoxKind::group) == 0);
  const GraphBoxes neurons = boxes_of(loss, {.fold = Fold::neurons});
  CHECK(count_of(neurons, BoxKind::group) == 4);
  CHECK(count_of(neurons, BoxKind::node) == 4);  // x1, x2, the difference and its square
  CHECK_FALSE(neurons.is_limited);
  const GraphBoxes layers = boxes_of(loss, {.fold = Fold::layers});
  CHECK(count_of(layers, BoxKind::group) == 2);
  const auto box = std::ranges::find(layers.boxes, BoxKind::group, &GraphBox::kind);
  CHECK(layers.groups.name(box->group) == "L1");
  CHECK(box->nodes == 3 * 8);  // three weights and biases, two products, sum, pa and a
  CHECK(box->leaves == 9);
  CHECK(box->outputs == 3);
  // Of each input three products; of the three activations one each.
  std::vector<std::uint32_t> operands;
  for (const GraphEdge& edge : layers.edges) operands.push_back(edge.operands);
  std::ranges::sort(operands);
  CHECK(operands == Indices{1, 2, 3, 3, 3});  // the difference once, and twice in its square
}

TEST_CASE("a single neuron or layer is folded by its name, and a name that is not there refused") {
  Tape tape;
  const Value loss = record_network(tape, {2, 3, 1});
  const GraphBoxes graph = boxes_of(loss, {.folded = {"L1.n2", "L2"}});
  std::vector<std::string> names;
  for (const GraphBox& box : graph.boxes)
    if (box.kind == BoxKind::group) names.emplace_back(graph.groups.name(box.group));
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"L1.n2", "L2"});
  CHECK_THROWS_WITH_AS(graph_dot(loss, {.folded = {"L3"}}),
                       "graph_dot: no node of the graph is in a group 'L3'; groups come from "
                       "names: 'L1.n3' from L1.n3.w2",
                       ArgumentError);
  CHECK_THROWS_AS(graph_dot(loss, {.folded = {""}}), ArgumentError);
}

TEST_CASE("a folded neuron shows its activation, and a folded layer how many neurons it has") {
  Tape tape;
  const Value loss = record_network(tape, {2, 3, 1});
  tape.backward(loss);
  const std::string neurons = graph_dot(loss, {.fold = Fold::neurons});
  const Node a = tape.find("L1.n2.a").value();
  CHECK(has(neurons, "<br/>a = " + picture_number(a.value()) + "<br/>adjoint " +
                         picture_number(a.adjoint().value())));
  const std::string layers = graph_dot(loss, {.fold = Fold::layers});
  CHECK(has(layers, "<b>layer (1)</b>"));
  CHECK(has(layers, ">3 neurons<"));
  CHECK(has(layers, ">9 parameters<"));
  CHECK(has(layers, "label=\"× 3\""));
  CHECK(has(layers, "× n: n edges"));
  CHECK(has(layers, "38 nodes, folded into 6 boxes<"));
}

TEST_CASE("before a sweep the caption says that there are no adjoints, not each box") {
  Tape tape;
  const Value loss = record_network(tape, {2, 3, 1});
  const std::string text = graph_dot(loss, {.fold = Fold::neurons});
  CHECK(has(text, "no sweep, no adjoints"));
  CHECK_FALSE(has(text, ">no adjoint<"));
}

TEST_CASE("a large network is folded to its layers by itself, and the picture says so") {
  Tape tape;
  const Value loss = record_network(tape, {64, 32, 10});
  const GraphBoxes graph = boxes_of(loss);
  CHECK(graph.is_limited);
  CHECK(count_of(graph, BoxKind::group) == 2);
  CHECK(only(graph, BoxKind::leaves).nodes == 64);
  CHECK(has(graph_dot(loss), "(node_limit 100)"));
  CHECK(has(graph_dot(loss), "<b>64 variables</b>"));
  CHECK(has(graph_dot(loss), "x1 … x64"));
  // With more room, to its neurons.
  CHECK(count_of(boxes_of(loss, {.node_limit = 200}), BoxKind::group) == 42);
}

TEST_CASE("of a graph without names what is near the output is drawn, and a box for the rest") {
  Tape tape;
  Value y = tape.variable(2, "x");
  for (int i = 1; i < 10'000; ++i) y = sin(y);
  tape.backward(y);
  const GraphBoxes graph = boxes_of(y);
  CHECK(graph.boxes.size() == 10);
  const GraphBox& rest = only(graph, BoxKind::rest);
  CHECK(rest.nodes == 10'000 - 9);
  CHECK(rest.leaves == 1);
  CHECK(rest.first == 1);
  CHECK(rest.largest == tape.find_adjoint(rest.last));
  CHECK(has(graph_dot(y), "10,000 nodes, folded into 10 boxes (node_limit 100)"));
  CHECK(has(graph_dot(y), "<b>9,991 nodes</b>"));
}

TEST_CASE("a sum of many leaves is two boxes") {
  Tape tape;
  const Value y = sum(tape.variables(std::vector<double>(1000, 1.0)));
  tape.backward(y);
  const GraphBoxes graph = boxes_of(y);
  CHECK(graph.boxes.size() == 2);
  CHECK(only(graph, BoxKind::leaves).nodes == 1000);
  REQUIRE(graph.edges.size() == 1);
  CHECK(graph.edges.front().operands == 1000);
}

TEST_CASE("groups that use each other are drawn too") {
  Tape tape;
  Value y = tape.variable(1, "x");
  for (int i = 0; i < 500; ++i) {
    y = sin(y);
    tape.name(y, "even.y");
    y = cos(y);
    tape.name(y, "odd.y");
  }
  const GraphBoxes graph = boxes_of(y);
  CHECK(graph.boxes.size() == 3);
  CHECK(graph.edges.size() == 3);
  CHECK(boxes_of(y, {.node_limit = 2}).boxes.size() == 2);
}

TEST_CASE("beyond the depth operands are left out, and counted") {
  Tape tape;
  const Value x = tape.variable(2, "x"), z = tape.variable(3, "z");
  const Value product = x * z, s = sin(product);
  const Value y = s * x;
  CHECK(select_nodes(y, {.depth = 0}) == Indices{5});
  CHECK(select_nodes(y, {.depth = 1}) == Indices{1, 4, 5});
  CHECK(select_nodes(y, {.depth = 2}) == Indices{1, 3, 4, 5});
  CHECK(select_nodes(y, {.depth = 3}) == Indices{1, 2, 3, 4, 5});
  const GraphBoxes graph = boxes_of(y, {.depth = 2});
  CHECK(graph.boxes[1].left_out == 1);  // z; x is there by another way
  CHECK(has(graph_dot(y, {.depth = 2}), "label=\"1 operand left out\""));
  CHECK(has(graph_dot(y, {.depth = 0}), "label=\"2 operands left out\""));
}

TEST_CASE("what contributes little is left out, with all that only it needs") {
  Tape tape;
  const Value x = tape.variable(2, "x"), z = tape.variable(1e-3, "z");
  const Value big = x * 3.0, half = z * 0.5, small = sin(half);
  const Value y = big + small;
  CHECK_THROWS_WITH_AS(graph_dot(y, {.least_contribution = 0.1}),
                       "graph_dot: least_contribution asks for adjoints, and no sweep has covered "
                       "#6; call backward() first",
                       NoAdjointError);
  tape.backward(y);
  CHECK(select_nodes(y, {.least_contribution = 0.1}) == Indices{1, 3, 6});
  CHECK(select_nodes(y, {.least_contribution = 1e-9}).size() == 6);
  // y itself has the largest, |1 · y|.
  CHECK(select_nodes(y, {.least_contribution = 1}) == Indices{6});
  for (const double wrong : {-0.1, 1.1, not_a_number}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(graph_dot(y, {.least_contribution = wrong}), ArgumentError);
  }
}

TEST_CASE("what is not finite is never left out for contributing little") {
  Tape tape;
  const Value x = tape.variable(1, "x"), p = tape.variable(0, "p");
  const Value odd = p * log(p), big = x * 5.0;
  const Value y = big + odd;
  tape.backward(y);
  const Indices all = select_nodes(y, {});
  CHECK(select_nodes(y, {.least_contribution = 1}) == all);
  CHECK(boxes_of(y, {.node_limit = 2}).boxes.front().not_finite > 0);
}

TEST_CASE("a limit without room for the output and the rest is refused") {
  Tape tape;
  const Value y = sin(tape.variable(1));
  CHECK_THROWS_WITH_AS(graph_dot(y, {.node_limit = 1}),
                       "graph_dot: node_limit is 1; the output and one box for all the rest are 2",
                       ArgumentError);
  CHECK_NOTHROW(graph_dot(y, {.node_limit = 2}));
  CHECK(boxes_of(tape.value(1), {.node_limit = 2}).boxes.size() == 1);
}

TEST_CASE("a million nodes are folded") {
  Tape tape;
  Value y = tape.variable(1, "x");
  std::vector<Value> values{y};
  while (tape.size() < 1'000'000) {
    y = values.back() * 0.5 + sin(values[values.size() / 2]);
    if (values.size() % 3 == 0) tape.name(y, "step.y");
    values.push_back(y);
  }
  const std::string text = graph_dot(y);
  CHECK(text.size() < 20'000);
  CHECK(has(text, "folded into"));
}

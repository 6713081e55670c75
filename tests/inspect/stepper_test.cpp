// The Stepper against backward(), and what it says on the way. Where it stops:
// stepper_stops_test.cpp.

#include "tapegrad/inspect/stepper.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/functions.hpp"
#include "../core/same.hpp"
#include "../ops/points.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

struct Operation : External {
  using PullBack = std::function<void(std::span<const double> in, std::span<double> out)>;
  explicit Operation(PullBack f) : pull_back_(std::move(f)) {}
  std::string_view name() const override { return "sums"; }
  void pull_back(std::span<const double>, std::span<const double> result_adjoints,
                 std::span<double> operand_adjoints) const override {
    pull_back_(result_adjoints, operand_adjoints);
  }
  PullBack pull_back_;
};

// Results (j + 1)·Σ operands.
void pull_back_sums(std::span<const double> in, std::span<double> out) {
  for (std::size_t j = 0; j < in.size(); ++j)
    for (double& adjoint : out) adjoint += static_cast<double>(j + 1) * in[j];
}

std::vector<Value> record_sums(Tape& tape, std::span<const Value> x, std::size_t results,
                               Operation::PullBack f = pull_back_sums) {
  double total = 0;
  for (const Value xi : x) total += xi.value();
  std::vector<double> values;
  for (std::size_t j = 0; j < results; ++j) values.push_back(static_cast<double>(j + 1) * total);
  return tape.external(std::make_shared<Operation>(std::move(f)), x, values);
}

// Any operations of any operands: constants, the node before, far ones, the same twice.
Value random_graph(Tape& tape, Points& points, std::size_t nodes, bool edges) {
  const auto below = [&](std::size_t n) {
    return static_cast<std::size_t>(points.in({0, static_cast<double>(n)}));
  };
  std::vector<Value> values;
  for (int k = 0; k < 4; ++k) values.push_back(tape.variable(points.in({-2, 2})));
  while (tape.size() < nodes) {
    const Function& function = functions()[below(functions().size())];
    const int arity = info(function.op).arity;
    std::vector<Value> x;
    for (std::size_t k = arity == variadic ? 5 : static_cast<std::size_t>(arity); k > 0; --k)
      x.push_back(below(5) == 0   ? Value(edges && below(4) == 0 ? inf : points.in({-2, 2}))
                  : below(2) == 0 ? values.back()
                                  : values[below(values.size())]);
    if (function.op == Op::Dot) x.pop_back();
    if (function.op == Op::Polygamma) x[0] = 1;
    const Value y = below(30) == 0 ? record_sums(tape, x, 1 + below(3))[0] : function.record(x);
    if (!y.is_constant() && (edges || std::abs(y.value()) < 1e3)) values.push_back(y);
  }
  return values.back();
}

std::vector<double> adjoints_of(const Stepper& stepper, const Tape& tape) {
  std::vector<double> adjoints;
  for (const Node node : tape.nodes()) adjoints.push_back(stepper.adjoint(node));
  return adjoints;
}

std::vector<std::string> lines_of(const Stepper& stepper) {
  std::vector<std::string> lines;
  for (const Contribution& each : stepper.contributions()) lines.push_back(to_string(each));
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("after finish() all adjoints are those of backward(), on random graphs") {
  Points points;
  Tape tape;
  std::size_t steps = 0, not_finite = 0;
  for (int graph = 0; graph < 2000; ++graph) {
    CAPTURE(graph);
    tape.clear();
    const bool edges = graph % 4 == 0;
    const Value y = random_graph(tape, points, 10 + static_cast<std::size_t>(graph) % 90, edges);
    const double seed = graph % 8 == 0 ? 0.5 : points.in({-2, 2});
    Stepper stepper(y, seed);
    stepper.finish();
    CHECK(stepper.at_end());
    steps += stepper.steps();
    tape.backward(y, seed);
    for (const Node node : tape.nodes()) {
      CAPTURE(to_string(node));
      CHECK(same_adjoint(stepper.adjoint(node), *node.adjoint()));
      if (!std::isfinite(*node.adjoint())) ++not_finite;
    }
  }
  CHECK(steps > 5'000);
  CHECK(not_finite > 1'000);
}

TEST_CASE("back() restores each state to the bit, and forward again comes to the same") {
  Points points;
  Tape tape;
  for (int graph = 0; graph < 200; ++graph) {
    CAPTURE(graph);
    tape.clear();
    Stepper stepper(random_graph(tape, points, 60, graph % 4 == 0));
    std::vector<std::vector<double>> states = {adjoints_of(stepper, tape)};
    std::vector<Lines> lines = {{}};
    while (stepper.next()) {
      states.push_back(adjoints_of(stepper, tape));
      lines.push_back(lines_of(stepper));
    }
    for (std::size_t k = states.size() - 1; k > 0; --k) {
      REQUIRE(stepper.back());
      CHECK(all_same(adjoints_of(stepper, tape), states[k - 1]));
      CHECK(lines_of(stepper) == lines[k - 1]);
    }
    CHECK_FALSE(stepper.back());
    for (std::size_t k = 1; k < states.size(); ++k) {
      REQUIRE(stepper.next());
      CHECK(all_same(adjoints_of(stepper, tape), states[k]));
    }
    CHECK_FALSE(stepper.next());
    stepper.restart();
    CHECK(all_same(adjoints_of(stepper, tape), states[0]));
  }
}

TEST_CASE("a step is one node that has something to hand on, and leaves the tape alone") {
  Tape tape;
  const Value x = tape.variable(2, "x");  // #1
  const Value unused = exp(x);            // #2: after the sweep its adjoint is 0
  const Value p = x * x;                  // #3
  const Value y = p * -3.0;               // #4
  tape.name(p, "p");
  Stepper stepper(y, 0.5);
  REQUIRE(stepper.cursor().has_value());
  CHECK(stepper.cursor()->index() == y.node());
  CHECK_FALSE(stepper.swept().has_value());
  CHECK(stepper.contributions().empty());

  REQUIRE(stepper.next());
  CHECK(stepper.swept()->index() == y.node());
  CHECK(stepper.cursor()->index() == p.node());
  CHECK(lines_of(stepper) == Lines{"adjoint(#3 p) += adjoint(#4) · ∂#4/∂#3 = 0.5 · (-3) → -1.5"});
  REQUIRE(stepper.next());
  CHECK(lines_of(stepper) == Lines{"adjoint(#1 x) += adjoint(#3 p) · ∂#3/∂#1 = -1.5 · 2 → -3",
                                   "adjoint(#1 x) += adjoint(#3 p) · ∂#3/∂#1 = -1.5 · 2 → -6"});
  CHECK(stepper.at_end());
  CHECK_FALSE(stepper.cursor().has_value());
  CHECK(stepper.steps() == 2);
  CHECK(stepper.adjoint(x) == -6);
  CHECK(stepper.adjoint(unused) == 0);
  CHECK_FALSE(tape.node(x).adjoint().has_value());
}

TEST_CASE("a contribution has its numbers") {
  Tape tape;
  const Value a = tape.variable(2), b = tape.variable(5);
  Stepper stepper(a / b, 10);
  stepper.next();
  const std::vector<Contribution> both = stepper.contributions();
  REQUIRE(both.size() == 2);
  CHECK(both[1].from.index() == 3);
  CHECK(both[1].to.index() == b.node());
  CHECK(both[1].operand == 1);
  CHECK(both[1].adjoint == 10);
  CHECK(both[1].partial == doctest::Approx(-0.08));
  CHECK(both[1].contribution == doctest::Approx(-0.8));
  CHECK(both[1].sum_before == 0);
  CHECK(both[1].sum_after == both[1].contribution);
}

TEST_CASE("an operand that was not chosen gets nothing, and the line says so") {
  Tape tape;
  const Value x = tape.variable(-1, "x");
  Stepper stepper(relu(x), inf);
  REQUIRE(stepper.next());
  REQUIRE(stepper.contributions().size() == 1);
  CHECK(stepper.contributions()[0].is_cut);
  CHECK(lines_of(stepper) ==
        Lines{"adjoint(#1 x) += nothing from #2: ∂#2/∂#1 = 0 cuts it off → 0"});
}

TEST_CASE("a leaf, a seed of 0: nothing to step through") {
  Tape tape;
  const Value x = tape.variable(1);
  Stepper leaf(x, 3);
  CHECK(leaf.at_end());
  CHECK(leaf.adjoint(x) == 3);
  Stepper zero(exp(x), 0);
  CHECK(zero.at_end());
  CHECK_FALSE(zero.next());
  CHECK(zero.run().reason == Stop::Reason::end);
}

TEST_CASE("a step over a user's operation asks its callback, once, with all results") {
  Tape tape;
  int calls = 0;
  const std::vector<Value> x = {tape.variable(2, "x"), 7, tape.variable(3)};
  const std::vector<Value> y = record_sums(tape, x, 2, [&](auto in, auto out) {
    ++calls;
    CHECK(in.size() == 2);
    CHECK(out.size() == 3);
    pull_back_sums(in, out);
  });
  Stepper stepper(y[0], 4);  // the second result lies behind the output
  CHECK(calls == 0);
  REQUIRE(stepper.next());
  CHECK(calls == 1);
  CHECK(lines_of(stepper) == Lines{"adjoint(#1 x) += pull_back of sums(#3) = 4 → 4",
                                   "adjoint(#2) += pull_back of sums(#3) = 4 → 4"});
  CHECK(stepper.at_end());
  CHECK(calls == 1);
}

TEST_CASE("an error of the callback leaves the Stepper where it was") {
  Tape tape;
  bool fails = true;
  const std::vector<Value> x = {tape.variable(2)};
  const Value y = record_sums(tape, x, 1, [&](auto in, auto out) {
    if (fails) throw std::runtime_error("no");
    pull_back_sums(in, out);
  })[0];
  Stepper stepper(y * 2.0);
  REQUIRE(stepper.next());
  for (int k = 0; k < 2; ++k) {
    CHECK_THROWS_AS(stepper.next(), std::runtime_error);
    CHECK_THROWS_AS(stepper.run(), std::runtime_error);
    CHECK_THROWS_AS(stepper.finish(), std::runtime_error);
    CHECK(stepper.steps() == 1);
    CHECK(stepper.swept()->index() == 4);
    CHECK(stepper.cursor()->index() == 2);
    CHECK(stepper.adjoint(x[0]) == 0);
  }
  fails = false;
  stepper.finish();
  CHECK(stepper.adjoint(x[0]) == 2);
}

TEST_CASE("a callback that records on the stepped tape is told not to") {
  Tape tape;
  const std::vector<Value> x = {tape.variable(2)};
  const Value y = record_sums(tape, x, 1, [&](auto, auto) { tape.variable(1); })[0];
  Stepper stepper(y);
  CHECK_THROWS_AS(stepper.next(), UnsupportedError);
  CHECK(stepper.steps() == 0);
}

TEST_CASE("nodes that are gone are stale, and restart() begins anew where it can") {
  Tape tape;
  tape.variable(1);
  Value y = exp(tape.variable(2));
  Stepper stepper(y);
  tape.clear();
  CHECK_THROWS_AS(stepper.next(), StaleValueError);
  CHECK_THROWS_AS(stepper.back(), StaleValueError);
  CHECK_THROWS_AS(stepper.restart(), ArgumentError);
  tape.variable(1);
  const Value x = tape.variable(2);
  y = x * 3.0;
  CHECK_THROWS_AS(stepper.next(), StaleValueError);
  stepper.restart();
  stepper.finish();
  CHECK(stepper.adjoint(x) == 3);
  const Value later = exp(y);  // may be recorded meanwhile
  CHECK(stepper.back());
  CHECK(stepper.adjoint(later) == 0);
  stepper.restart(later);
  CHECK(stepper.cursor()->index() == later.node());
  Tape other;
  CHECK_THROWS_AS(stepper.restart(exp(other.variable(1))), ArgumentError);
}

TEST_CASE("a node that others have replaced is stale; one of a segment that was kept is not") {
  Tape tape;
  const Value x = tape.variable(2);
  Mark mark = tape.mark();
  Value a = x * 3.0, y = a * a;
  Stepper stepper(y);
  CHECK(stepper.next());
  tape.rewind(mark);
  a = sin(x), y = a * a + x;
  CHECK_THROWS_AS(stepper.next(), StaleValueError);
  stepper.restart(y);
  {
    const Mark above = tape.mark();
    static_cast<void>(exp(y));
  }
  mark.commit();
  stepper.finish();
  tape.backward(y);
  CHECK(stepper.adjoint(x) == x.grad());
}

TEST_CASE("a million nodes: forward and back") {
  Tape tape;
  const Value x = tape.variable(1);
  Value y = x;
  for (int k = 0; k < 1'000'000; ++k) y = y * 1.0;
  Stepper stepper(y);
  stepper.finish();
  CHECK(stepper.adjoint(x) == 1);
  CHECK(stepper.steps() == 1'000'000);
  while (stepper.back()) {
  }
  CHECK(stepper.adjoint(x) == 0);
}

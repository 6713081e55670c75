// The fast sweep against the plain one, on random graphs of all operations.

#include "core/sweep.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "../ops/points.hpp"
#include "functions.hpp"
#include "same.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// result[j] = (j + 1)·Σ operands
struct Sums : External {
  std::string_view name() const override { return "sums"; }
  void pull_back(std::span<const double>, std::span<const double> result_adjoints,
                 std::span<double> operand_adjoints) const override {
    for (std::size_t j = 0; j < result_adjoints.size(); ++j)
      for (double& adjoint : operand_adjoints)
        adjoint += static_cast<double>(j + 1) * result_adjoints[j];
  }
};

// A graph of about `nodes` nodes on `tape`. Half of the operands are the node before, as in real
// expressions; some are constants, some occur twice, and where `edges` is set some are 0,
// infinity or NaN.
class RandomGraph {
 public:
  RandomGraph(Tape& tape, Points& points, std::size_t nodes, bool edges)
      : tape_(tape), points_(points), edges_(edges) {
    for (int k = 0; k < 4; ++k) values_.push_back(tape.variable(number()));
    while (tape.size() < nodes) values_.push_back(chance(0.03) ? external() : function());
  }

  const Externals& externals() const { return externals_; }

 private:
  bool chance(double probability) { return points_.in({0, 1}) < probability; }
  std::size_t below(std::size_t n) {
    return static_cast<std::size_t>(points_.in({0, static_cast<double>(n)}));
  }

  double number() {
    constexpr double special[] = {0.0, -0.0, 1.0, inf, -inf, not_a_number};
    return edges_ && chance(0.1) ? special[below(6)] : points_.in({-2, 2});
  }

  Value operand() {
    if (chance(0.5)) return values_.back();
    if (chance(0.2)) return number();
    return values_[below(values_.size())];
  }

  std::vector<Value> operands(std::size_t count) {
    std::vector<Value> x;
    for (std::size_t k = 0; k < count; ++k) x.push_back(operand());
    return x;
  }

  Value function() {
    const Function& chosen = functions()[below(functions().size())];
    const int arity = info(chosen.op).arity;
    std::size_t count = arity == variadic ? 1 + below(6) : static_cast<std::size_t>(arity);
    if (chosen.op == Op::Dot) count += count % 2;
    if (chosen.op == Op::WeightedSum) count += 1 - count % 2;
    std::vector<Value> x = operands(count);
    if (chosen.op == Op::Polygamma) x[0] = static_cast<int>(below(3));
    const Value y = chosen.record(x);
    // Values that have run away would leave nothing but NaN to compare.
    return edges_ || std::abs(y.value()) < 1e3 ? y : values_[below(4)];
  }

  Value external() {
    const auto operation = std::make_shared<Sums>();
    const std::vector<Value> x = operands(1 + below(4));
    double total = 0;
    for (const Value xi : x) total += xi.value();
    const std::vector<double> results = {total, 2 * total, 3 * total};
    const std::vector<Value> y =
        tape_.external(operation, x, std::span(results).first(1 + below(3)));
    if (!y[0].is_constant()) externals_.push_back(operation);
    return y[below(y.size())];
  }

  Tape& tape_;
  Points& points_;
  bool edges_;
  std::vector<Value> values_;
  Externals externals_;
};

}  // namespace

TEST_CASE("the fast sweep equals the plain one to the last bit on random graphs") {
  constexpr double special_seeds[] = {0.0, -0.0, inf, not_a_number};
  Points points;
  Tape tape;
  std::size_t finite = 0, zero = 0, not_finite = 0;
  for (int graph = 0; graph < 4000; ++graph) {
    CAPTURE(graph);
    tape.clear();
    const bool edges = graph % 4 == 0;
    const RandomGraph made(tape, points, 10 + static_cast<std::size_t>(graph) % 90, edges);

    std::vector<double> plain(tape.size() + 1, 0.0);
    const std::size_t last = tape.size() - static_cast<std::size_t>(points.in({0, 3}));
    for (int k = 0; k < 8; ++k) {
      const auto node = static_cast<std::size_t>(points.in({1, static_cast<double>(last) + 1}));
      plain[k == 0 ? last : node] += points.in({-2, 2});
      if (edges && k == 2) plain[node] = special_seeds[graph / 4 % 4];
    }
    std::vector<double> fast = plain;
    sweep_plain(tape.recording(), made.externals(), plain.data(), last);
    sweep_fast(tape.recording(), made.externals(), fast, last);

    for (std::size_t node = 1; node <= tape.size(); ++node) {
      if (!same_adjoint(plain[node], fast[node])) {
        CAPTURE(node);
        CAPTURE(to_string(tape.node(node)));
        CHECK(plain[node] == fast[node]);
      }
      if (plain[node] == 0)
        ++zero;
      else if (std::isfinite(plain[node]))
        ++finite;
      else
        ++not_finite;
    }
  }
  // There was something to compare, of every kind.
  CHECK(finite > 50'000);
  CHECK(zero > 10'000);
  CHECK(not_finite > 10'000);
}

TEST_CASE("both sweeps hand the adjoint of node i to operands i-1, i-1 twice, and far ones") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x;  // twice the node before
  const Value z = y * x;  // the one before, and a far one
  const Value u = x - y;  // two far ones
  const std::vector<Value> many = {u, z, u, 2, x};
  const Value v = dot(std::span(many).first(2), std::span(many).subspan(1, 2));  // uz + zu
  std::vector<double> plain(tape.size() + 1, 0.0);
  plain[v.node()] = 1;
  std::vector<double> fast = plain;
  sweep_plain(tape.recording(), {}, plain.data(), v.node());
  sweep_fast(tape.recording(), {}, fast, v.node());
  // v = 2·(x - x²)·x³, dv/dx = 8x³ - 10x⁴
  CHECK(plain[x.node()] == 8 * 27 - 10 * 81);
  CHECK(fast[x.node()] == 8 * 27 - 10 * 81);
  for (const Value node : {y, z, u}) CHECK(same_bits(plain[node.node()], fast[node.node()]));
}

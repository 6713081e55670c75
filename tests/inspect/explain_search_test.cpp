// explain() held against the sweep, against a full enumeration of all paths, and against a ladder
// of more paths than a double can count.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "core/same.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/inspect/explain.hpp"

using namespace tapegrad;
using tapegrad::testing::same_adjoint;

namespace {

using Indices = std::vector<std::size_t>;

constexpr double infinity = std::numeric_limits<double>::infinity();

// Expressions at random, with kinks, poles, cuts, constants and operations of many operands.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {}

  Value pick(const std::vector<Value>& nodes) { return nodes[random_() % nodes.size()]; }

  Value grow(const std::vector<Value>& nodes) {
    const Value a = pick(nodes), b = pick(nodes), c = pick(nodes);
    switch (random_() % 16) {
      case 0:
        return a + b;
      case 1:
        return a - b;
      case 2:
        return a * b;
      case 3:
        return a / (b * b + 1);
      case 4:
        return tanh(a);
      case 5:
        return sin(a) * 0.5;
      case 6:
        return max(a, b);
      case 7:
        return relu(a);
      case 8:
        return select(is_less(a, b), b, c);
      case 9:
        return sum(std::vector{a, b, c, a});
      case 10:
        return dot(std::vector{a, b}, std::vector{b, c});
      case 11:
        return floor(a) + b;
      case 12:
        return 2 - a;
      case 13:
        return a * 0;
      case 14:
        return random_() % 4 == 0 ? log(a) : -a;
      default:
        return random_() % 4 == 0 ? sqrt(abs(a)) : a;
    }
  }

  std::vector<Value> grow_all(Tape& tape, std::size_t size) {
    std::vector<Value> nodes{tape.variable(0.7), tape.variable(-1.3), tape.variable(0)};
    while (tape.size() < size) nodes.push_back(grow(nodes));
    return nodes;
  }

 private:
  std::mt19937 random_;
};

struct Sums {
  double all = 0;
  std::vector<double> each;  // contributions that are not 0
};

// Every path, one by one, as the sweep would walk it.
Sums enumerate(const Node& y, const Node& x) {
  struct Place {
    std::size_t node;
    double adjoint;
  };
  Sums sums;
  std::vector<Place> waiting{{y.index(), 1}};
  while (!waiting.empty()) {
    const Place place = waiting.back();
    waiting.pop_back();
    if (place.adjoint == 0) continue;
    if (place.node == x.index()) {
      sums.all += place.adjoint;
      sums.each.push_back(place.adjoint);
      continue;
    }
    const Node node(y.tape(), place.node);
    for (const Operand& operand : node.operands()) {
      if (operand.node == 0 || (operand.partial == 0 && info(node.op()).cuts)) continue;
      waiting.push_back({operand.node, place.adjoint * operand.partial});
    }
  }
  // What is not finite first, as all the same.
  const auto size = [](double a) { return std::isfinite(a) ? std::abs(a) : infinity; };
  std::ranges::sort(sums.each, std::greater<>(), size);
  return sums;
}

double sum_of(const Explanation& explanation) {
  double sum = explanation.rest;
  for (const Path& path : explanation.largest) sum += path.contribution;
  return sum;
}

}  // namespace

TEST_CASE("the derivative is backward's adjoint to the last bit, on random graphs") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Tape tape;
    const std::vector<Value> nodes = RandomGraph(seed).grow_all(tape, 200);
    const Node y(nodes.back());
    tape.backward(nodes.back());
    for (const std::size_t x : Indices{1, 2, 3, 10, 50}) {
      CAPTURE(x);
      const Node input(tape, x);
      CHECK(same_adjoint(explain(y, input).derivative, input.adjoint().value_or(0)));
    }
  }
}

TEST_CASE("the largest paths are those of a full enumeration, on random graphs") {
  std::size_t compared = 0, infinite = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    Tape tape;
    const std::vector<Value> nodes = RandomGraph(seed).grow_all(tape, 24);
    const Node y(tape, tape.size()), x(tape, 1 + seed % 3);
    const Sums all = enumerate(y, x);
    const std::size_t k = seed % 8;
    const Explanation found = explain(y, x, k);
    REQUIRE(found.path_count == static_cast<double>(all.each.size()));
    REQUIRE(found.largest.size() == std::min(k, all.each.size()));
    for (std::size_t i = 0; i < found.largest.size(); ++i) {
      const double one = found.largest[i].contribution;
      CHECK(std::isfinite(one) == std::isfinite(all.each[i]));
      if (!std::isfinite(one)) continue;
      CHECK(std::abs(one) == doctest::Approx(std::abs(all.each[i])));
      compared += 1;
    }
    infinite += all.each.empty() || std::isfinite(all.each[0]) ? 0 : 1;
    if (!std::isfinite(all.all)) continue;
    double size = 1e-300;
    for (const double one : all.each) size += std::abs(one);
    // Rounding of the sum, in any order.
    CHECK(std::abs(sum_of(found) - found.derivative) <= 1e-13 * size);
    CHECK(std::abs(all.all - found.derivative) <= 1e-13 * size);
  }
  CHECK(compared > 300);
  CHECK(infinite > 10);
}

TEST_CASE("a ladder of a million nodes and 2^333333 paths is explained") {
  Tape tape;
  const Value a = tape.variable(0.6), b = tape.variable(0.4), x = tape.variable(1);
  Value y = x;
  constexpr int rungs = 333'333;
  for (int i = 0; i < rungs; ++i) y = a * y + b * y;
  const Explanation found = explain(y, x, 3);
  CHECK(found.derivative == doctest::Approx(1));
  CHECK(found.path_count == infinity);
  CHECK(found.log10_path_count == doctest::Approx(rungs * std::log10(2)));
  REQUIRE(found.largest.size() == 3);
  CHECK(found.largest[0].nodes.size() == 2 * rungs + 1);
  CHECK(found.largest[0].log10_size == doctest::Approx(rungs * std::log10(0.6)));
  CHECK(found.largest[2].log10_size ==
        doctest::Approx((rungs - 1) * std::log10(0.6) + std::log10(0.4)).epsilon(1e-12));
  CHECK(found.rest == doctest::Approx(1));
}

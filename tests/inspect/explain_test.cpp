#include "tapegrad/inspect/explain.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

using Indices = std::vector<std::size_t>;
using Numbers = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Triple : External {
  std::string_view name() const override { return "triple"; }
  void pull_back(std::span<const double>, std::span<const double> in,
                 std::span<double> out) const override {
    out[0] += 3 * in[0];
  }
};

}  // namespace

TEST_CASE("a path has its nodes, its partials and their product; the largest comes first") {
  Tape tape;
  const Value w = tape.variable(-3), x = tape.variable(2);
  const Value product = w * x, half = w * 0.5;
  const Value y = product + half - w;  // 2 + 0.5 - 1
  const Explanation found = explain(y, w, 2);
  CHECK(found.output == Node(y));
  CHECK(found.input == Node(w));
  CHECK(found.reaches);
  CHECK(found.derivative == 1.5);
  CHECK(found.path_count == 3);
  CHECK(found.log10_path_count == doctest::Approx(std::log10(3)));
  REQUIRE(found.largest.size() == 2);
  CHECK(found.largest[0].nodes == Indices{6, 5, 3, 1});
  CHECK(found.largest[0].partials == Numbers{1, 1, 2});
  CHECK(found.largest[0].contribution == 2);
  CHECK(found.largest[0].log10_size == doctest::Approx(std::log10(2)));
  CHECK(found.largest[0].share == doctest::Approx(2 / 3.5));
  CHECK(found.largest[1].nodes == Indices{6, 1});
  CHECK(found.largest[1].contribution == -1);
  CHECK(found.rest == 0.5);
  CHECK(found.cuts.empty());
}

TEST_CASE("of equal contributions the first operand's comes first; x * x has two") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value one = x * x, other = x * x;
  const Value y = one - other;
  const Explanation found = explain(y, x);
  CHECK(found.derivative == 0);
  CHECK(found.path_count == 4);
  REQUIRE(found.largest.size() == 4);
  CHECK(found.largest[0].nodes == Indices{4, 2, 1});
  CHECK(found.largest[1].nodes == Indices{4, 2, 1});
  CHECK(found.largest[2].nodes == Indices{4, 3, 1});
  CHECK(found.largest[3].contribution == -3);
  CHECK(found.rest == 0);
}

TEST_CASE("a value is explained by itself, and not by what is recorded later") {
  Tape tape;
  const Value x = tape.variable(3);
  const Explanation itself = explain(x, x);
  CHECK(itself.derivative == 1);
  CHECK(itself.path_count == 1);
  REQUIRE(itself.largest.size() == 1);
  CHECK(itself.largest[0].nodes == Indices{1});
  CHECK(itself.largest[0].partials.empty());
  CHECK(itself.largest[0].contribution == 1);
  CHECK(itself.rest == 0);

  const Value later = tape.variable(4), unused = sin(x);
  for (const Explanation& none : {explain(x, later), explain(unused, later)}) {
    CHECK(!none.reaches);
    CHECK(none.derivative == 0);
    CHECK(none.path_count == 0);
    CHECK(none.log10_path_count == -infinity);
    CHECK(none.largest.empty());
    CHECK(none.rest == 0);
    CHECK(none.cuts.empty());
  }
}

TEST_CASE("no path asked for: the rest is all") {
  Tape tape;
  const Value x = tape.variable(3);
  const Explanation found = explain(x * x, x, 0);
  CHECK(found.largest.empty());
  CHECK(found.rest == 6);
  CHECK(found.path_count == 2);
}

TEST_CASE("nodes of different tapes, constants, and nodes that are gone are refused") {
  Tape one;
  const Value x = one.variable(1);
  Tape two;
  const Value y = two.variable(1);
  CHECK_THROWS_WITH_AS(explain(y, x),
                       "explain: #1 and #1 are of different tapes; pass two nodes of one recording",
                       ArgumentError);
  CHECK_THROWS_AS(explain(y, Value(2.0)), UnsupportedError);
  const Node gone(y * y);
  two.clear();
  const Value z = two.variable(1);
  CHECK_THROWS_WITH_AS(
      explain(gone, z),
      "explain: node 2 is not on its tape, which has 1 nodes; was it cleared or rewound since?",
      ArgumentError);
  CHECK_THROWS_AS(explain(z, Node(two, 0)), ArgumentError);
}

TEST_CASE("where all paths are cut, the cuts that the adjoint meets first are listed") {
  Tape tape;
  const Value x = tape.variable(-1, "x");
  const Value dead = relu(x);
  const Value saturated = tanh(x * 100);
  const Value chosen = select(is_less(x, 0), 7.0, floor(x));
  const Value y = dead + saturated + chosen;
  const Explanation found = explain(y, x);
  CHECK(found.reaches);
  CHECK(found.derivative == 0);
  CHECK(found.path_count == 0);
  CHECK(found.largest.empty());
  REQUIRE(found.cuts.size() == 4);
  const std::size_t select_node = chosen.node();
  CHECK(found.cuts[0].node == select_node);  // not floor, which no adjoint reaches
  CHECK(found.cuts[0].place == 0);
  CHECK(found.cuts[1].node == select_node);
  CHECK(found.cuts[1].place == 2);
  CHECK(found.cuts[2].node == saturated.node());
  CHECK(found.cuts[3].node == dead.node());
  CHECK(found.cuts[3].operand == x.node());
}

TEST_CASE("paths with a partial that is not finite come first, whatever else there is") {
  Tape tape;
  const Value x = tape.variable(0);
  const Value big = x * 1e300 + sqrt(x) * 1e-300;
  const Explanation found = explain(big, x);
  REQUIRE(found.largest.size() == 2);
  CHECK(!found.largest[0].is_finite());
  CHECK(found.largest[0].contribution == infinity);
  CHECK(std::isnan(found.largest[0].share));
  CHECK(found.largest[1].is_finite());
  CHECK(found.largest[1].share == 1);
  CHECK(explain(big, x, 1).rest == 1e300);
}

TEST_CASE("a partial of 0 stops an infinite one behind it, and becomes NaN before it") {
  Tape tape;
  const Value x = tape.variable(0);
  const Explanation stopped = explain(sqrt(x) * 0, x);
  CHECK(stopped.derivative == 0);
  CHECK(stopped.path_count == 0);
  CHECK(stopped.cuts.size() == 1);
  const Explanation poisoned = explain(sqrt(x * 0), x);
  CHECK(std::isnan(poisoned.derivative));
  CHECK(poisoned.path_count == 1);
  REQUIRE(poisoned.largest.size() == 1);
  CHECK(std::isnan(poisoned.largest[0].contribution));
  // A kink that cuts stops also that.
  const Explanation cut = explain(sqrt(relu(x)), x);
  CHECK(cut.derivative == 0);
  CHECK(cut.path_count == 0);
  CHECK(cut.rest == 0);
}

TEST_CASE("products that over- or underflow on the way are right, and ranked right") {
  Tape tape;
  const Value x = tape.variable(1);
  const Value up = x * 1e200 * 1e200 * 1e-300;
  const Value down = x * 1e-200 * 1e-200 * 1e290;
  const Value lost = x * 1e-200 * 1e-200;
  const Value y = lost + down + up;
  const Explanation found = explain(y, x, 3);
  REQUIRE(found.largest.size() == 3);
  CHECK(found.largest[0].contribution == doctest::Approx(1e100));
  CHECK(found.largest[1].contribution == doctest::Approx(1e-110));
  CHECK(found.largest[2].contribution == 0);
  CHECK(found.largest[2].log10_size == doctest::Approx(-400));
}

TEST_CASE("what goes through a user's operation is unknown, and nobody is asked") {
  Tape tape;
  const Value x = tape.variable(2);
  const Value own = tape.external(std::make_shared<Triple>(), std::vector{x}, std::vector{6.0})[0];
  const Explanation found = explain(own + x, x);
  CHECK(std::isnan(found.derivative));
  REQUIRE(found.largest.size() == 2);
  CHECK(found.largest[0].nodes == Indices{4, 3, 2, 1});
  CHECK(std::isnan(found.largest[0].contribution));
  CHECK(found.largest[1].contribution == 1);
}

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "sparse_functions.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/derivatives/sparse.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Values = std::span<const Value>;
using Rows = std::vector<std::vector<std::size_t>>;

Rows rows_of(const SparsityPattern& pattern) {
  Rows rows;
  for (std::size_t i = 0; i < pattern.rows; ++i)
    rows.emplace_back(pattern.row(i).begin(), pattern.row(i).end());
  return rows;
}

template <class F> Rows jacobian_rows(F&& f, std::size_t n) {
  return rows_of(jacobian_pattern(f, std::vector<double>(n, 1.0)));
}

template <class F> Rows hessian_rows(F&& f, std::size_t n) {
  return rows_of(hessian_pattern(f, std::vector<double>(n, 1.0)));
}

/// Two operands, two results, and no rule.
class Opaque : public External {
 public:
  std::string_view name() const override { return "opaque"; }
  void pull_back(std::span<const double>, std::span<const double> results,
                 std::span<double> operands) const override {
    operands[0] += results[0];
    operands[1] += results[1];
  }
};

std::vector<Value> opaque(Tape& tape, Value a, Value b) {
  const std::array operands{a, b};
  const std::array results{a.value(), b.value()};
  return tape.external(std::make_shared<Opaque>(), operands, results);
}

}  // namespace

TEST_CASE("a Jacobian has an entry where an output depends on an input") {
  const auto f = [](Values x) {
    return std::vector<Value>{x[0] * x[2], Value(3.0), x[1], sin(x[2]) / x[2] + x[0]};
  };
  CHECK(jacobian_rows(f, 3) == Rows{{0, 2}, {}, {1}, {0, 2}});
  CHECK(jacobian_rows([](Values x) { return std::vector<Value>{sin(x[0])}; }, 1) == Rows{{0}});
}

TEST_CASE("an entry that happens to be 0 is one, and one that is always 0 is none") {
  const auto f = [](Values x) {
    return std::vector<Value>{(x[0] - 1) * x[1],    x[0] * 0.0,
                              x[0] - x[0],          relu(x[0] - 5),
                              floor(x[0]),          select(is_less(x[0], 2), x[1], x[2]),
                              copysign(x[0], x[1]), trunc(x[0]) * x[1]};
  };
  CHECK(jacobian_rows(f, 3) == Rows{{0, 1}, {0}, {0}, {0}, {}, {1, 2}, {0}, {1}});
}

TEST_CASE("a Hessian has an entry where two inputs interact") {
  CHECK(hessian_rows([](Values x) { return x[0] + 2 * x[1] - x[2]; }, 3) == Rows{{}, {}, {}});
  CHECK(hessian_rows([](Values x) { return x[0] * x[1] + x[2]; }, 3) == Rows{{1}, {0}, {}});
  CHECK(hessian_rows([](Values x) { return x[0] / x[1]; }, 2) == Rows{{1}, {0, 1}});
  CHECK(hessian_rows([](Values x) { return sin(x[0] + x[2]); }, 3) == Rows{{0, 2}, {}, {0, 2}});
  CHECK(hessian_rows([](Values x) { return x[0] * x[0]; }, 1) == Rows{{0}});
  CHECK(hessian_rows([](Values x) { return 1 / x[0] + x[1] / 7 + 7 * x[2]; }, 3) ==
        Rows{{0}, {}, {}});
  CHECK(hessian_rows([](Values x) { return max(x[0], x[1]) + relu(x[2]); }, 3) == Rows{{}, {}, {}});
  CHECK(hessian_rows([](Values x) { return exp(max(x[0], x[1])); }, 2) == Rows{{0, 1}, {0, 1}});
  CHECK(hessian_rows([](Values x) { return floor(x[0] * x[1]) * x[2]; }, 3) == Rows{{}, {}, {}});
  CHECK(hessian_rows([](Values x) { return select(is_less(x[0] * x[0], 2), x[1], x[2] * x[2]); },
                     3) == Rows{{}, {}, {2}});
}

TEST_CASE("kinks are flat") {
  const auto f = [](Values x) {
    return abs(x[0] - x[1]) + max(x[0], x[1]) + relu(x[1]) + copysign(x[0], x[1]);
  };
  CHECK(hessian_rows(f, 2) == Rows{{}, {}});
}

TEST_CASE("operations of many operands interact by their rule, and constants not at all") {
  const auto halves = [](Values x) { return dot(x.first(2), x.subspan(2)); };
  CHECK(hessian_rows(halves, 4) == Rows{{2}, {3}, {0}, {1}});
  const auto weights = [](Values x) {
    const std::array<Value, 4> w{2.0, 0.0, 1.0, -3.0};
    return dot(w, x);
  };
  CHECK(hessian_rows(weights, 4) == Rows{{}, {}, {}, {}});
  CHECK(hessian_rows([](Values x) { return sum(x); }, 3) == Rows{{}, {}, {}});
  CHECK(hessian_rows([](Values x) { return norm(x.first(2)) + x[2]; }, 3) ==
        Rows{{0, 1}, {0, 1}, {}});
  const auto mixed = [](Values x) {
    const std::array<Value, 3> some{x[0], 4.0, x[2]};
    return log_sum_exp(some);
  };
  CHECK(hessian_rows(mixed, 3) == Rows{{0, 2}, {}, {0, 2}});
}

TEST_CASE("only what the output depends on counts") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::array{1.0, 2.0, 3.0});
  const Value y = x[0] * x[1];
  const Value beside = exp(x[2] * x[1]) * y;
  CHECK(rows_of(hessian_pattern(y, x)) == Rows{{1}, {0}, {}});
  CHECK(rows_of(hessian_pattern(beside, x)) == Rows{{1, 2}, {0, 1, 2}, {0, 1, 2}});
  CHECK(rows_of(jacobian_pattern(std::array{y}, x)) == Rows{{0, 1}});
  CHECK(rows_of(hessian_pattern(y, std::span(x).first(1))) == Rows{{}});
}

TEST_CASE("inputs may be results, and each other's, and come twice") {
  Tape tape;
  const Value a = tape.variable(0.7), b = tape.variable(1.3);
  const Value c = sin(a) * b;
  const Value y = c * c + b;
  const std::vector<Value> x{a, c, a};
  CHECK(rows_of(hessian_pattern(y, x)) == Rows{{0, 1, 2}, {0, 1, 2}, {0, 1, 2}});
  CHECK(rows_of(hessian_pattern(c, std::array{c, b})) == Rows{{}, {}});
  CHECK(rows_of(hessian_pattern(c, std::array{c, b, a})) == Rows{{}, {2}, {1, 2}});
  CHECK(rows_of(jacobian_pattern(std::array{y, c, b}, x)) == Rows{{0, 1, 2}, {0, 1, 2}, {}});
  CHECK(rows_of(jacobian_pattern(std::array{c, a, c, y, b}, std::array{c, b})) ==
        Rows{{0, 1}, {}, {0, 1}, {0, 1}, {1}});
  CHECK(sparse_hessian(y, x).matrix.to_dense() == hessian(y, x));
}

TEST_CASE("of a user's operation any result depends on any operand, and any two interact") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::array{1.0, 2.0, 3.0});
  const std::vector<Value> results = opaque(tape, x[0] * 2, x[2]);
  CHECK(rows_of(jacobian_pattern(results, x)) == Rows{{0, 2}, {0, 2}});
  CHECK(rows_of(hessian_pattern(results[1] + x[1], x)) == Rows{{0, 2}, {}, {0, 2}});
  CHECK(rows_of(hessian_pattern(results[0] * x[1], x)) == Rows{{0, 1, 2}, {0, 2}, {0, 1, 2}});
  CHECK(sparse_jacobian(results, x).matrix.to_dense().numbers ==
        std::vector{2.0, 0.0, 0.0, 0.0, 0.0, 1.0});
  CHECK_THROWS_AS(sparse_hessian(results[0] * x[1], x), UnsupportedError);
  const std::vector<Value> of_constant = opaque(tape, 4.0, x[1]);
  CHECK(rows_of(hessian_pattern(of_constant[0], x)) == Rows{{}, {1}, {}});
}

TEST_CASE("a pattern has all entries that differ from 0 at random points, and few others") {
  std::size_t entries = 0, in_vain = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const std::size_t n = 1 + random.below(12), m = 1 + random.below(12);
    const auto f = [&](Values x) { return random_results(seed, x, m); };
    const auto g = [&](Values x) { return random_sum(seed, x, m); };
    const SparsityPattern of_f = jacobian_pattern(f, random_numbers(random, n));
    const SparsityPattern of_g = hessian_pattern(g, random_numbers(random, n));
    std::vector<bool> is_hit(of_f.non_zeros() + of_g.non_zeros());
    const auto hit = [&](const SparsityPattern& pattern, const Matrix& dense, std::size_t offset) {
      Matrix rest = dense;
      for (std::size_t i = 0; i < pattern.rows; ++i)
        for (std::size_t e = pattern.row_starts[i]; e < pattern.row_starts[i + 1]; ++e) {
          if (dense(i, pattern.column_indices[e]) != 0) is_hit[offset + e] = true;
          rest(i, pattern.column_indices[e]) = 0;
        }
      CHECK(rest.numbers == Matrix(dense.rows, dense.columns).numbers);
    };
    for (int point = 0; point < 8; ++point) {
      const std::vector<double> x = random_numbers(random, n);
      CHECK(jacobian_pattern(f, x) == of_f);  // of the operations, not of the point
      CHECK(hessian_pattern(g, x) == of_g);
      hit(of_f, jacobian(f, x), 0);
      hit(of_g, hessian(g, x), of_f.non_zeros());
    }
    entries += is_hit.size();
    for (const bool one : is_hit) in_vain += !one;
  }
  CHECK(entries > 1000);
  // Sides of a select() and of a max() that no point has chosen, and a - a.
  CHECK(in_vain < entries / 10);
}

TEST_CASE("many outputs and inputs go in blocks, in reverse and forward") {
  const auto neighbours = [](std::size_t outputs) {
    return [outputs](Values x) {
      std::vector<Value> y;
      for (std::size_t k = 0; k < outputs; ++k)
        y.push_back(x[k % x.size()] * x[(k + 1) % x.size()]);
      return y;
    };
  };
  for (const std::size_t outputs : {std::size_t{600}, std::size_t{601}}) {
    const Rows rows = jacobian_rows(neighbours(outputs), 600);
    REQUIRE(rows.size() == outputs);
    for (std::size_t k = 0; k + 1 < 600; ++k) CHECK(rows[k] == std::vector{k, k + 1});
    CHECK(rows[599] == std::vector<std::size_t>{0, 599});
    if (outputs > 600) CHECK(rows[600] == std::vector<std::size_t>{0, 1});
  }
}

TEST_CASE("a running sum of many local terms is no dense work") {
  const std::size_t n = 100'000;  // as n² pairs that would take minutes
  const auto f = [](Values x) {
    Value s = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) s += sin(x[i] * x[i + 1]);
    return s;
  };
  const SparsityPattern pattern = hessian_pattern(f, std::vector<double>(n, 0.5));
  CHECK(pattern.non_zeros() == 3 * n - 2);
  CHECK(pattern.row(7).size() == 3);
}

TEST_CASE("what interacts beside the inputs is no work") {
  Tape tape;
  const Value x = tape.variable(0.5);
  Value s = x;
  // Each two of these interact, and are no inputs: as pairs they would fill the memory.
  for (const Value& weight : tape.variables(std::vector<double>(50'000, 1e-6))) s += weight;
  CHECK(rows_of(hessian_pattern(exp(s), std::array{x})) == Rows{{0}});
}

TEST_CASE("arcs that come again and again are kept once") {
  // Each of 20,000 steps adds the same arcs among three inputs.
  const auto f = [](Values x) {
    Value s = x[0];
    for (int i = 0; i < 20'000; ++i) s = s * x[1] + x[2];
    return s;
  };
  CHECK(hessian_rows(f, 4) == Rows{{1}, {0, 1, 2}, {1}, {}});
}

TEST_CASE("no inputs, no outputs, and constants have empty patterns") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::array{1.0, 2.0});
  const std::vector<Value> none;
  CHECK(jacobian_pattern(x, none) == SparsityPattern{2, 0, {0, 0, 0}, {}});
  CHECK(jacobian_pattern(none, x) == SparsityPattern{0, 2, {0}, {}});
  CHECK(jacobian_pattern(none, none) == SparsityPattern());
  CHECK(hessian_pattern(x[0] * x[1], none) == SparsityPattern());
  CHECK(rows_of(hessian_pattern(5.0, x)) == Rows{{}, {}});
  CHECK(rows_of(jacobian_pattern(std::array<Value, 1>{5.0}, x)) == Rows{{}});
  CHECK(rows_of(hessian_pattern(x[0], std::array{x[0] * x[1]})) == Rows{{}});  // recorded later
}

TEST_CASE("what is not on the tape, or a constant, has no pattern") {
  std::vector<Value> gone;
  {
    Tape other;
    gone = other.variables(std::array{1.0, 2.0});
  }
  Tape tape;
  const std::vector<Value> x = tape.variables(std::array{1.0, 2.0});
  const std::array<Value, 2> with_constant{x[0], 4.0}, with_gone{x[0], gone[0]};
  CHECK_THROWS_AS(hessian_pattern(gone[0], x), StaleValueError);
  CHECK_THROWS_AS(hessian_pattern(x[0], gone), StaleValueError);
  CHECK_THROWS_AS(hessian_pattern(x[0], with_gone), StaleValueError);
  CHECK_THROWS_AS(jacobian_pattern(gone, x), StaleValueError);
  CHECK_THROWS_WITH_AS(jacobian_pattern(x, with_constant),
                       "jacobian_pattern: the input 4 is a constant; make it with variable()",
                       NoAdjointError);
  CHECK_THROWS_AS(hessian_pattern(x[0], with_constant), NoAdjointError);
}

TEST_CASE("covers: all entries of another of the same size") {
  const auto all = [](std::size_t, std::size_t) { return true; };
  const auto diagonal = [](std::size_t i, std::size_t j) { return i == j; };
  CHECK(pattern_of(3, 3, all).covers(pattern_of(3, 3, diagonal)));
  CHECK(!pattern_of(3, 3, diagonal).covers(pattern_of(3, 3, all)));
  CHECK(pattern_of(3, 3, diagonal).covers(pattern_of(3, 3, diagonal)));
  CHECK(!pattern_of(3, 3, all).covers(pattern_of(2, 3, all)));
  CHECK(!pattern_of(3, 3, all).covers(pattern_of(3, 2, all)));
  CHECK_THROWS_WITH_AS(pattern_of(3, 2, all).row(3), "sparse matrix: no row 3 in 3 x 2",
                       ShapeError);
}

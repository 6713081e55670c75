// Sparse functions and patterns at random, the same everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/sparse.hpp"

namespace tapegrad::testing {

/// Numbers from a generator of its own. Its multiplier is Knuth's (MMIX).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}

  double in(double low, double high) {
    next();
    return low + (high - low) * (static_cast<double>(state_ >> 11) * 0x1p-53);
  }
  /// 0, 1, ..., end - 1.
  std::size_t below(std::size_t end) {
    next();
    return static_cast<std::size_t>(state_ >> 33) % end;
  }

 private:
  void next() { state_ = state_ * 6364136223846793005u + 1442695040888963407u; }
  std::uint64_t state_;
};

inline std::vector<double> random_numbers(Random& random, std::size_t n) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < n; ++i) numbers.push_back(random.in(0.5, 2));
  return numbers;
}

inline SparsityPattern pattern_of(std::size_t rows, std::size_t columns, auto&& has_entry) {
  SparsityPattern pattern;
  pattern.rows = rows;
  pattern.columns = columns;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j)
      if (has_entry(i, j)) pattern.column_indices.push_back(j);
    pattern.row_starts.push_back(pattern.column_indices.size());
  }
  return pattern;
}

/// Smooth near positive numbers: no derivative at random points is 0 but by the structure.
inline Value random_operation(Random& random, Value a, Value b) {
  switch (random.below(12)) {
    case 0:
      return a + b;
    case 1:
      return a - 2 * b;
    case 2:
      return a * b;
    case 3:
      return a / (b * b + 3);
    case 4:
      return sin(a) + b;
    case 5:
      return exp(sin(a));
    case 6:
      return pow(a * a + 1, 1.5) - b;
    case 7:
      return floor(a * 10) * b;
    case 8:
      return max(a, b);
    case 9:
      return hypot(a, b + 0.5);
    case 10:
      return select(is_less(a, b), a * 3, b * b);
    default: {
      const Value many[] = {a, b, a * b};
      return log_sum_exp(many);
    }
  }
}

/// m results, each of a few of the inputs and now and then of an earlier result.
inline std::vector<Value> random_results(std::uint64_t seed, std::span<const Value> x,
                                         std::size_t m) {
  Random random(seed);
  std::vector<Value> results;
  for (std::size_t k = 0; k < m; ++k) {
    Value result = x[random.below(x.size())];
    const std::size_t operations = random.below(5);
    for (std::size_t i = 0; i < operations; ++i) {
      const bool goes_back = !results.empty() && random.below(8) == 0;
      const Value other =
          goes_back ? results[random.below(results.size())] : x[random.below(x.size())];
      result = random_operation(random, result, other);
    }
    results.push_back(random.below(20) == 0 ? Value(1.5) : result);
  }
  return results;
}

/// A sum of terms that are like the results above.
inline Value random_sum(std::uint64_t seed, std::span<const Value> x, std::size_t terms) {
  Value total = 0;
  for (const Value& term : random_results(seed, x, terms)) total += term;
  return total;
}

}  // namespace tapegrad::testing

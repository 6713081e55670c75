// Jacobians and Hessians by compression: a direction for each colour, and each entry read from the
// product in which it stands alone.
//
// Alone also on the way: if two inputs of one colour met in a node on the way to an output, both
// would be entries of its row. So what is read has met nothing else, NaN and infinities included.

#include <fmt/format.h>

#include <algorithm>

#include "compression.hpp"
#include "core/divide_up.hpp"
#include "core/sweep.hpp"
#include "sparsity.hpp"
#include "structure.hpp"
#include "tape_of.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

// As many as the tape sweeps together.
constexpr std::size_t jacobian_directions = first_order_lanes.back();
constexpr std::size_t hessian_directions = second_order_lanes.back();

// multiply(directions, products) is asked sweep by sweep for some products of `length` numbers.
template <class Multiply>
void read_entries(const Compression& compression, std::size_t directions, std::size_t length,
                  SparseMatrix& matrix, Multiply&& multiply) {
  std::vector<double> products;
  for (std::size_t first = 0; first < compression.colors(); first += directions) {
    const std::size_t count = std::min(directions, compression.colors() - first);
    products.resize(count * length);
    multiply(compression.directions(first, count), products);
    for (std::size_t d = 0; d < count; ++d)
      for (const Reading& reading : compression.readings(first + d))
        matrix.numbers[reading.entry] = products[d * length + reading.place];
  }
}

SparseMatrix zeros_at(const SparsityPattern& pattern) {
  return {pattern, std::vector<double>(pattern.non_zeros())};
}

void check_size(const char* function, const SparsityPattern& plan, std::size_t rows,
                std::size_t columns) {
  if (plan.rows != rows || plan.columns != columns)
    throw ShapeError(fmt::format("{}: the plan is of a matrix of {} x {}, and here it is {} x {}",
                                 function, plan.rows, plan.columns, rows, columns));
}

void check_covers(const char* function, const SparsityPattern& plan, const SparsityPattern& here) {
  if (plan.covers(here)) return;
  for (std::size_t i = 0; i < here.rows; ++i)
    for (const std::size_t j : here.row(i))
      if (!std::ranges::binary_search(plan.row(i), j))
        throw ArgumentError(fmt::format(
            "{}: the plan has no entry ({}, {}), and what is recorded here has one: it is not what "
            "was recorded for the plan; make a plan of it",
            function, i, j));
}

}  // namespace

// A step for each number hashed: the multiplier is Knuth's (MMIX), the shift lets upper bits act on
// lower ones.
std::uint64_t fingerprint(const RecordedPlace& place) {
  std::uint64_t hash = place.last;
  const auto add = [&](std::uint64_t number) {
    hash = (hash ^ number) * 6364136223846793005u;
    hash ^= hash >> 32;
  };
  NodeStructure structure(place.recording);
  for (std::size_t node = 1; node <= place.last; ++node) {
    const std::span<const std::uint32_t> operands = structure.all_operands(node);
    add(std::uint64_t{operands.size()} << 8 | static_cast<std::uint64_t>(place.recording.op(node)));
    for (const std::uint32_t operand : operands) add(operand);
  }
  for (const std::uint32_t node : place.outputs) add(node);
  for (const std::uint32_t node : place.inputs) add(node);
  return hash;
}

// ---- Jacobian ----

struct JacobianPlan::Parts {
  SparsityPattern pattern;
  bool by_rows = false;
  Compression compression;
  std::uint64_t fingerprint = 0;

  // Colours the side that might need fewer, and the other if it might need fewer still.
  void compress() {
    const SparsityPattern by_column = transposed(pattern);
    const std::size_t fewest_columns = fewest_column_colors(pattern);
    const std::size_t fewest_rows = fewest_column_colors(by_column);
    const bool rows_first = fewest_rows < fewest_columns;
    Coloring first = color_columns(rows_first ? by_column : pattern);
    by_rows = rows_first;
    if (first.count > (rows_first ? fewest_columns : fewest_rows)) {
      Coloring second = color_columns(rows_first ? pattern : by_column);
      if (second.count < first.count) {
        first = std::move(second);
        by_rows = !rows_first;
      }
    }
    compression = by_rows ? Compression::by_rows(pattern, std::move(first))
                          : Compression::by_columns(pattern, std::move(first));
  }
};

JacobianPlan::JacobianPlan(std::span<const Value> y, std::span<const Value> x) {
  Parts parts;
  if (x.empty()) {
    parts.pattern = jacobian_pattern(y, x);
  } else {
    const RecordedPlace place = find_place(y, x, "JacobianPlan");
    parts.pattern = sparsity_of_jacobian(place);
    parts.fingerprint = fingerprint(place);
  }
  parts.compress();
  parts_ = std::make_shared<const Parts>(std::move(parts));
}

const SparsityPattern& JacobianPlan::pattern() const { return parts_->pattern; }
std::size_t JacobianPlan::colors() const { return parts_->compression.colors(); }
std::size_t JacobianPlan::sweeps() const { return divide_up(colors(), jacobian_directions); }
bool JacobianPlan::by_rows() const { return parts_->by_rows; }

SparseMatrix sparse_jacobian(std::span<const Value> y, std::span<const Value> x,
                             const JacobianPlan& plan) {
  const JacobianPlan::Parts& parts = *plan.parts_;
  check_size("sparse_jacobian", parts.pattern, y.size(), x.size());
  SparseMatrix jacobian = zeros_at(parts.pattern);
  if (x.empty()) return jacobian;
  const RecordedPlace place = find_place(y, x, "sparse_jacobian");
  if (fingerprint(place) != parts.fingerprint)
    check_covers("sparse_jacobian", parts.pattern, sparsity_of_jacobian(place));
  Tape& tape = tape_of(x, "sparse_jacobian");
  const auto multiply = [&](std::span<const double> directions, std::span<double> products) {
    if (parts.by_rows)
      tape.pull_back(y, directions, x, products);
    else
      tape.push_forward(x, directions, y, products);
  };
  read_entries(parts.compression, jacobian_directions, parts.by_rows ? x.size() : y.size(),
               jacobian, multiply);
  return jacobian;
}

SparseDerivative sparse_jacobian(std::span<const Value> y, std::span<const Value> x) {
  const JacobianPlan plan(y, x);
  return {sparse_jacobian(y, x, plan), plan.colors(), plan.sweeps()};
}

// ---- Hessian ----

struct HessianPlan::Parts {
  SparsityPattern pattern;
  Compression compression;
  std::uint64_t fingerprint = 0;
};

HessianPlan::HessianPlan(Value y, std::span<const Value> x) {
  Parts parts;
  if (!x.empty()) {
    const RecordedPlace place = find_place(std::span(&y, 1), x, "HessianPlan");
    parts.pattern = sparsity_of_hessian(place);
    parts.fingerprint = fingerprint(place);
  }
  parts.compression = Compression::symmetric(parts.pattern, star_coloring(parts.pattern));
  parts_ = std::make_shared<const Parts>(std::move(parts));
}

const SparsityPattern& HessianPlan::pattern() const { return parts_->pattern; }
std::size_t HessianPlan::colors() const { return parts_->compression.colors(); }
std::size_t HessianPlan::sweeps() const { return divide_up(colors(), hessian_directions); }

SparseMatrix sparse_hessian(Value y, std::span<const Value> x, const HessianPlan& plan) {
  const HessianPlan::Parts& parts = *plan.parts_;
  check_size("sparse_hessian", parts.pattern, x.size(), x.size());
  SparseMatrix hessian = zeros_at(parts.pattern);
  if (x.empty()) return hessian;
  const RecordedPlace place = find_place(std::span(&y, 1), x, "sparse_hessian");
  if (fingerprint(place) != parts.fingerprint)
    check_covers("sparse_hessian", parts.pattern, sparsity_of_hessian(place));
  Tape& tape = tape_of(x, "sparse_hessian");
  const Seed seed{y};
  const auto multiply = [&](std::span<const double> directions, std::span<double> products) {
    tape.hessian_vector_products(std::span(&seed, 1), x, directions, products);
  };
  read_entries(parts.compression, hessian_directions, x.size(), hessian, multiply);
  return hessian;
}

SparseDerivative sparse_hessian(Value y, std::span<const Value> x) {
  const HessianPlan plan(y, x);
  return {sparse_hessian(y, x, plan), plan.colors(), plan.sweeps()};
}

}  // namespace tapegrad

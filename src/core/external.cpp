// What a user's operation does where it says nothing of its own.

#include "tapegrad/core/external.hpp"

#include <fmt/format.h>

#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

External::~External() = default;

void External::push_forward(std::span<const double> operands,
                            std::span<const double> operand_tangents,
                            std::span<double> result_tangents) const {
  std::vector<double> seeds(result_tangents.size());
  std::vector<double> row(operands.size());  // of the Jacobian
  for (std::size_t j = 0; j < seeds.size(); ++j) {
    seeds.assign(seeds.size(), 0);
    seeds[j] = 1;
    row.assign(row.size(), 0);
    pull_back(operands, seeds, row);
    for (std::size_t k = 0; k < row.size(); ++k)
      result_tangents[j] += rule::Chain::value(operand_tangents[k], row[k]);
  }
}

void External::pull_back_derivative(std::span<const double>, std::span<const double>,
                                    std::span<const double>, std::span<double>) const {
  throw UnsupportedError(fmt::format(
      "{}: this operation has no second derivatives; override External::pull_back_derivative",
      name()));
}

}  // namespace tapegrad

#include "sweep.hpp"

#include <algorithm>

#include "environment.hpp"

namespace tapegrad {

bool plain_sweep_wanted() {
#if defined(__OPTIMIZE__)
  constexpr bool always = false;
#else
  constexpr bool always = true;
#endif
  return is_switched_on("TAPEGRAD_PLAIN_SWEEP") || always;
}

std::size_t result_count(const Recording& recording, std::size_t node, std::size_t rows) {
  std::size_t next = node + 1;
  while (next < rows && recording.op(next) == Op::Result && recording.row(next).a == node) ++next;
  return next - node - 1;
}

const External& operation_of(const Recording& recording, const Externals& externals,
                             std::size_t node) {
  return *externals[static_cast<std::size_t>(recording.value(node))];
}

std::vector<double> external_operands(const Recording& recording, std::size_t node) {
  const auto operands = recording.side_operands(recording.row(node));
  const auto constants = recording.side_partials(recording.row(node));
  std::vector<double> values(operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k)
    values[k] = operands[k] == 0 ? constants[k] : recording.value(operands[k]);
  return values;
}

void ask_external(const Recording& recording, const External& operation, std::span<double> adjoints,
                  std::size_t node) {
  const std::span<const double> result_adjoints =
      adjoints.subspan(node + 1, result_count(recording, node, adjoints.size()));
  if (std::ranges::all_of(result_adjoints, [](double a) { return a == 0; })) return;

  const auto operands = recording.side_operands(recording.row(node));
  std::vector<double> operand_adjoints(operands.size());
  operation.pull_back(external_operands(recording, node), result_adjoints, operand_adjoints);
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (operands[k] != 0) adjoints[operands[k]] += operand_adjoints[k];
}

void sweep_external(const Recording& recording, const Externals& externals,
                    std::span<double> adjoints, std::size_t node) {
  ask_external(recording, operation_of(recording, externals, node), adjoints, node);
}

}  // namespace tapegrad

#include "sweep.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
namespace tapegrad {
namespace {

bool plain_sweep_wanted() {
#if !defined(__OPTIMIZE__)
  return true;
#else
  const char* const setting = std::getenv("TAPEGRAD_PLAIN_SWEEP");
  return setting != nullptr && std::string_view(setting) == "1";
#endif
}

}  // namespace

void sweep_external(const Recording& recording, const Externals& externals,
                    std::span<double> adjoints, std::size_t node) {
  std::size_t results = 0;
  while (node + results + 1 < adjoints.size() && recording.op(node + results + 1) == Op::Result &&
         recording.row(node + results + 1).a == node)
    ++results;
  const std::span<const double> result_adjoints = adjoints.subspan(node + 1, results);
  if (std::all_of(result_adjoints.begin(), result_adjoints.end(), [](double a) { return a == 0; }))
    return;

  const auto operands = recording.side_operands(recording.row(node));
  const auto constants = recording.side_partials(recording.row(node));
  std::vector<double> values(operands.size());
  std::vector<double> operand_adjoints(operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k)
    values[k] = operands[k] == 0 ? constants[k] : recording.value(operands[k]);

  // Held here: a callback that ends a Mark may take the node, and its operation, off the tape.
  const std::shared_ptr<const External> operation =
      externals[static_cast<std::size_t>(recording.value(node))];
  operation->pull_back(values, result_adjoints, operand_adjoints);
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (operands[k] != 0) adjoints[operands[k]] += operand_adjoints[k];
}

void run_sweep(const Recording& recording, const Externals& externals, std::span<double> adjoints,
               std::size_t last) {
  static const bool plain = plain_sweep_wanted();
  (plain ? sweep_plain : sweep_fast)(recording, externals, adjoints, last);
}

}  // namespace tapegrad

#include "recomputed.hpp"

#include <fmt/format.h>

#include "core/same_number.hpp"

namespace tapegrad {

std::string to_string(const Recomputed& function) {
  std::string text(function.kind);
  if (function.name != function.kind) text += fmt::format(" '{}'", function.name);
  if (function.step) text += fmt::format(": step {}", *function.step);
  return text;
}

std::vector<Value> recorded_inputs(std::span<const Value> inputs, std::string_view operation) {
  std::vector<Value> taken(inputs.begin(), inputs.end());
  for (Value& x : taken)
    if (!active_recording->admits(x, operation)) x = x.value();
  return taken;
}

void throw_captured(const Recomputed& function, const StaleValueError& error) {
  throw StaleValueError(
      fmt::format("{}: the function computes with a Value that it captured, which has to be passed "
                  "as an input ({})",
                  to_string(function), error.what()));
}

void check_results(const Recomputed& function, std::span<const Value> results,
                   const Tape& scratch) {
  for (std::size_t k = 0; k < results.size(); ++k) {
    if (results[k].is_constant() || scratch.holds(results[k])) continue;
    throw StaleValueError(
        fmt::format("{}: result {} is the value {} (node {}), which the function captured and "
                    "which has to be passed as an input",
                    to_string(function), k, results[k].value(), results[k].node()));
  }
}

void check_repeated(const Recomputed& function, std::span<const Value> results,
                    std::span<const double> before) {
  if (results.size() != before.size())
    throw UnsupportedError(fmt::format(
        "{}: {} results now, and {} when it ran before; it must compute the same each time",
        to_string(function), results.size(), before.size()));
  for (std::size_t k = 0; k < before.size(); ++k) {
    if (has_same_bits(results[k].value(), before[k])) continue;
    throw UnsupportedError(fmt::format(
        "{}: result {} is {} now, and was {} when it ran before; it must compute the same each "
        "time",
        to_string(function), k, results[k].value(), before[k]));
  }
}

}  // namespace tapegrad

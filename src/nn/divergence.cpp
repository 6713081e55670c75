#include "nn/divergence.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

#include "inspect/wording.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {
namespace {

std::string text_of(double number) {  // a NaN has a sign, which says nothing
  return std::isnan(number) ? "nan" : fmt::format("{}", number);
}

// What is not finite: the loss, or else a derivative of it.
std::string fault_of(Tape& tape, Value loss, std::span<const Value> parameters) {
  if (!std::isfinite(loss.value())) return "the loss is " + text_of(loss.value());
  if (loss.is_constant()) return {};
  tape.backward(loss);
  for (const Value parameter : parameters)
    if (!std::isfinite(tape.adjoint(parameter)))
      return fmt::format("the derivative by {} is {}", tape.name(parameter),
                         text_of(tape.adjoint(parameter)));
  return {};
}

}  // namespace

std::optional<BadSample> DivergenceSearch::run(std::span<const double> rows) const {
  Tape tape;
  const std::vector<Value> parameters = network.variables(tape);  // they have names
  for (std::size_t p = 0; p * sizes.row() < rows.size(); ++p) {
    const Mark sample = tape.mark();
    const std::span<const double> numbers = rows.subspan(p * sizes.row(), sizes.row());
    const std::vector<Value> row(numbers.begin(), numbers.end());
    const Value value = loss(parameters, sizes.parts(row));
    std::string fault = fault_of(tape, value, parameters);
    if (fault.empty()) continue;
    if (!explain || value.is_constant()) return BadSample{p, std::move(fault), ""};
    return BadSample{p, std::move(fault), "\n" + without_last_end(explain(tape.node(value)))};
  }
  return std::nullopt;
}

}  // namespace tapegrad

#include "tapegrad/program/program.hpp"

#include <fmt/format.h>

#include <utility>

#include "builder.hpp"
#include "ops/at_operands.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

Program::Program() : data_(std::make_shared<Data>()) {}

Program::Program(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

std::size_t Program::input_count() const { return data_->input_names.size(); }
std::span<const Instruction> Program::instructions() const { return data_->instructions; }
std::span<const Ref> Program::operands(const Instruction& instruction) const {
  return data_->operands_of(instruction);
}
std::span<const double> Program::constants() const { return data_->constants; }
std::span<const Ref> Program::outputs() const { return data_->outputs; }
std::span<const Guard> Program::guards() const { return data_->guards; }

std::string Program::input_name(std::size_t input) const {
  const std::string& name = data_->input_names.at(input);
  return name.empty() ? fmt::format("x[{}]", input) : name;
}

std::string Program::output_name(std::size_t output) const {
  const std::string& name = data_->output_names.at(output);
  return name.empty() ? fmt::format("y[{}]", output) : name;
}

void Program::run(std::span<const double> inputs, std::span<double> outputs) const {
  if (inputs.size() != input_count())
    throw ShapeError(fmt::format("Program::run: {} numbers for {} inputs; pass one for each",
                                 inputs.size(), input_count()));
  if (outputs.size() != output_count())
    throw ShapeError(fmt::format("Program::run: room for {} outputs; the program has {}",
                                 outputs.size(), output_count()));
  std::vector<double> results(inputs.begin(), inputs.end());
  results.reserve(input_count() + instructions().size());
  const auto value = [&](Ref ref) {
    return ref.is_constant() ? constants()[ref.index()] : results[ref.index()];
  };
  std::vector<double> x;
  for (const Instruction& instruction : instructions()) {
    x.clear();
    for (const Ref operand : operands(instruction)) x.push_back(value(operand));
    results.push_back(with_rule(
        instruction.op, [&]<class Rule>() { return value_at<Rule>(std::span<const double>(x)); }));
  }
  for (const Guard& guard : guards())
    if ((value(guard.condition) != 0) != guard.held) throw_guard(*this, guard);
  for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k] = value(this->outputs()[k]);
}

std::vector<double> Program::run(std::span<const double> inputs) const {
  std::vector<double> found(output_count());
  run(inputs, found);
  return found;
}

}  // namespace tapegrad

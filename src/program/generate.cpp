#include "tapegrad/program/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

#include "helper_functions.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad {
namespace {

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  return !name.empty() && (is_letter(name[0]) || name[0] == '_') &&
         std::ranges::all_of(name, [&](char c) {
           return is_letter(c) || c == '_' || std::isdigit(static_cast<unsigned char>(c)) != 0;
         });
}

// So that it reads back as the same double, and never as an int.
std::string literal(double x) {
  if (std::isnan(x)) return "NAN";
  if (std::isinf(x)) return x > 0 ? "INFINITY" : "-INFINITY";
  std::string text = fmt::format("{}", x);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string_view infix(Op op) {
  switch (op) {
    case Op::Add:
      return "+";
    case Op::Sub:
      return "-";
    case Op::Mul:
      return "*";
    case Op::Div:
      return "/";
    default:
      return {};
  }
}

class Generator {
 public:
  Generator(const Program& program, const GenerateOptions& options)
      : program_(program), options_(options), inputs_(program.input_count()) {}

  std::string text() {
    const std::size_t count = program_.instructions().size();
    const bool in_parts = count > options_.instructions_per_function;
    for (const Instruction& instruction : program_.instructions())
      if (infix(instruction.op).empty() && instruction.op != Op::Neg)
        helpers_.insert(instruction.op);
    std::string text = opening();
    text += helper_functions(helpers_);
    if (in_parts) text += parts();
    text += fmt::format("bool {}(const double* inputs, double* outputs) {{\n", options_.function);
    if (in_parts)
      text += fmt::format("  static thread_local double v[{}];\n", count) + calls_;
    else
      text += body(0, count);
    text += guards();
    text += outputs();
    return text + "  return true;\n}\n";
  }

 private:
  std::string opening() const {
    std::string text =
        "// Written by tapegrad. With -ffp-contract=off it computes what was recorded, to the last "
        "bit.\n//\n";
    for (std::size_t i = 0; i < inputs_; ++i)
      text += fmt::format("// inputs[{}]   {}\n", i, program_.input_name(i));
    for (std::size_t k = 0; k < program_.output_count(); ++k)
      text += fmt::format("// outputs[{}]  {}\n", k, program_.output_name(k));
    return text + "#include <cmath>\n\n";
  }

  std::string name(Ref ref) const {
    if (ref.is_constant()) return literal(program_.constants()[ref.index()]);
    if (ref.index() < inputs_) return fmt::format("inputs[{}]", ref.index());
    const std::size_t k = ref.index() - inputs_;
    return in_array_ ? fmt::format("v[{}]", k) : fmt::format("v{}", k);
  }

  std::string operand(Ref ref) const {
    const std::string text = name(ref);
    return text[0] == '-' ? fmt::format("({})", text) : text;
  }

  std::string expression(const Instruction& instruction) const {
    const std::span<const Ref> x = program_.operands(instruction);
    if (instruction.op == Op::Neg) return "-" + operand(x[0]);
    if (const std::string_view sign = infix(instruction.op); !sign.empty())
      return fmt::format("{} {} {}", operand(x[0]), sign, operand(x[1]));
    std::string list;
    for (const Ref one : x) list += (list.empty() ? "" : ", ") + name(one);
    if (instruction.op == Op::Select)  // a condition, and not a number
      list.insert(name(x[0]).size(), " != 0.0");
    return fmt::format("{}({})", helper_name(instruction.op), list);
  }

  std::string body(std::size_t first, std::size_t last) const {
    std::string text;
    for (std::size_t k = first; k < last; ++k) {
      const std::string to = name(Ref::result(inputs_ + k));
      text += fmt::format("  {}{} = {};\n", in_array_ ? "" : "const double ", to,
                          expression(program_.instructions()[k]));
    }
    return text;
  }

  std::string parts() {
    in_array_ = true;
    const std::size_t count = program_.instructions().size();
    std::string text = "namespace {\n\n";
    for (std::size_t first = 0; first < count; first += options_.instructions_per_function) {
      const std::size_t last = std::min(count, first + options_.instructions_per_function);
      const std::string part = fmt::format("part_{}", first / options_.instructions_per_function);
      text += fmt::format("void {}([[maybe_unused]] const double* inputs, double* v) {{\n{}}}\n\n",
                          part, body(first, last));
      calls_ += fmt::format("  {}(inputs, v);\n", part);
    }
    return text + "}  // namespace\n\n";
  }

  std::string guards() const {
    std::string text;
    for (const Guard& guard : program_.guards())
      text += fmt::format("  if ({} {} 0.0) return false;  // {}\n", name(guard.condition),
                          guard.held ? "==" : "!=", to_string(program_, guard));
    return text;
  }

  std::string outputs() const {
    std::string text;
    for (std::size_t k = 0; k < program_.output_count(); ++k)
      text += fmt::format("  outputs[{}] = {};  // {}\n", k, name(program_.outputs()[k]),
                          program_.output_name(k));
    return text;
  }

  const Program& program_;
  const GenerateOptions& options_;
  std::size_t inputs_;
  std::set<Op> helpers_;
  bool in_array_ = false;
  std::string calls_;
};

}  // namespace

std::string generate_cpp(const Program& program, const GenerateOptions& options) {
  if (!is_identifier(options.function))
    throw ArgumentError(
        fmt::format("generate_cpp: '{}' is no name for a function", options.function));
  if (options.instructions_per_function == 0)
    throw ArgumentError("generate_cpp: a function needs room for an instruction");
  const Program expanded = remove_dead_code(expand(program));
  return Generator(expanded, options).text();
}

}  // namespace tapegrad

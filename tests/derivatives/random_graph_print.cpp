// Random programs as C++, and what is said of one that fails.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "random_graph.hpp"

namespace tapegrad::testing {
namespace {

std::string_view function_name(Op op) {
  switch (op) {
#define TAPEGRAD_CASE(Rule, function) \
  case Op::Rule:                      \
    return #function;
    TAPEGRAD_RULES(TAPEGRAD_CASE)
#undef TAPEGRAD_CASE
    default:
      return "";
  }
}

std::string_view operator_of(Op op) {
  if (op == Op::Add) return "+";
  if (op == Op::Sub) return "-";
  if (op == Op::Mul) return "*";
  if (op == Op::Div) return "/";
  return "";
}

// All its digits, and a point, so that it is no integer in C++.
std::string number(double x) {
  if (std::isnan(x)) return "NAN";
  if (std::isinf(x)) return x > 0 ? "INFINITY" : "-INFINITY";
  const std::string digits = fmt::format("{}", x);
  return digits.find_first_of(".e") == std::string::npos ? digits + ".0" : digits;
}

class Printer {
 public:
  explicit Printer(const Program& program) : program_(program) {}

  std::string name(std::size_t place) const {
    const std::size_t n = program_.point.size();
    return place < n ? fmt::format("x{}", place) : fmt::format("y{}", place - n);
  }

  std::string statement(std::size_t index) const {
    const Instruction& step = program_.instructions[index];
    const std::string result = name(program_.place_of(index));
    if (!step.in_place) return fmt::format("const Value {} = {};", result, expression(step));
    const Source& a = step.operands[0];
    const Source& b = step.operands[1];
    const bool is_alias = !a.is_constant() && a.place == b.place;
    const std::string other = is_alias ? result : operand(step, b);
    return fmt::format("Value {0} = {1};\n  {0} {2}= {3};", result, operand(step, a),
                       operator_of(step.op), other);
  }

 private:
  std::string operand(const Instruction& step, const Source& source) const {
    if (!source.is_constant()) return name(source.place);
    const bool all = std::ranges::all_of(step.operands, &Source::is_constant);
    return step.plain_constants && !all ? number(source.constant)
                                        : fmt::format("Value({})", number(source.constant));
  }

  std::string list(const Instruction& step, std::size_t from, std::size_t to) const {
    std::string text;
    for (std::size_t k = from; k < to; ++k)
      text += (k > from ? ", " : "") + operand(step, step.operands[k]);
    return text;
  }
  std::string span(const Instruction& step, std::size_t from, std::size_t to) const {
    return "std::vector<Value>{" + list(step, from, to) + "}";
  }

  // Where the user's function takes something other than all operands as Values.
  std::string expression(const Instruction& step) const {
    const std::size_t n = step.operands.size();
    const std::string_view function = function_name(step.op);
    if (!operator_of(step.op).empty())
      return fmt::format("{} {} {}", operand(step, step.operands[0]), operator_of(step.op),
                         operand(step, step.operands[1]));
    if (step.op == Op::Neg) return "-" + operand(step, step.operands[0]);
    if (step.op == Op::Select)
      return fmt::format("select(Condition({}), {})", operand(step, step.operands[0]),
                         list(step, 1, n));
    if (step.op == Op::Polygamma)
      return fmt::format("polygamma({}, {})", static_cast<int>(step.operands[0].constant),
                         list(step, 1, n));
    if (step.op == Op::Dot)
      return fmt::format("dot({}, {})", span(step, 0, n / 2), span(step, n / 2, n));
    if (step.op == Op::WeightedSum)
      return fmt::format("weighted_sum({}, {}, {})", span(step, 0, n / 2), span(step, n / 2, n - 1),
                         list(step, n - 1, n));
    if (info(step.op).arity == variadic) return fmt::format("{}({})", function, span(step, 0, n));
    const bool compares = step.op >= Op::Less && step.op <= Op::NotEqual;
    return fmt::format("{}({}){}", function, list(step, 0, n), compares ? ".indicator()" : "");
  }

  const Program& program_;
};

}  // namespace

std::string print_program(const Program& program) {
  const Printer printer(program);
  std::string text =
      "#include <fmt/core.h>\n\n#include <cmath>\n#include <tapegrad/tapegrad.hpp>\n#include "
      "<vector>\n\n"
      "using namespace tapegrad;\n\nint main() {\n  Tape tape;\n";
  for (std::size_t i = 0; i < program.point.size(); ++i)
    text += fmt::format("  const Value {} = tape.variable({});\n", printer.name(i),
                        number(program.point[i]));
  for (std::size_t step = 0; step < program.instructions.size(); ++step)
    text += fmt::format("  {}\n", printer.statement(step));
  const std::string y = printer.name(program.places() - 1);
  text +=
      fmt::format("  tape.backward({0});\n  fmt::print(\"{0} = {{:.17g}}\\n\", {0}.value());\n", y);
  for (std::size_t i = 0; i < program.point.size(); ++i)
    text += fmt::format("  fmt::print(\"d{0}/d{1} = {{:.17g}}\\n\", {1}.grad());\n", y,
                        printer.name(i));
  return text + "}\n";
}

std::string to_string(const Disagreement& disagreement, const Program& program) {
  const Printer printer(program);
  const std::size_t place = program.place_of(disagreement.instruction);
  return fmt::format("{} differ by {}, first at {}, {} = {:.17g}: {:.17g} and {:.17g}",
                     disagreement.what, printer.name(disagreement.input),
                     info(program.instructions[disagreement.instruction].op).name,
                     printer.name(place), evaluate<double>(program, program.point)[place],
                     disagreement.found, disagreement.expected);
}

std::string report(std::uint64_t seed, const Program& program, const Disagreement& disagreement,
                   const Comparison& comparison) {
  Tape tape(Tape::inactive);
  const auto fails = [&](const Program& candidate) {
    const auto found = find_disagreement(candidate, tape, comparison);
    return found && found->what == disagreement.what;
  };
  const Program least = shrink(program, fails);
  const auto of_least = find_disagreement(least, tape, comparison);
  return fmt::format(
      "random program {0} of {1} instructions: {2}\n"
      "again: TAPEGRAD_RANDOM_SEED={0} TAPEGRAD_RANDOM_GRAPHS=1 derivatives_tests\n"
      "shrunk to {3}: {4}\n\n{5}",
      seed, program.instructions.size(), to_string(disagreement, program),
      least.instructions.size(), of_least ? to_string(*of_least, least) : "", print_program(least));
}

}  // namespace tapegrad::testing

// What the stepping commands say: a step as the chain rule, where the cursor stands, why it
// stopped.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formula.hpp"
#include "session_state.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

// Most lines of a kind in one answer.
constexpr std::size_t most_lines = 100;

// What the partial is, where it is more than a number: "∂/∂x = 1 - y * y". The command node has
// also the formulas that are too long to stand beside a line.
std::string formula_of(const Contribution& contribution) {
  const OperandFormula formula = operand_formula(contribution.from, contribution.operand);
  if (formula.partial.empty() || formula.partial == number(contribution.partial)) return "";
  return fmt::format("   ∂/∂{} = {}", formula.name, formula.partial);
}

// Lines of two parts, the second ones below each other.
std::string two_columns(const std::vector<std::string>& left,
                        const std::vector<std::string>& right) {
  std::size_t widest = 0;
  for (const std::string& each : left) widest = std::max(widest, width(each));
  std::string text;
  for (std::size_t k = 0; k < left.size(); ++k) {
    text += "  " + left[k];
    if (!right[k].empty()) text += std::string(widest - width(left[k]), ' ') + right[k];
    text += '\n';
  }
  return text;
}

std::string contribution_lines(const std::vector<Contribution>& all) {
  const std::size_t shown = std::min(all.size(), most_lines);
  std::vector<std::string> lines, formulas;
  for (std::size_t k = 0; k < shown; ++k) {
    lines.push_back(to_string(all[k]));
    formulas.push_back(formula_of(all[k]));
  }
  std::string text = two_columns(lines, formulas);
  if (all.size() > shown) text += fmt::format("  ... and {} more operands\n", all.size() - shown);
  return text;
}

}  // namespace

std::string step_lines(const Stepper& stepper) {
  const Node node = *stepper.swept();
  std::string text =
      fmt::format("step {}: {}{}\n", stepper.steps(), plain_line(node), place_text(node));
  if (const std::string source = source_text(node); !source.empty()) text += "  " + source + '\n';
  return text + contribution_lines(stepper.contributions());
}

std::string end_lines(const Stepper& stepper) {
  std::string text = fmt::format("the sweep of {} is at its end after {}; the variables:\n",
                                 label(stepper.output()), counted(stepper.steps(), "step"));
  std::vector<std::string> lines, adjoints;
  std::size_t more = 0;
  for (const Node node : stepper.output().tape().nodes()) {
    if (!node.is_leaf()) continue;
    if (lines.size() < most_lines) {
      lines.push_back(plain_line(node));
      adjoints.push_back("  adjoint " + number(stepper.adjoint(node)));
    } else {
      ++more;
    }
  }
  text += two_columns(lines, adjoints);
  if (more > 0) text += fmt::format("  ... and {} more\n", more);
  return text;
}

std::string cursor_lines(const Stepper& stepper) {
  const std::optional<Node> node = stepper.cursor();
  if (!node.has_value()) return end_lines(stepper);
  std::string text = "at " + plain_line(*node);
  if (node->op() != Op::External) text += "  adjoint " + number(stepper.adjoint(*node));
  text += place_text(*node) + '\n';
  if (const std::string source = source_text(*node); !source.empty()) text += "  " + source + '\n';
  return text;
}

std::string stop_lines(const Stepper& stepper, const Stop& stop) {
  switch (stop.reason) {
    case Stop::Reason::end:
    case Stop::Reason::steps:
    case Stop::Reason::arrived:
      return cursor_lines(stepper);
    case Stop::Reason::breakpoint:
      return stop.text + ": " + cursor_lines(stepper);
    case Stop::Reason::watch:
    case Stop::Reason::non_finite:
      break;
  }
  return step_lines(stepper) + stop.text;
}

}  // namespace tapegrad

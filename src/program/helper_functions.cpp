#include "helper_functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>
#include <vector>

#include "gamma_functions.hpp"
#include "ops/at_operands.hpp"
#include "tapegrad/ops/text.hpp"

namespace tapegrad {
namespace {

// Those that no formula says in C++: select() takes a condition, and not a number; max() and min()
// let a NaN win, unlike std's; std::lgamma writes to a global.
bool has_own_text(Op op) {
  return op == Op::Select || op == Op::Max || op == Op::Min || op == Op::Lgamma;
}

bool needs_gamma_functions(Op op) { return op == Op::Digamma || op == Op::Polygamma; }

std::string operand_name(Op op, std::size_t k) { return op_text(op).operands[k]; }

struct Formula {
  std::string text;  // whole; that of the op table gives way to the name where it is long
  bool is_call;      // nothing but the function's own name: C++ has it, with the same meaning
};

Formula formula(Op op) {
  std::vector<Text> x;
  for (const char* name : op_text(op).operands) x.push_back(Text::name(name));
  const std::span<const Text> operands(x);
  return with_rule(op, [&]<class Rule>() -> Formula {
    const std::string text = value_at<Rule>(operands).str();
    return {text, text == Text::apply<Rule>(operands).str()};
  });
}

// Is the word there, followed by what? Names of functions and constants are whole words.
bool uses(const std::string& text, const std::string& word) {
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

class Helpers {
 public:
  // What a definition uses is defined before it.
  void add(Op op) {
    if (!added_.insert(op).second) return;
    if (has_own_text(op)) return add_own(op);
    if (needs_gamma_functions(op)) return add_gamma(op);
    const Formula value = formula(op);
    if (value.is_call) {
      usings_ += fmt::format("using std::{};\n", helper_name(op));
      return;
    }
    for_each_rule([&]<class Rule>() {
      if (op_of<Rule> != op && uses(value.text, helper_name(op_of<Rule>))) add(op_of<Rule>);
    });
    for (const Constant& constant : rule::constants)
      if (uses(value.text, constant.name)) add(constant);
    std::string parameters;
    for (std::size_t k = 0; k < op_text(op).operands.size(); ++k)
      parameters += fmt::format("{}double {}", k == 0 ? "" : ", ", operand_name(op, k));
    define(helper_name(op), parameters, value.text);
  }

  std::string text() const {
    if (definitions_.empty()) return usings_;
    const std::string usings = usings_.empty() ? "" : usings_ + "\n";
    return "namespace {\n\n" + usings + definitions_ + "}  // namespace\n";
  }

 private:
  void define(const std::string& name, const std::string& parameters, const std::string& result) {
    definitions_ += fmt::format("double {}({}) {{ return {}; }}\n\n", name, parameters, result);
  }

  void add_own(Op op) {
    if (op == Op::Select)
      define("select", "bool condition, double a, double b", "condition ? a : b");
    if (op == Op::Max)
      define("max", "double a, double b", "a != a ? a : b != b ? b : a > b ? a : b");
    if (op == Op::Min)
      define("min", "double a, double b", "a != a ? a : b != b ? b : a < b ? a : b");
    if (op == Op::Lgamma)
      definitions_ +=
          "double ln_gamma(double x) {\n  int sign = 0;\n  return ::lgamma_r(x, &sign);\n}\n\n";
  }

  void add_gamma(Op op) {
    if (!std::exchange(has_gamma_, true)) definitions_ += fmt::format("{}\n", gamma_functions);
    if (op == Op::Digamma) define("digamma", "double x", "digamma_of(x)");
    if (op == Op::Polygamma) define("polygamma", "double n, double x", "polygamma_of(n, x)");
  }

  void add(const Constant& constant) {
    if (!constants_.insert(constant.name).second) return;
    const double value = static_cast<double>(constant.value);
    definitions_ += fmt::format("constexpr double {} = {};\n\n", constant.name,
                                std::isnan(value) ? "NAN" : fmt::format("{:.17g}", value));
  }

  std::set<Op> added_;
  std::set<std::string> constants_;
  bool has_gamma_ = false;
  std::string usings_;
  std::string definitions_;
};

}  // namespace

std::string helper_name(Op op) {
  if (op == Op::Lgamma) return "ln_gamma";  // in a file of its own lgamma would be ambiguous
  for (const auto& [rule_op, function] : {
#define TAPEGRAD_NAME(Rule, function) std::pair{Op::Rule, #function},
           TAPEGRAD_RULES(TAPEGRAD_NAME)
#undef TAPEGRAD_NAME
       })
    if (rule_op == op) return function;
  return {};
}

std::string helper_headers(const std::set<Op>& operations) {
  return std::ranges::any_of(operations, needs_gamma_functions)
             ? "#include <array>\n#include <cmath>\n#include <limits>\n"
             : "#include <cmath>\n";
}

std::string helper_functions(const std::set<Op>& operations) {
  Helpers helpers;
  for (const Op op : operations) helpers.add(op);
  return helpers.text();
}

}  // namespace tapegrad

#include "tapegrad/ops/text.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace tapegrad;

namespace {

const Text a = Text::name("a"), b = Text::name("b"), c = Text::name("c");

}  // namespace

TEST_CASE("sums and products keep only the parentheses that their grouping needs") {
  CHECK((a + b + c).str() == "a + b + c");
  CHECK((a - b - c).str() == "a - b - c");
  CHECK((a - b + c).str() == "a - b + c");
  CHECK((a * b * c).str() == "a * b * c");
  CHECK((a / b / c).str() == "a / b / c");
  CHECK((a / b * c).str() == "a / b * c");
  CHECK((a * b + c).str() == "a * b + c");
  CHECK((a + b * c).str() == "a + b * c");
  CHECK((a - b / c).str() == "a - b / c");
  CHECK(((a + b) * c).str() == "(a + b) * c");
  CHECK((a * (b - c)).str() == "a * (b - c)");
  CHECK((a - (b - c)).str() == "a - (b - c)");
  CHECK((a - (b + c)).str() == "a - (b + c)");
  CHECK((a / (b * c)).str() == "a / (b * c)");
  CHECK((a / (b / c)).str() == "a / (b / c)");
}

TEST_CASE("a right side of equal rank keeps its parentheses, as it rounds differently") {
  // 1e-17 + (1 - 1) is not 1e-17 + 1 - 1.
  CHECK((a + (b + c)).str() == "a + (b + c)");
  CHECK((a + (b - c)).str() == "a + (b - c)");
  CHECK((a * (b * c)).str() == "a * (b * c)");
  CHECK((a * (b / c)).str() == "a * (b / c)");
  CHECK((a + exp(b - c)).str() == "a + exp(b - c)");
  CHECK((a + (b - c) * a).str() == "a + (b - c) * a");
}

TEST_CASE("a sign binds tighter than a product and never meets another") {
  CHECK((-a).str() == "-a");
  CHECK((-(a + b)).str() == "-(a + b)");
  CHECK((-(a * b)).str() == "-(a * b)");
  CHECK((-a * b).str() == "-a * b");
  CHECK((-a - b).str() == "-a - b");
  CHECK((a - -b).str() == "a - -b");
  CHECK((a * -b).str() == "a * -b");
  CHECK((-exp(a)).str() == "-exp(a)");
  CHECK((-(-a)).str() == "-(-a)");
  CHECK((-Text(-2)).str() == "-(-2)");
}

TEST_CASE("numbers are written in C++") {
  CHECK(Text(1).str() == "1");
  CHECK(Text(-1).str() == "-1");
  CHECK(Text(0.5).str() == "0.5");
  CHECK(Text(0.1).str() == "0.1");
  CHECK(Text(1e-300).str() == "1e-300");
  CHECK(Text(std::numeric_limits<double>::quiet_NaN()).str() == "nan");
  CHECK(Text(rule::ln_2).str() == "ln_2");
  CHECK((a - -1).str() == "a - -1");
  CHECK((2 * a + 1).str() == "2 * a + 1");
}

TEST_CASE("comparisons and calls take expressions without parentheses") {
  CHECK(select(a + b > c * a, a - b, -c).str() == "select(a + b > c * a, a - b, -c)");
  CHECK((a < b).str() == "a < b");
  CHECK((a <= b).str() == "a <= b");
  CHECK((a > b).str() == "a > b");
  CHECK((a >= b).str() == "a >= b");
  CHECK((a == b).str() == "a == b");
  CHECK((a != b).str() == "a != b");
  CHECK(((a < b) == c).str() == "(a < b) == c");
  CHECK(((a < b) * c).str() == "(a < b) * c");
  CHECK(fma(a, b + c, hypot(a, b)).str() == "fma(a, b + c, hypot(a, b))");
  CHECK((1 / sqrt(a)).str() == "1 / sqrt(a)");
}

TEST_CASE("op_text shows the formulas that the rules compute") {
  struct Row {
    Op op;
    std::string_view value;
    std::vector<std::string> partials;
  };
  for (const Row& row : {
           Row{Op::Sub, "a - b", {"1", "-1"}},
           Row{Op::Mul, "a * b", {"b", "a"}},
           Row{Op::Div, "a / b", {"1 / b", "-y / b"}},
           Row{Op::Neg, "-x", {"-1"}},
           Row{Op::Chain, "select(adjoint == 0, 0, adjoint * partial)", {"partial", "adjoint"}},
           Row{Op::Cbrt, "cbrt(x)", {"1 / (3 * y * y)"}},
           Row{Op::Fmod, "fmod(a, b)", {"1", "-round((a - y) / b)"}},
           Row{Op::Less, "select(a < b, 1, 0)", {"0", "0"}},
           Row{Op::Select,
               "select(condition != 0, a, b)",
               {"0", "select(condition != 0, 1, 0)", "1 - select(condition != 0, 1, 0)"}},
           Row{Op::Asin, "asin(x)", {"1 / sqrt((1 - x) * (1 + x))"}},
           Row{Op::Tanh, "tanh(x)", {"1 - y * y"}},
           Row{Op::Sigmoid, "1 / (1 + exp(-x))", {"y * (1 - y)"}},
           Row{Op::Softplus, "select(x > 0, x, 0) + log1p(exp(-abs(x)))", {"sigmoid(x)"}},
           Row{Op::Erf, "erf(x)", {"two_over_sqrt_pi * exp(-x * x)"}},
           Row{Op::Exp2, "exp2(x)", {"y * ln_2"}},
           Row{Op::Sum, "x[0] + x[1] + x[2]", {"1", "1", "1"}},
           Row{Op::Dot, "a[0] * b[0] + a[1] * b[1]", {"b[0]", "b[1]", "a[0]", "a[1]"}},
           Row{Op::WeightedSum,
               "w[0] * x[0] + w[1] * x[1] + b",
               {"x[0]", "x[1]", "w[0]", "w[1]", "1"}},
       }) {
    const OpText& text = op_text(row.op);
    CAPTURE(text.name);
    CHECK(text.value == row.value);
    CHECK(std::vector<std::string>(text.partials.begin(), text.partials.end()) == row.partials);
  }
}

TEST_CASE("a formula longer than a line is named, not written out") {
  CHECK(op_text(Op::LogSumExp).value == std::string_view("log_sum_exp(x[0], x[1], x[2])"));
  CHECK(op_text(Op::Norm).value == std::string_view("norm(x[0], x[1], x[2])"));
}

TEST_CASE("every rule has its name, a formula, and for each operand a name and a partial") {
  for_each_rule([]<class Rule>() {
    const OpText& text = op_text(op_of<Rule>);
    CAPTURE(Rule::info.name);
    CHECK(text.name == Rule::info.name);
    CHECK(std::string_view(text.value) != "");
    CHECK(text.partials.size() == text.operands.size());
    if (Rule::info.arity != variadic)
      CHECK(text.operands.size() == static_cast<std::size_t>(Rule::info.arity));
    for (std::string_view operand : text.operands) CHECK(operand != "");
    for (std::string_view partial : text.partials) {
      CAPTURE(std::string(partial));
      CHECK(partial != "");
      // A rule that computes with an infinity of its own would show it here.
      CHECK(partial.find("inf") == std::string_view::npos);
      if (op_of<Rule> != Op::Polygamma) CHECK(partial.find("nan") == std::string_view::npos);
    }
    CHECK(std::string_view(text.value).find("inf") == std::string_view::npos);
    CHECK(std::string_view(text.value).find("nan") == std::string_view::npos);
  });
}

TEST_CASE("an operation without a rule has its name only") {
  for (Op op : {Op::Leaf, Op::External, Op::Result}) {
    CHECK(op_text(op).name == info(op).name);
    CHECK(op_text(op).value == std::string_view());
    CHECK(op_text(op).partials.empty());
    CHECK(op_text(op).operands.empty());
  }
}

// What each pass makes of a program, as text.

#include "tapegrad/program/passes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/kernels.hpp"
#include "bench/straight_line.hpp"
#include "program/rewrite.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"

using namespace tapegrad;

namespace {

using Numbers = std::vector<double>;
using X = std::span<const Value>;

// The instructions and outputs after a pass, without the line of inputs.
template <class F> std::string after(Program (*pass)(const Program&), F&& f, std::size_t inputs) {
  const std::string text = to_string(pass(compile(f, Numbers(inputs, 0.5))));
  return text.substr(text.find('\n') + 1);
}

// What share_common_subexpressions() is to do, said plainly.
Program shared_by_map(const Program& program) {
  std::map<std::pair<Op, std::vector<Ref>>, Ref> there;
  return rewritten(program, [&](ProgramBuilder& builder, Op op, std::span<const Ref> operands) {
    std::vector<Ref> key(operands.begin(), operands.end());
    if (info(op).commutes) std::ranges::sort(key);
    const auto found = there.find({op, key});
    if (found != there.end()) return found->second;
    return there[{op, key}] = builder.append(op, operands);
  });
}

}  // namespace

TEST_CASE("dead code: what neither outputs nor guards depend on goes, and inputs stay") {
  const auto f = [](X x) {
    if (x[1] > 0.0) return std::vector{x[0] * x[0], exp(x[1])};
    return std::vector<Value>{};
  };
  const Program program = compile(f, Numbers{1, 2});
  const Program one = remove_dead_code(keep_outputs(program, std::array<std::size_t, 1>{0}));
  CHECK(to_string(one) ==
        "inputs: x[0] x[1]\n%0 = greater(x[1], 0)\n%1 = mul(x[0], x[0])\nguard %0 is true\n"
        "y[0] = %1\n");
}

TEST_CASE("keep_outputs refuses an output that is not there") {
  const Program program = compile([](X x) { return x[0] * x[0]; }, Numbers{1});
  CHECK_THROWS_AS(keep_outputs(program, std::array<std::size_t, 1>{1}), ArgumentError);
  CHECK(keep_outputs(program, std::array<std::size_t, 2>{0, 0}).output_count() == 2);
}

TEST_CASE("equal things are computed once, with operands in either order where they commute") {
  const auto products = [](X x) {
    const Value a = sin(x[0] * x[1]), b = sin(x[1] * x[0]);
    return a + b;
  };
  CHECK(after(share_common_subexpressions, products, 2) ==
        "%0 = mul(x[0], x[1])\n%1 = sin(%0)\n%2 = add(%1, %1)\ny[0] = %2\n");
  const auto differences = [](X x) {
    const Value a = x[0] - x[1], b = x[1] - x[0];
    return a * b;
  };
  CHECK(after(share_common_subexpressions, differences, 2) ==
        "%0 = sub(x[0], x[1])\n%1 = sub(x[1], x[0])\n%2 = mul(%0, %1)\ny[0] = %2\n");
}

TEST_CASE("equal things are found among many that share operands with them") {
  const auto check = [](const Program& program) {
    const Program shared = share_common_subexpressions(program);
    CHECK(shared.instructions().size() < program.instructions().size());
    CHECK(to_string(shared) == to_string(shared_by_map(program)));
  };
  const auto check_gradient = [&](const auto& f) {
    check(differentiate(compile(f, f.inputs())));
    check(simplify(expand(differentiate(compile(f, f.inputs())))));
  };
  check_gradient(bench::StraightLine(5000));
  check_gradient(bench::Determinant());
  // All of one input, and each twice: in the other order, or of another constant of the same value.
  check(compile(
      [](X x) {
        std::vector<Value> y;
        for (const double sign : {1.0, -1.0})
          for (int k = -500; k < 500; ++k) {
            const double number = sign * k;
            y.push_back(sign > 0 ? x[0] * number : number * x[0]);
            y.push_back(x[0] - number);
            y.push_back(number - x[0]);
            y.push_back(fma(x[0], Value(number), x[1]));
          }
        return y;
      },
      Numbers{1, 2}));
}

TEST_CASE("many operands are equal in the same order only") {
  const auto f = [](X x) {
    return std::vector{sum(x), log_sum_exp(x), sum(x), sum(x.first(2)), sum(x.last(2))};
  };
  CHECK(after(share_common_subexpressions, f, 3) ==
        "%0 = sum(x[0], x[1], x[2])\n%1 = log_sum_exp(x[0], x[1], x[2])\n%2 = sum(x[0], x[1])\n"
        "%3 = sum(x[1], x[2])\ny[0] = %0\ny[1] = %1\ny[2] = %0\ny[3] = %2\ny[4] = %3\n");
}

TEST_CASE("operations of constants alone are shared as well") {
  ProgramBuilder builder;
  const Ref two = builder.constant(2), three = builder.constant(3);
  for (const auto& [a, b] : {std::pair(two, three), std::pair(three, two), std::pair(two, two)})
    builder.add_output(builder.append(Op::Mul, {a, b}), "");
  CHECK(to_string(share_common_subexpressions(builder.finish())) ==
        "inputs:\n%0 = mul(2, 3)\n%1 = mul(2, 2)\ny[0] = %0\ny[1] = %0\ny[2] = %1\n");
}

TEST_CASE("operations of many constants are shared, whatever their hash is") {
  ProgramBuilder builder;
  std::size_t count = 0;
  for (int repeated = 0; repeated < 2; ++repeated)
    for_each_rule([&]<class Rule>() {
      if constexpr (Rule::info.arity == 1)
        for (int k = 0; k < 100; ++k, ++count) {
          const Ref result = builder.append(op_of<Rule>, {builder.constant(k)});
          if (k == 0) builder.add_output(result, "");
        }
    });
  const Program shared = share_common_subexpressions(builder.finish());
  CHECK(shared.instructions().size() == count / 2);
  const std::size_t half = shared.output_count() / 2;
  CHECK(std::ranges::equal(shared.outputs().first(half), shared.outputs().last(half)));
}

TEST_CASE("identities that are exact go, and those that are not stay") {
  const auto simplified = [](auto&& f) { return after(simplify, f, 2); };
  CHECK(simplified([](X x) { return x[0] * 1.0; }) == "y[0] = x[0]\n");
  CHECK(simplified([](X x) { return 1.0 * x[0]; }) == "y[0] = x[0]\n");
  CHECK(simplified([](X x) { return x[0] / 1.0; }) == "y[0] = x[0]\n");
  CHECK(simplified([](X x) { return x[0] - 0.0; }) == "y[0] = x[0]\n");
  CHECK(simplified([](X x) { return x[0] + -0.0; }) == "y[0] = x[0]\n");
  CHECK(simplified([](X x) { return -(-x[0]); }) == "%0 = neg(x[0])\ny[0] = x[0]\n");
  CHECK(simplified([](X x) { return x[0] * -1.0; }) == "%0 = neg(x[0])\ny[0] = %0\n");
  CHECK(simplified([](X x) { return -1.0 * x[0]; }) == "%0 = neg(x[0])\ny[0] = %0\n");
  CHECK(simplified([](X x) { return x[0] / -1.0; }) == "%0 = neg(x[0])\ny[0] = %0\n");
  CHECK(simplified([](X x) { return -0.0 + x[0]; }) == "y[0] = x[0]\n");
  CHECK(simplified([](X x) { return fma(Value(1.0), x[0], x[1]); }) ==
        "%0 = add(x[0], x[1])\ny[0] = %0\n");
  CHECK(simplified([](X x) { return fma(x[0], Value(1.0), x[1]); }) ==
        "%0 = add(x[0], x[1])\ny[0] = %0\n");
  CHECK(simplified([](X x) { return x[0] + (-x[1]); }) ==
        "%0 = neg(x[1])\n%1 = sub(x[0], x[1])\ny[0] = %1\n");
  CHECK(simplified([](X x) { return x[0] - (-x[1]); }) ==
        "%0 = neg(x[1])\n%1 = add(x[0], x[1])\ny[0] = %1\n");
  CHECK(simplified([](X x) { return (-x[0]) + x[1]; }) ==
        "%0 = neg(x[0])\n%1 = sub(x[1], x[0])\ny[0] = %1\n");
  CHECK(simplified([](X x) { return pow(x[0], 1.0); }) == "y[0] = x[0]\n");
  CHECK(simplified([](X x) { return select(is_less(x[0], x[1]), x[0], x[0]); }) ==
        "%0 = less(x[0], x[1])\ny[0] = x[0]\n");

  CHECK(simplified([](X x) { return x[0] + 0.0; }) == "%0 = add(x[0], 0)\ny[0] = %0\n");
  CHECK(simplified([](X x) { return x[0] * 0.0; }) == "%0 = mul(x[0], 0)\ny[0] = %0\n");
  CHECK(simplified([](X x) { return x[0] * 2.0; }) == "%0 = mul(x[0], 2)\ny[0] = %0\n");
  CHECK(simplified([](X x) { return x[0] / 2.0; }) == "%0 = div(x[0], 2)\ny[0] = %0\n");
  CHECK(simplified([](X x) { return pow(x[0], 2.0); }) == "%0 = pow(x[0], 2)\ny[0] = %0\n");
  CHECK(simplified([](X x) { return fma(Value(2.0), x[0], x[1]); }) ==
        "%0 = fma(2, x[0], x[1])\ny[0] = %0\n");
  CHECK(simplified([](X x) { return fma(x[0], Value(2.0), x[1]); }) ==
        "%0 = fma(x[0], 2, x[1])\ny[0] = %0\n");
  CHECK(simplified([](X x) { return x[0] - x[0]; }) == "%0 = sub(x[0], x[0])\ny[0] = %0\n");
  CHECK(simplified([](X x) { return x[0] / x[0]; }) == "%0 = div(x[0], x[0])\ny[0] = %0\n");
}

TEST_CASE("operations of constants are done at once") {
  // What a differentiated program is full of: here the second derivative of 3x².
  const auto f = [](X x) { return 3.0 * (x[0] * x[0]); };
  constexpr std::array<std::size_t, 1> derivative{1};
  Program program = compile(f, Numbers{2});
  for (int order = 1; order <= 2; ++order)
    program = optimise(keep_outputs(differentiate(program), derivative)).program;
  CHECK(program.instructions().empty());
  CHECK(program.run(Numbers{5}) == Numbers{6});
}

TEST_CASE("operations of many operands are written out, in the order of their rules") {
  const auto product = [](X x) { return dot(x.first(2), x.last(2)); };
  CHECK(after(expand, product, 4) ==
        "%0 = mul(x[0], x[2])\n%1 = mul(x[1], x[3])\n%2 = add(%0, %1)\ny[0] = %2\n");
}

TEST_CASE("a chain step with a known side is a product, or nothing") {
  const auto f = [](X x) { return 3.0 * x[0] + sin(x[1]); };
  const std::string text = to_string(optimise(differentiate(compile(f, Numbers{1, 2}))).program);
  CHECK(text.find("chain") == std::string::npos);
  CHECK(text.find("d/dx[0] = 3\n") != std::string::npos);
}

TEST_CASE("a chain step is a product if either side is known, but for an infinite partial") {
  const auto simplified = [](double adjoint, double partial) {  // NaN stands for the input
    ProgramBuilder builder;
    const Ref x = builder.add_input("x");
    const auto side = [&](double number) {
      return number != number ? x : builder.constant(number);
    };
    const Ref a = side(adjoint), b = side(partial);
    builder.add_output(builder.append(Op::Chain, {a, b}), "");
    return to_string(simplify(builder.finish()));
  };
  constexpr double x = std::numeric_limits<double>::quiet_NaN();
  CHECK(simplified(2, x).find("mul(2, x)") != std::string::npos);
  CHECK(simplified(x, 3).find("mul(x, 3)") != std::string::npos);
  CHECK(simplified(x, INFINITY).find("chain(x, ") != std::string::npos);
  CHECK(simplified(0, x).find("y[0] = 0\n") != std::string::npos);
}

TEST_CASE("the reports say what each pass did") {
  const auto f = [](X x) { return sin(x[0]) * sin(x[0]); };
  const Optimised optimised = optimise(compile(f, Numbers{1}));
  CHECK(optimised.program.instructions().size() == 2);
  CHECK(optimised.reports.front().before == 3);
  CHECK(optimised.reports.back().after == 2);
  CHECK(to_string(optimised.reports)
            .starts_with("remove dead code                     3 instructions before,         3 "
                         "after\n"));
}

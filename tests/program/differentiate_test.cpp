// Programs of derivatives, against the tape's sweeps.

#include "tapegrad/program/differentiate.hpp"

#include <doctest/doctest.h>

#include <array>
#include <span>
#include <string>
#include <vector>

#include "../core/functions.hpp"
#include "../core/same.hpp"
#include "../ops/points.hpp"
#include "bench/kernels.hpp"
#include "derivatives/random_graph.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/derivatives/jacobian.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/passes.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using Numbers = std::vector<double>;

// A function of the same operands, of which the first may have to stay a constant.
template <class Rule> auto function_of(const proof::Function& function) {
  return [&function](std::span<const Value> x) {
    std::vector<Value> taken(x.begin(), x.end());
    if (proof::is_order(function.op, 0)) taken[0] = 2;
    return function.record(taken);
  };
}

template <class Visit> void for_each_function(Visit&& visit) {
  proof::Points points;
  for_each_rule([&]<class Rule>() {
    for (const proof::Function& function : proof::functions())
      if (function.op == op_of<Rule>)
        for (const std::size_t operands : proof::operand_counts<Rule>())
          visit(function_of<Rule>(function), Rule::info, points.of(Rule::info, operands));
  });
}

}  // namespace

TEST_CASE("partials of 1 and -1 take no chain step") {
  const auto f = [](std::span<const Value> x) { return sin(x[0] - x[1]); };
  const std::string text = to_string(differentiate(compile(f, std::vector{1.0, 2.0})));
  CHECK(text.find("neg(") != std::string::npos);
  CHECK(text.find("chain") == std::string::npos);
}

TEST_CASE("the program of a gradient, as text") {
  const auto f = [](std::span<const Value> x) { return tanh(x[0] * x[1]); };
  const Program gradient = remove_dead_code(differentiate(compile(f, Numbers{2, 3})));
  CHECK(to_string(gradient) ==
        "inputs: x[0] x[1]\n"
        "%0 = mul(x[0], x[1])\n"
        "%1 = tanh(%0)\n"
        "%2 = mul(%1, %1)\n"
        "%3 = sub(1, %2)\n"
        "%4 = chain(%3, x[1])\n"
        "%5 = chain(%3, x[0])\n"
        "y[0] = %1\n"
        "d/dx[0] = %4\n"
        "d/dx[1] = %5\n");
}

TEST_CASE("of every operation it is the tape's gradient, to the bit, optimised or not") {
  for_each_function([](const auto& f, const OpInfo& info, const Numbers& x) {
    CAPTURE(info.name);
    const auto [value, expected] = gradient(f, x);
    const Program program = differentiate(compile(f, x));
    for (const Program& one : {program, optimise(program).program}) {
      const Numbers found = one.run(x);
      CHECK(proof::same_bits(found[0], value));
      CHECK(proof::all_same_adjoints(std::span(found).subspan(1), expected));
    }
  });
}

TEST_CASE("of whole programs it is the tape's gradient, to the bit, optimised or not") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const Numbers x = kernel.inputs();
    const Program recorded = compile(kernel, x);
    if (recorded.instructions().size() > 60'000) return;  // as true, and slow
    const auto [value, expected] = gradient(kernel, x);
    const Program program = differentiate(recorded);
    for (const Program& one : {program, optimise(program).program}) {
      const Numbers found = one.run(x);
      CHECK(found[0] == value);
      CHECK(proof::all_same_adjoints(std::span(found).subspan(1), expected));
    }
  });
}

TEST_CASE("of random programs it is the tape's gradient, to the bit, after each of the passes") {
  const auto [first, count] = proof::seeds_to_run(1000);
  Tape tape(Tape::inactive);
  const ActiveScope active = tape.activate();
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    CAPTURE(seed);
    const proof::Program source = proof::generate(seed);
    tape.clear();
    const std::vector<Value> all = proof::record(source, tape, source.point);
    const std::span<const Value> x = std::span(all).first(source.point.size());
    const Value y = all.back();
    tape.backward(y);
    Numbers expected(x.size());
    tape.adjoints(x, expected);
    const Program program =
        differentiate(compile(tape, x, std::span(&y, 1), {.no_branches = true}));
    using Pass = Program (*)(const Program&);
    for (const Pass pass : {Pass([](const Program& p) { return p; }), Pass(remove_dead_code),
                            Pass(simplify), Pass(share_common_subexpressions), Pass(expand),
                            Pass([](const Program& p) { return optimise(p).program; })}) {
      const Numbers found = pass(program).run(source.point);
      REQUIRE(proof::same_bits(found[0], y.value()));
      REQUIRE(proof::all_same_adjoints(std::span(found).subspan(1), expected));
    }
  }
}

TEST_CASE("an infinite partial hands nothing on where the adjoint is 0") {
  const auto f = [](std::span<const Value> x) { return 0.0 * sqrt(x[0]) + x[1] * x[0]; };
  const Program program = optimise(differentiate(compile(f, Numbers{4, 3}))).program;
  CHECK(program.run(Numbers{0, 3}) == Numbers{0, 3, 0});
}

TEST_CASE("what is cut off takes nothing, also of an infinite adjoint") {
  const auto f = [](std::span<const Value> x) { return sqrt(max(x[0], x[1]) - 2.0); };
  const Program program = optimise(differentiate(compile(f, Numbers{3, 1}))).program;
  const Numbers at_pole = program.run(Numbers{2, 1});
  CHECK(at_pole[1] == std::numeric_limits<double>::infinity());
  CHECK(at_pole[2] == 0);
}

TEST_CASE("of several outputs: pull_back and tangent are the products of the Jacobian") {
  const auto f = [](std::span<const Value> x) {
    return std::vector<Value>{x[0] * x[1], sin(x[1]) / x[0], Value(7), x[0]};
  };
  const Numbers x{0.7, 1.9}, u{1, -2, 5, 0.5}, v{3, -1};
  const Program program = compile(f, x);
  Numbers in = x;
  in.insert(in.end(), u.begin(), u.end());
  const Numbers reverse = pull_back(program).run(in);
  CHECK(reverse.size() == 4 + 2);
  CHECK(proof::all_same_adjoints(std::span(reverse).subspan(4), vector_jacobian_product(f, x, u)));
  in = x;
  in.insert(in.end(), v.begin(), v.end());
  const Numbers forward = tangent(program).run(in);
  CHECK(forward.size() == 4 + 4);
  CHECK(proof::all_same_adjoints(std::span(forward).subspan(4), jacobian_vector_product(f, x, v)));
}

TEST_CASE("the tangent of the gradient is the Hessian-vector product") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    const Numbers x = kernel.inputs();
    const Program recorded = compile(kernel, x);
    if (recorded.instructions().size() > 10'000) return;
    CAPTURE(Kernel::name);
    Numbers v(x.size(), 0.5), in = x;
    v[0] = -1;
    in.insert(in.end(), v.begin(), v.end());
    const Numbers expected = hessian_vector_product(kernel, x, v);
    const Numbers found = optimise(tangent(differentiate(recorded))).program.run(in);
    const std::span<const double> products = std::span(found).last(x.size());
    double largest = 0;
    for (const double product : expected) largest = std::max(largest, std::abs(product));
    for (std::size_t i = 0; i < x.size(); ++i)  // the second partials are summed in another order
      CHECK(std::abs(products[i] - expected[i]) <= 1e-12 * largest);
  });
}

TEST_CASE("every operation can be differentiated four times") {
  using One = Dual<double>;
  using Two = Dual<One>;
  using Three = Dual<Two>;
  using Four = Dual<Three>;
  for_each_rule([]<class Rule>() {
    if constexpr (Rule::info.arity == 1) {
      constexpr std::array<std::size_t, 1> derivative{1};
      proof::Points points;
      const double x = points.in(Rule::info.domain);
      CAPTURE(Rule::info.name);
      for (const proof::Function& function : proof::functions()) {
        if (function.op != op_of<Rule>) continue;
        Program program = compile(function_of<Rule>(function), Numbers{x});
        for (int order = 1; order <= 4; ++order)
          program = optimise(keep_outputs(differentiate(program), derivative)).program;
        const Four seeded({{{x, 1}, {1, 0}}, {{1, 0}, {0, 0}}},
                          {{{1, 0}, {0, 0}}, {{0, 0}, {0, 0}}});
        const Four fourth = value_of<Rule>(seeded);
        const double expected = fourth.tangent.tangent.tangent.tangent;
        // Sums in another order: roundings of terms that may be larger than what they sum to.
        CHECK(std::abs(program.run(Numbers{x})[0] - expected) <=
              1e-9 * std::max(1.0, std::abs(expected)));
      }
    }
  });
}

TEST_CASE("a gradient is of one output") {
  const auto f = [](std::span<const Value> x) { return std::vector{x[0], x[0]}; };
  CHECK_THROWS_AS(differentiate(compile(f, Numbers{1})), ShapeError);
  CHECK_THROWS_AS(differentiate(Program()), ShapeError);
}

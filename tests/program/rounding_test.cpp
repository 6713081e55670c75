// Rounding::fused, through the registers of every instruction set.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "../core/same.hpp"
#include "program/builder.hpp"
#include "program/folds.hpp"
#include "program/instruction_set.hpp"
#include "program/plan.hpp"
#include "sums.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using Numbers = std::vector<double>;
using Counts = std::initializer_list<std::size_t>;

bool fuses(InstructionSet set) { return baseline_has_fma || set != InstructionSet::baseline; }

template <class Visitor> void for_each_instruction_set(Visitor&& visit) {
  for (const InstructionSet set :
       {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    if (set > widest_instruction_set()) return;
    const InstructionSetLimit limit(set);
    CAPTURE(to_string(set));
    visit(set);
  }
}

// A program's numbers at a point, folds by std::fma() term after term.
class Reference {
 public:
  explicit Reference(const Program& program)
      : program_(program),
        readers_(program.input_count() + program.instructions().size()),
        is_shared_(readers_.size()) {
    for (std::size_t i = proof::varying_of_sums; i < program.input_count(); ++i)
      is_shared_[i] = true;
    std::size_t result = program.input_count();
    for (const Instruction& instruction : program.instructions()) {
      is_shared_[result] = true;
      for (const Ref operand : program.operands(instruction)) {
        count(operand);
        if (!operand.is_constant() && !is_shared_[operand.index()]) is_shared_[result] = false;
      }
      ++result;
    }
    for (const Ref output : program.outputs()) count(output);
  }

  Numbers run(std::span<const double> x, std::span<const double> w) const {
    const Folds folds(program_, readers_, is_shared_);
    Numbers numbers(x.begin(), x.end());
    numbers.insert(numbers.end(), w.begin(), w.end());
    const auto at = [&](Ref ref) {
      return ref.is_constant() ? program_.constants()[ref.index()] : numbers[ref.index()];
    };
    for (std::size_t k = 0; k < program_.instructions().size(); ++k) {
      const std::span<const Ref> operands = program_.operands(program_.instructions()[k]);
      double number = -0.0;
      if (folds.ends(k)) {
        for (const FoldTerm& term : folds.terms(k)) add(number, term, at(term.a), at(term.b));
      } else if (!folds.is_absorbed(k)) {
        number = alone(program_.instructions()[k].op, at(operands[0]),
                       operands.size() > 1 ? at(operands[1]) : 0);
      }
      numbers.push_back(number);
    }
    Numbers outputs;
    for (const Ref output : program_.outputs()) outputs.push_back(at(output));
    return outputs;
  }

 private:
  void count(Ref ref) {
    if (!ref.is_constant()) ++readers_[ref.index()];
  }

  static void add(double& sum, const FoldTerm& term, double a, double b) {
    const double sign = term.subtracts ? -1 : 1;
    if (term.kind == FoldTerm::Kind::number)
      sum += sign * a;
    else if (term.kind == FoldTerm::Kind::product || a != 0)
      sum = std::fma(sign * a, b, sum);
  }

  static double alone(Op op, double a, double b) {
    switch (op) {
      case Op::Add:
        return a + b;
      case Op::Sub:
        return a - b;
      case Op::Mul:
        return a * b;
      case Op::Neg:
        return -a;
      case Op::Chain:
        return a == 0 ? 0 : a * b;
      default:
        FAIL("sums have no such operation");
        return 0;
    }
  }

  const Program& program_;
  std::vector<std::uint32_t> readers_;
  std::vector<bool> is_shared_;
};

// Σ aᵢ · bᵢ, every third subtracted, every fifth a chain step.
Program sum_of_products(std::size_t terms) {
  ProgramBuilder builder;
  std::vector<Ref> x;
  for (std::size_t i = 0; i < 2 * terms; ++i) x.push_back(builder.add_input(""));
  Ref sum = builder.append(Op::Mul, {x[0], x[1]});
  for (std::size_t i = 1; i < terms; ++i) {
    const Ref term = builder.append(i % 5 == 0 ? Op::Chain : Op::Mul, {x[2 * i], x[2 * i + 1]});
    sum = builder.append(i % 3 == 0 ? Op::Sub : Op::Add, {sum, term});
  }
  builder.add_output(sum, "");
  return builder.finish();
}

double run_fused(const Program& program, const Numbers& x) {
  double y = 0;
  Replay(program, {.rounding = Rounding::fused})
      .run({.points = 1, .inputs = x, .outputs = std::span(&y, 1)});
  return y;
}

}  // namespace

TEST_CASE("a fused product is not rounded before it is added") {
  const Numbers x{1 + 0x1p-30, 1 - 0x1p-30, 1};  // a · b = 1 - 2^-60, which rounds to 1
  for (const Op op : {Op::Mul, Op::Chain}) {
    ProgramBuilder builder;
    const Ref a = builder.add_input(""), b = builder.add_input(""), c = builder.add_input("");
    builder.add_output(builder.append(Op::Sub, {c, builder.append(op, {a, b})}), "");
    const Program program = builder.finish();
    CHECK(program.run(x) == Numbers{0});
    for_each_instruction_set(
        [&](InstructionSet set) { CHECK(run_fused(program, x) == (fuses(set) ? 0x1p-60 : 0)); });
  }
}

TEST_CASE("an adjoint of 0 hands nothing on, fused as well") {
  const double inf = std::numeric_limits<double>::infinity();
  ProgramBuilder builder;
  const Ref adjoint = builder.add_input(""), partial = builder.add_input("");
  const Ref term = builder.append(Op::Chain, {adjoint, partial});
  builder.add_output(builder.append(Op::Add, {partial, term}), "");
  const Program program = builder.finish();
  for_each_instruction_set([&](InstructionSet) {
    CHECK(run_fused(program, {0.0, inf}) == inf);
    CHECK(run_fused(program, {-0.0, -inf}) == -inf);
    CHECK(std::isnan(run_fused(program, {-1, inf})));
    CHECK(std::isnan(run_fused(program, {std::nan(""), 1})));
  });
}

TEST_CASE("fused sums equal std::fma term after term to the bit, wherever a point lies") {
  const Numbers w = proof::random_numbers(proof::uniform_of_sums, 1);
  for_each_instruction_set([&](InstructionSet set) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      CAPTURE(seed);
      const Program program = proof::random_sums(seed);
      const Program optimised = optimise(program).program;
      const Reference reference(optimised);
      for (const std::size_t points : Counts{1, 2, 32, 33, 64, 71}) {
        const Numbers x = proof::random_numbers(points * proof::varying_of_sums, seed + 1000);
        Numbers expected;
        for (std::size_t first = 0; first < x.size(); first += proof::varying_of_sums)
          for (const double y :
               reference.run(std::span(x).subspan(first, proof::varying_of_sums), w))
            expected.push_back(y);
        if (!fuses(set)) expected = proof::one_by_one(program, x, w);
        CHECK(proof::all_same_adjoints(proof::together(program, x, w, Rounding::fused), expected));
      }
    }
  });
}

TEST_CASE("a fused sum of n products is within n · 2^-53 · Σ|products| of the exact one") {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  for (const std::size_t terms : Counts{1, 2, 5, 40, 300}) {
    const Program program = sum_of_products(terms);
    for (int repeat = 0; repeat < 20; ++repeat) {
      Numbers x(2 * terms);
      for (double& xi : x) xi = normal(random) * std::exp(3 * normal(random));
      // Of 64 digits where the compiler has them: its own errors are 2^-11 of the bound.
      long double exact = 0, magnitude = 0;
      for (std::size_t i = 0; i < terms; ++i) {
        const long double product = static_cast<long double>(x[2 * i]) * x[2 * i + 1];
        exact += i > 0 && i % 3 == 0 ? -product : product;
        magnitude += std::abs(product);
      }
      const long double bound = static_cast<long double>(terms) * 0x1p-53L * 1.01L * magnitude;
      CAPTURE(terms);
      for_each_instruction_set(
          [&](InstructionSet) { CHECK(std::abs(run_fused(program, x) - exact) <= bound); });
    }
  }
}

// Sums of products as one step, through the registers of every instruction set.

#include "program/folds.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "../core/same.hpp"
#include "program/builder.hpp"
#include "program/instruction_set.hpp"
#include "program/plan.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using Numbers = std::vector<double>;

constexpr std::size_t varying = 4, uniform = 3;

// Sums of random terms of all kinds, some of which are read once more, as folds must not absorb.
Program random_sums(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  ProgramBuilder builder;
  std::vector<Ref> numbers;
  for (std::size_t i = 0; i < varying + uniform; ++i) numbers.push_back(builder.add_input(""));
  numbers.push_back(builder.constant(0.0));
  numbers.push_back(builder.constant(-1.5));
  const auto any = [&] { return numbers[random() % numbers.size()]; };
  for (int sum = 0; sum < 6; ++sum) {
    Ref so_far = any();
    for (std::uint64_t terms = 1 + random() % 9; terms > 0; --terms) {
      Ref term = any();
      if (random() % 4 != 0)
        term = builder.append(random() % 2 == 0 ? Op::Mul : Op::Chain, {term, any()});
      if (random() % 8 == 0) numbers.push_back(term);
      const Op op = random() % 3 == 0 ? Op::Sub : Op::Add;
      so_far = op == Op::Add && random() % 2 == 0 ? builder.append(op, {term, so_far})
                                                  : builder.append(op, {so_far, term});
      if (random() % 8 == 0) numbers.push_back(so_far);
    }
    numbers.push_back(so_far);
    builder.add_output(so_far, "");
  }
  return builder.finish();
}

Numbers random_numbers(std::size_t count, std::uint64_t seed) {
  const double inf = std::numeric_limits<double>::infinity();
  const Numbers special{0, -0.0, 1, inf, -inf, std::nan("")};
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Numbers numbers;
  for (std::size_t k = 0; k < count; ++k)
    numbers.push_back(random() % 10 == 0 ? special[random() % special.size()] : normal(random));
  return numbers;
}

Numbers one_by_one(const Program& program, std::span<const double> x, std::span<const double> w) {
  Numbers all;
  for (std::size_t first = 0; first < x.size(); first += varying) {
    Numbers inputs(x.begin() + static_cast<std::ptrdiff_t>(first),
                   x.begin() + static_cast<std::ptrdiff_t>(first + varying));
    inputs.insert(inputs.end(), w.begin(), w.end());
    for (const double y : program.run(inputs)) all.push_back(y);
  }
  return all;
}

Numbers together(const Program& program, std::span<const double> x, std::span<const double> w) {
  const Replay replay(program, {.uniform_inputs = {4, 5, 6}});
  Numbers outputs(x.size() / varying * replay.outputs());
  replay.run({.points = x.size() / varying, .inputs = x, .uniform = w, .outputs = outputs});
  return outputs;
}

std::size_t folds_of(const Program& program) {
  std::size_t count = 0;
  for (const Step& step : Replay::Plan(program, {}).steps)
    if (step.kind == Step::Kind::fold) ++count;
  return count;
}

}  // namespace

TEST_CASE("sums of any terms equal their instructions one after the other, to the bit") {
  const Numbers w = random_numbers(uniform, 1);
  for (const auto set : {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    const InstructionSetLimit limit(set);
    CAPTURE(to_string(instruction_set()));
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      CAPTURE(seed);
      const Program program = random_sums(seed);
      for (const std::size_t points : {1, 2, 32, 33, 64, 71}) {
        const Numbers x = random_numbers(points * varying, seed + 1000);
        CHECK(proof::all_same_adjoints(together(program, x, w), one_by_one(program, x, w)));
      }
    }
  }
}

TEST_CASE("a sum of products is one step") {
  ProgramBuilder builder;
  std::vector<Ref> x;
  for (int i = 0; i < 8; ++i) x.push_back(builder.add_input(""));
  Ref sum = builder.append(Op::Mul, {x[0], x[1]});
  sum = builder.append(Op::Add, {sum, builder.append(Op::Mul, {x[2], x[3]})});
  sum = builder.append(Op::Sub, {sum, builder.append(Op::Chain, {x[4], x[5]})});
  sum = builder.append(Op::Add, {x[6], sum});
  builder.add_output(sum, "");
  const Program program = builder.finish();
  CHECK(folds_of(program) == 1);
  CHECK(Replay::Plan(program, {}).steps.size() == 3);  // load, fold, store
}

TEST_CASE("what somebody else reads is in no fold") {
  ProgramBuilder builder;
  const Ref a = builder.add_input(""), b = builder.add_input("");
  const Ref product = builder.append(Op::Mul, {a, b});
  builder.add_output(builder.append(Op::Add, {product, a}), "");
  builder.add_output(product, "");
  const Program program = builder.finish();
  CHECK(folds_of(program) == 0);
  CHECK(program.run(Numbers{2, 3}) == Numbers{8, 6});
}

TEST_CASE("terms that lie far apart are added in several steps") {
  ProgramBuilder builder;
  const Ref x = builder.add_input("");
  Ref sum = builder.append(Op::Mul, {x, x});
  Ref y = x;
  for (int far = 0; far < 3; ++far) {
    for (int k = 0; k < 3000; ++k) y = builder.append(Op::Sin, {y});
    sum = builder.append(Op::Add, {sum, builder.append(Op::Mul, {y, x})});
  }
  builder.add_output(sum, "");
  const Program program = builder.finish();
  CHECK(folds_of(program) == 3);
}

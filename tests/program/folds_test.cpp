// Sums of products as one step, through the registers of every instruction set.

#include "program/folds.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

#include "../core/same.hpp"
#include "program/builder.hpp"
#include "program/instruction_set.hpp"
#include "program/plan.hpp"
#include "sums.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using Numbers = std::vector<double>;

std::size_t folds_of(const Program& program) {
  std::size_t count = 0;
  for (const Step& step : Replay::Plan(program, {}).steps)
    if (step.kind == Step::Kind::fold) ++count;
  return count;
}

}  // namespace

TEST_CASE("sums of any terms equal their instructions one after the other, to the bit") {
  const Numbers w = proof::random_numbers(proof::uniform_of_sums, 1);
  for (const auto set : {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    const InstructionSetLimit limit(set);
    CAPTURE(to_string(instruction_set()));
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      CAPTURE(seed);
      const Program program = proof::random_sums(seed);
      for (const std::size_t points : std::initializer_list<std::size_t>{1, 2, 32, 33, 64, 71}) {
        const Numbers x = proof::random_numbers(points * proof::varying_of_sums, seed + 1000);
        CHECK(proof::all_same_adjoints(proof::together(program, x, w),
                                       proof::one_by_one(program, x, w)));
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

TEST_CASE("terms that lie far apart are added in one step where they keep few rows") {
  constexpr std::size_t count = 20;
  ProgramBuilder builder;
  const Ref w = builder.add_input("");
  std::vector<Ref> x, sums(count);  // of each x its products with y over all times
  for (std::size_t i = 0; i < count; ++i) x.push_back(builder.add_input(""));
  Ref y = w;
  for (int time = 0; time < 3; ++time) {
    for (int k = 0; k < 3000; ++k) y = builder.append(Op::Sin, {y});
    for (std::size_t i = 0; i < count; ++i) {
      const Ref product = builder.append(Op::Mul, {x[i], y});
      sums[i] = builder.append(Op::Add, {time == 0 ? w : sums[i], product});
    }
  }
  for (const Ref sum : sums) builder.add_output(sum, "");
  CHECK(folds_of(builder.finish()) == count);
}

TEST_CASE("terms that lie far apart are added in several steps") {
  ProgramBuilder builder;
  const Ref x = builder.add_input("");
  Ref sum = builder.append(Op::Mul, {x, x});
  Ref y = x;
  for (int far = 0; far < 3; ++far) {
    for (int k = 0; k < 3000; ++k) y = builder.append(Op::Sin, {y});
    const Ref a = builder.append(Op::Sin, {y}), b = builder.append(Op::Cos, {y});
    sum = builder.append(Op::Add, {sum, builder.append(Op::Mul, {a, b})});
  }
  builder.add_output(sum, "");
  CHECK(folds_of(builder.finish()) == 3);
}

// What is recorded, computed when a derivative needs it.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "../core/same.hpp"
#include "bench/kernels.hpp"
#include "program/step_order.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/passes.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using Numbers = std::vector<double>;
using X = std::span<const Value>;

// Most results that somebody still has to read, at any time.
std::size_t most_kept(const Program& program) {
  const std::size_t inputs = program.input_count();
  const auto& instructions = program.instructions();
  const auto each_result_read = [&](const Instruction& instruction, const auto& visit) {
    for (const Ref operand : program.operands(instruction))
      if (!operand.is_constant() && operand.index() >= inputs) visit(operand.index() - inputs);
  };
  std::vector<std::size_t> reads(instructions.size());
  for (const Instruction& instruction : instructions)
    each_result_read(instruction, [&](std::size_t k) { ++reads[k]; });
  std::size_t kept = 0, most = 0;
  for (std::size_t now = 0; now < instructions.size(); ++now) {
    most = std::max(most, kept);
    each_result_read(instructions[now], [&](std::size_t k) {
      if (--reads[k] == 0) --kept;
    });
    if (reads[now] > 0) ++kept;
  }
  return most;
}

// A sum over many data of something that takes a few steps.
Value sum_over_data(X x) {
  Value sum = 0.0;
  for (int datum = 0; datum < 200; ++datum) {
    Value y = x[0] * (0.1 * datum) + x[1];
    for (int k = 0; k < 5; ++k) y = sin(y) * x[2] + y;
    sum += y * y;
  }
  return sum;
}

}  // namespace

TEST_CASE("a scheduled program computes the same, to the bit") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const Numbers x = kernel.inputs();
    const Program recorded = compile(kernel, x);
    if (recorded.instructions().size() > 10'000) return;
    const Program program = differentiate(recorded);
    const Program scheduled = schedule(program);
    CHECK(scheduled.instructions().size() == program.instructions().size());
    CHECK(proof::all_same(scheduled.run(x), program.run(x)));
  });
}

TEST_CASE("of a sum over data only one datum is kept at a time") {
  const Program program = differentiate(compile(sum_over_data, Numbers{0.3, 0.7, 0.2}));
  CHECK(most_kept(program) > 2000);
  CHECK(most_kept(schedule(program)) < 300);  // 200 squares for the sum itself, and a datum
}

TEST_CASE("what is needed once more is used up, not kept until all the others are there") {
  const bench::GaussianMixture mixture;
  const Program program = differentiate(compile(mixture, mixture.inputs()));
  CHECK(most_kept(program) > 20'000);
  CHECK(most_kept(schedule(program)) < 4'000);
}

TEST_CASE("a program without derivatives stays in order") {
  const Program program = compile(sum_over_data, Numbers{0.3, 0.7, 0.2});
  CHECK(to_string(schedule(program)) == to_string(program));
}

TEST_CASE("derivatives of derivatives are scheduled, too") {
  const Program program = tangent(differentiate(compile(sum_over_data, Numbers{0.3, 0.7, 0.2})));
  const Program scheduled = schedule(program);
  const Numbers x{0.3, 0.7, 0.2, 1, -1, 2};
  CHECK(proof::all_same(scheduled.run(x), program.run(x)));
}

TEST_CASE("steps of a kind come together, behind what they read") {
  const auto f = [](X x) {
    Value sum = 0.0;
    for (const Value& xi : x) sum += exp(sin(xi)) / cos(xi);
    return sum;
  };
  const Program program = compile(f, Numbers(8, 0.5));
  const std::vector<std::uint32_t> readers(program.input_count() + program.instructions().size(),
                                           2);
  const std::vector<bool> is_shared(readers.size());
  const std::vector<std::uint32_t> order = step_order(program, Folds(program, readers, is_shared));
  REQUIRE(order.size() == program.instructions().size());
  std::vector<bool> is_there(order.size());
  std::size_t changes = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const Instruction& instruction = program.instructions()[order[k]];
    for (const Ref operand : program.operands(instruction))
      if (!operand.is_constant() && operand.index() >= program.input_count())
        CHECK(is_there[operand.index() - program.input_count()]);
    is_there[order[k]] = true;
    if (k > 0 && instruction.op != program.instructions()[order[k - 1]].op) ++changes;
  }
  CHECK(changes <= 6);  // sin, exp, cos, divisions, sums; as recorded, about 40
}

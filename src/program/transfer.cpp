// What a block exchanges with its batch.

#include <algorithm>

#include "plan.hpp"

namespace tapegrad {
namespace {

double* row_of(const Block& block, std::uint32_t row) { return block.rows + row * block.lanes; }

// Point after point, so that what lies side by side is read at once.
void load(const Step& step, const Block& block) {
  const std::size_t stride = block.plan.varying.size();
  const double* from = block.batch.inputs.data() + block.first * stride + step.a;
  const std::uint32_t* const rows = block.plan.words.data() + step.c;
  for (std::uint32_t k = 0; k < step.b; ++k) {
    if (rows[k] == no_row) continue;
    double* const to = row_of(block, rows[k]);
    for (std::size_t lane = 0; lane < block.points; ++lane) to[lane] = from[lane * stride + k];
    // Lanes without a point do as the last one does.
    std::fill(to + block.points, to + block.lanes, to[block.points - 1]);
  }
}

void store(const Step& step, const Block& block) {
  const std::size_t stride = block.plan.outputs;
  double* const to = block.batch.outputs.data() + block.first * stride + step.a;
  const std::uint32_t* const rows = block.plan.words.data() + step.c;
  for (std::uint32_t k = 0; k < step.b; ++k) {
    if (rows[k] == no_row) continue;
    const double* const from = row_of(block, rows[k]);
    for (std::size_t lane = 0; lane < block.points; ++lane) to[lane * stride + k] = from[lane];
  }
}

template <class Number> void give_one(const Step& step, const Block& block, Number number) {
  const std::size_t stride = block.plan.outputs;
  double* to = block.batch.outputs.data() + block.first * stride + step.b;
  for (std::size_t lane = 0; lane < block.points; ++lane, to += stride) *to = number(lane);
}

// Rows are summed by the lane steps.
void sum_shared(const Step& step, const Block& block) {
  const double number = block.shared[step.a];
  for (std::size_t lane = 0; lane < block.points; ++lane)
    if (block.off[lane] == 0) block.sums[step.to] += number;
}

template <class Number> void check_guard(const Step& step, const Block& block, Number number) {
  const bool held = block.plan.program.guards()[step.b].held;
  for (std::size_t lane = 0; lane < block.points; ++lane) {
    if ((number(lane) != 0) == held) continue;
    block.off[lane] = 1;
    block.kept[lane] = 0;
    if (block.first + lane < block.found->point)
      *block.found = {.point = block.first + lane, .guard = step.b};
  }
}

template <class Number> void give(const Step& step, const Block& block, Number number) {
  if (step.kind == Step::Kind::give) give_one(step, block, number);
  if (step.kind == Step::Kind::guard) check_guard(step, block, number);
}

}  // namespace

void run_transfer(const Step& step, const Block& block) {
  if (step.kind == Step::Kind::load) return load(step, block);
  if (step.kind == Step::Kind::store) return store(step, block);
  if (step.kind == Step::Kind::broadcast) {
    std::fill_n(row_of(block, step.to), block.lanes, block.shared[step.a]);
    return;
  }
  if (step.kind == Step::Kind::sum) return sum_shared(step, block);
  if (step.shared_a) {
    const double number = block.shared[step.a];
    give(step, block, [number](std::size_t) { return number; });
  } else {
    const double* const row = row_of(block, step.a);
    give(step, block, [row](std::size_t lane) { return row[lane]; });
  }
}

}  // namespace tapegrad

// A run of a Plan: numbers that all points share are computed once, points go in chunks to threads,
// a chunk's blocks one after the other through the steps (lane_steps.hpp); then sums and guards.

#include "tapegrad/program/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/divide_up.hpp"
#include "ops/at_operands.hpp"
#include "plan.hpp"
#include "tapegrad/core/error.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace tapegrad {
namespace {

// A chunk are points that are run and summed one block after the other. How long it is follows from
// the number of points alone, so that sums do not depend on threads: a block, and more where there
// would be more than 64 chunks.
std::size_t points_per_chunk(const Replay::Plan& plan, std::size_t points) {
  constexpr std::size_t most_chunks = 64;
  return plan.lanes *
         std::max<std::size_t>(1, divide_up(divide_up(points, plan.lanes), most_chunks));
}

void check_length(const char* what, std::size_t given, std::size_t wanted) {
  if (given != wanted)
    throw ShapeError(
        fmt::format("Replay::run: {} numbers of {}; it takes {}", given, what, wanted));
}

// As many as `points` rows of `width` have; the product may overflow.
void check_rows(const char* what, std::size_t given, std::size_t points, std::size_t width) {
  if (width != 0 && points > std::numeric_limits<std::size_t>::max() / width)
    throw ShapeError(fmt::format("Replay::run: {} points of {} {} each are more than there can be",
                                 points, width, what));
  check_length(what, given, points * width);
}

double shared_value(const Step& step, std::span<const double> registers) {
  const double x[] = {registers[step.a], registers[step.b], registers[step.c]};
  return with_rule(step.op, [&]<class Rule>() -> double {
    if constexpr (Rule::info.arity == variadic)
      return 0;  // a plan has none
    else
      return value_at<Rule>(std::span<const double>(x));
  });
}

}  // namespace

// ---- Replay ----

Replay::Replay(const Program& program, const ReplayOptions& options)
    : plan_(std::make_unique<const Plan>(program, options)) {}
Replay::~Replay() = default;
Replay::Replay(Replay&&) noexcept = default;
Replay& Replay::operator=(Replay&&) noexcept = default;

std::size_t Replay::varying_inputs() const { return plan_->varying.size(); }
std::size_t Replay::uniform_inputs() const { return plan_->uniform.size(); }
std::size_t Replay::outputs() const { return plan_->outputs; }
std::size_t Replay::summed_outputs() const { return plan_->sums.size(); }
std::size_t Replay::lanes() const { return plan_->lanes; }

Replay::Workspace::Workspace(const Replay& replay, std::size_t threads)
    : plan_(replay.plan_->number),
      shared_(replay.plan_->constants),
      rows_(
          std::max<std::size_t>(threads, 1),
          std::vector<Line>(replay.plan_->rows * replay.plan_->lanes / std::size(Line{}.numbers))) {
  shared_.resize(replay.plan_->shared_registers);
}

namespace {

// Some chunks of a batch, as one thread runs them.
class Run {
 public:
  Run(const Replay::Plan& plan, const Batch& batch, std::span<const double> shared,
      std::span<double> sums)
      : plan_(plan),
        batch_(batch),
        shared_(shared),
        sums_(sums),
        run_(plan.math == Math::vector ? vector_steps() : exact_steps()) {}

  OffGuard run_chunk(std::size_t chunk, double* rows) const {
    const std::size_t points = points_per_chunk(plan_, batch_.points);
    const std::size_t last = std::min(batch_.points, (chunk + 1) * points);
    OffGuard first_off{no_point, 0};
    std::uint8_t off[many_lanes];
    std::uint64_t kept[many_lanes];
    for (std::size_t first = chunk * points; first < last; first += plan_.lanes) {
      std::fill_n(off, plan_.lanes, std::uint8_t{0});
      const std::size_t count = std::min(plan_.lanes, last - first);
      std::fill_n(kept, count, ~std::uint64_t{0});
      std::fill(kept + count, std::end(kept), std::uint64_t{0});
      OffGuard found{no_point, 0};
      Block block{.plan = plan_,
                  .batch = batch_,
                  .first = first,
                  .points = count,
                  .lanes = plan_.lanes,
                  .rows = rows,
                  .shared = shared_.data(),
                  .sums = sums_.data() + chunk * plan_.sums.size(),
                  .off = off,
                  .kept = kept,
                  .found = &found};
      run_block(block);
      if (!batch_.off.empty()) std::copy_n(off, block.points, batch_.off.subspan(first).begin());
      if (found.point < first_off.point) first_off = found;
    }
    return first_off;
  }

 private:
  // With as few lanes as will do: a lane computes the same among others and alone.
  void run_block(Block& block) const {
    const std::size_t few = plan_.math == Math::vector ? few_lanes_vector : few_lanes_exact;
    if (block.points <= few) {
      block.lanes = few;
      run_.few(block);
    } else if (block.points <= some_lanes) {
      block.lanes = some_lanes;
      run_.some(block);
    } else {
      run_.many(block);
    }
  }

  const Replay::Plan& plan_;
  const Batch& batch_;
  std::span<const double> shared_;
  std::span<double> sums_;
  const RunSteps& run_;
};

// On as many threads. Without OpenMP on one.
template <class RunChunk>
void for_each_chunk(std::size_t chunks, std::size_t threads, RunChunk&& run_chunk) {
#if defined(_OPENMP)
  const int count = static_cast<int>(std::min(threads, std::max<std::size_t>(chunks, 1)));
#pragma omp parallel for num_threads(count) schedule(dynamic) if (count > 1)
  for (std::size_t chunk = 0; chunk < chunks; ++chunk)
    run_chunk(chunk, static_cast<std::size_t>(omp_get_thread_num()));
#else
  static_cast<void>(threads);
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) run_chunk(chunk, 0);
#endif
}

// Chunk by chunk, into those of the first; then each where it belongs.
void add_up(const Replay::Plan& plan, std::span<double> partial, std::size_t chunks,
            std::span<double> sums) {
  const std::size_t count = plan.sums.size();
  for (std::size_t chunk = 1; chunk < chunks; ++chunk)
    for (std::size_t k = 0; k < count; ++k) partial[k] += partial[chunk * count + k];
  for (std::size_t k = 0; k < count; ++k) sums[k] = chunks == 0 ? 0 : partial[plan.sums[k]];
}

[[noreturn]] void throw_off(const Replay::Plan& plan, OffGuard off) {
  try {
    throw_guard(plan.program, plan.program.guards()[off.guard]);
  } catch (const GuardError& error) {
    throw GuardError(fmt::format("{} (point {} of the batch)", error.what(), off.point));
  }
}

}  // namespace

void Replay::run(const Batch& batch, Workspace& workspace) const {
  const Plan& plan = *plan_;
  if (workspace.plan_ != plan.number)
    throw ArgumentError("Replay::run: the workspace was made for another Replay");
  check_rows("inputs", batch.inputs.size(), batch.points, plan.varying.size());
  check_length("uniform inputs", batch.uniform.size(), plan.uniform.size());
  check_rows("outputs", batch.outputs.size(), batch.points, plan.outputs);
  check_length("sums", batch.sums.size(), plan.sums.size());
  if (!batch.off.empty()) check_length("off", batch.off.size(), batch.points);

  std::vector<double>& shared = workspace.shared_;
  std::ranges::copy(batch.uniform,
                    shared.begin() + static_cast<std::ptrdiff_t>(plan.constants.size()));
  for (const Step& step : plan.shared_steps) shared[step.to] = shared_value(step, shared);

  const std::size_t chunks = divide_up(batch.points, points_per_chunk(plan, batch.points));
  workspace.sums_.assign(chunks * plan.sums.size(), 0.0);
  const Run run(plan, batch, shared, workspace.sums_);
  OffGuard first_off{no_point, 0};
  const auto run_chunk = [&](std::size_t chunk, std::size_t thread) {
    std::vector<Workspace::Line>& rows = workspace.rows_[thread];
    const OffGuard found = run.run_chunk(chunk, rows.empty() ? nullptr : rows.front().numbers);
#if defined(_OPENMP)
#pragma omp critical(tapegrad_replay)
#endif
    if (found.point < first_off.point) first_off = found;
  };
  for_each_chunk(chunks, workspace.threads(), run_chunk);
  if (first_off.point != no_point && batch.off.empty()) throw_off(plan, first_off);
  add_up(plan, workspace.sums_, chunks, batch.sums);
}

void Replay::run(const Batch& batch) const {
  Workspace workspace(*this);
  run(batch, workspace);
}

std::string Replay::explain() const {
  const Plan& plan = *plan_;
  return to_string(plan.reports) +
         fmt::format("{} steps a block of {} lanes, {} once a batch; {} rows, {:.1f} kB\n",
                     plan.steps.size(), plan.lanes, plan.shared_steps.size(), plan.rows,
                     static_cast<double>(plan.rows * plan.lanes * sizeof(double)) / 1000);
}

}  // namespace tapegrad

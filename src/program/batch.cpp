// Gradients and Hessian-vector products as Replays: which program computes them, and how its rows
// of numbers become the caller's spans.

#include "tapegrad/program/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rewrite.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad {
namespace {

std::vector<bool> marked_inputs(const char* owner, const char* kind, const Program& program,
                                const std::vector<std::size_t>& inputs) {
  std::vector<bool> marks(program.input_count());
  for (const std::size_t i : inputs) {
    if (i >= marks.size())
      throw ArgumentError(fmt::format("{}: there is no input {} to be {}; the program has {}",
                                      owner, i, kind, marks.size()));
    if (marks[i])
      throw ArgumentError(fmt::format("{}: {} input {} is named twice", owner, kind, i));
    marks[i] = true;
  }
  return marks;
}

// How a program's inputs are to be taken.
struct Kinds {
  Kinds(const char* owner, const Program& program, const BatchOptions& options)
      : uniform(marked_inputs(owner, "uniform", program, options.uniform_inputs)),
        inactive(marked_inputs(owner, "inactive", program, options.inactive_inputs)) {
    if (options.threads == 0)
      throw ArgumentError(fmt::format("{}: 0 threads; pass 1 or more", owner));
  }

  BatchCounts counts() const {
    BatchCounts counts;
    for (std::size_t i = 0; i < uniform.size(); ++i) {
      ++(uniform[i] ? counts.uniform : counts.varying);
      if (!inactive[i]) ++(uniform[i] ? counts.active_uniform : counts.active_varying);
    }
    return counts;
  }

  std::vector<std::size_t> active() const {
    std::vector<std::size_t> inputs;
    for (std::size_t i = 0; i < inactive.size(); ++i)
      if (!inactive[i]) inputs.push_back(i);
    return inputs;
  }

  std::vector<bool> uniform, inactive;
};

// What a span has to be as long as.
struct Length {
  const char* owner;
  std::size_t points;

  void require(const char* what, std::size_t given, std::size_t wanted) const {
    if (given == wanted) return;
    throw ShapeError(fmt::format("{}: {} numbers of {}; it takes {}", owner, given, what, wanted));
  }
  // Asks by division: a product may overflow.
  void require_rows(const char* what, std::size_t given, std::size_t width) const {
    const bool fits = width == 0 ? given == 0 : given % width == 0 && given / width == points;
    if (fits) return;
    throw ShapeError(fmt::format("{}: {} numbers of {}; it takes {} for each of {} points", owner,
                                 given, what, width, points));
  }
};

// As long as needed; it never gets shorter, so that smaller batches allocate nothing.
std::span<double> first_of(std::vector<double>& numbers, std::size_t count) {
  if (numbers.size() < count) numbers.resize(count);
  return std::span(numbers).first(count);
}

// Copies a row of `from` to each row of `to`, into its columns from `column` on.
void copy_columns(std::span<const double> from, std::size_t width, std::span<double> to,
                  std::size_t stride, std::size_t column) {
  if (width == 0) return;
  for (std::size_t p = 0; p * width < from.size(); ++p)
    std::copy_n(from.data() + p * width, width, to.data() + p * stride + column);
}

// The value twice, as one of each point and as a sum; then the derivatives.
Replay gradient_replay(const Program& program, const BatchOptions& options, const Kinds& kinds) {
  std::vector<std::size_t> kept{0, 0};
  ReplayOptions replay{.uniform_inputs = options.uniform_inputs,
                       .summed_outputs = {1},
                       .math = options.math,
                       .rounding = options.rounding};
  for (const std::size_t i : kinds.active()) {
    if (kinds.uniform[i]) replay.summed_outputs.push_back(kept.size());
    kept.push_back(1 + i);
  }
  return Replay(keep_outputs(differentiate(program), kept), replay);
}

// The program with some inputs left out, for 0.
Program without_inputs(const Program& program, const std::vector<bool>& left_out) {
  const auto add_input = [&](ProgramBuilder& builder, const std::string& name, std::size_t i) {
    return left_out[i] ? builder.constant(0) : builder.add_input(name);
  };
  return rewritten(program, places_of_instructions(program), add_input, append_as_it_is);
}

// Tangents of the active inputs are inputs behind those of the program; outputs are the tangents
// of the derivatives by active inputs.
Replay product_replay(const Program& program, const BatchOptions& options, const Kinds& kinds) {
  const std::size_t n = program.input_count();
  std::vector<bool> left_out(n);
  left_out.insert(left_out.end(), kinds.inactive.begin(), kinds.inactive.end());
  std::vector<std::size_t> kept;
  ReplayOptions replay{.uniform_inputs = options.uniform_inputs,
                       .summed_outputs = {},
                       .math = options.math,
                       .rounding = options.rounding};
  for (const std::size_t i : kinds.active()) {
    if (kinds.uniform[i]) {
      replay.uniform_inputs.push_back(n + kept.size());
      replay.summed_outputs.push_back(kept.size());
    }
    kept.push_back((1 + n) + 1 + i);  // behind value, gradient, and the value's tangent
  }
  const Program tangents = keep_outputs(tangent(differentiate(program)), kept);
  return Replay(without_inputs(tangents, left_out), replay);
}

template <class MakeReplay>
std::shared_ptr<const Replay> shared_replay(const char* owner, const Program& program,
                                            const BatchOptions& options, MakeReplay&& make) {
  return std::make_shared<const Replay>(make(program, options, Kinds(owner, program, options)));
}

}  // namespace

// ---- Gradients ----

BatchGradient::BatchGradient(const Program& program, const BatchOptions& options)
    : counts_(Kinds("BatchGradient", program, options).counts()),
      replay_(shared_replay("BatchGradient", program, options, gradient_replay)),
      workspace_(*replay_, options.threads),
      sums_(1 + counts_.active_uniform) {}

double BatchGradient::run(const Spans& spans) {
  const Length length{"BatchGradient::run", spans.points};
  length.require_rows("inputs", spans.inputs.size(), counts_.varying);
  length.require("uniform", spans.uniform.size(), counts_.uniform);
  if (!spans.values.empty()) length.require("values", spans.values.size(), spans.points);
  length.require_rows("gradients", spans.gradients.size(), counts_.active_varying);
  length.require("uniform_gradient", spans.uniform_gradient.size(), counts_.active_uniform);
  if (!spans.off.empty()) length.require("off", spans.off.size(), spans.points);

  const std::size_t width = 1 + counts_.active_varying;
  const bool values_alone = width == 1 && !spans.values.empty();
  const std::span<double> rows =
      values_alone ? spans.values : first_of(rows_, spans.points * width);
  replay_->run({.points = spans.points,
                .inputs = spans.inputs,
                .uniform = spans.uniform,
                .outputs = rows,
                .sums = sums_,
                .off = spans.off},
               workspace_);
  for (std::size_t p = 0; p < spans.points && !values_alone; ++p) {
    const double* const row = rows.data() + p * width;
    if (!spans.values.empty()) spans.values[p] = row[0];
    std::copy(row + 1, row + width, spans.gradients.data() + p * (width - 1));
  }
  std::copy(sums_.begin() + 1, sums_.end(), spans.uniform_gradient.begin());
  return sums_[0];
}

// ---- Hessian-vector products ----

BatchHessianVectorProduct::BatchHessianVectorProduct(const Program& program,
                                                     const BatchOptions& options)
    : counts_(Kinds("BatchHessianVectorProduct", program, options).counts()),
      replay_(shared_replay("BatchHessianVectorProduct", program, options, product_replay)),
      workspace_(*replay_, options.threads),
      uniform_(counts_.uniform + counts_.active_uniform) {}

void BatchHessianVectorProduct::run(const Spans& spans) {
  const Length length{"BatchHessianVectorProduct::run", spans.points};
  length.require_rows("inputs", spans.inputs.size(), counts_.varying);
  length.require("uniform", spans.uniform.size(), counts_.uniform);
  length.require_rows("directions", spans.directions.size(), counts_.active_varying);
  length.require("uniform_direction", spans.uniform_direction.size(), counts_.active_uniform);
  length.require_rows("products", spans.products.size(), counts_.active_varying);
  length.require("uniform_product", spans.uniform_product.size(), counts_.active_uniform);
  if (!spans.off.empty()) length.require("off", spans.off.size(), spans.points);

  std::ranges::copy(spans.uniform_direction,
                    std::ranges::copy(spans.uniform, uniform_.begin()).out);
  std::span<const double> inputs = spans.inputs;
  if (counts_.active_varying > 0) {
    const std::size_t width = counts_.varying + counts_.active_varying;
    const std::span<double> rows = first_of(rows_, spans.points * width);
    copy_columns(spans.inputs, counts_.varying, rows, width, 0);
    copy_columns(spans.directions, counts_.active_varying, rows, width, counts_.varying);
    inputs = rows;
  }
  replay_->run({.points = spans.points,
                .inputs = inputs,
                .uniform = uniform_,
                .outputs = spans.products,
                .sums = spans.uniform_product,
                .off = spans.off},
               workspace_);
}

}  // namespace tapegrad

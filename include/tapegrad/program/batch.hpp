// Values and gradients, or Hessian-vector products, of one function at many points.
//
// A Replay runs any Program and leaves its outputs in rows. Here it is made for what is mostly
// wanted of a function of one result, and its numbers are sorted: values, gradients by the inputs
// that vary from point to point, and the gradient by those that all points share, summed over them.
//
// Each is made once and run many times, on as many threads as its options say. Those who want to
// run it at the same time take a copy each: it shares what was compiled, and has memory of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/program/program.hpp"
#include "tapegrad/program/replay.hpp"

namespace tapegrad {

struct BatchOptions {
  /// Inputs that are the same for all points: parameters.
  std::vector<std::size_t> uniform_inputs = {};
  /// Inputs by which nothing is differentiated: data, random numbers. Varying or uniform.
  std::vector<std::size_t> inactive_inputs = {};
  Math math = Math::exact;
  Rounding rounding = Rounding::as_recorded;
  std::size_t threads = 1;
};

/// What of its inputs a batch takes, and by how many of them it differentiates. All of them are
/// taken in the order that they have in the program.
struct BatchCounts {
  std::size_t varying = 0;
  std::size_t uniform = 0;
  std::size_t active_varying = 0;
  std::size_t active_uniform = 0;
};

/// Value and gradient of f at points x[p], with uniform inputs u: f(x[p], u), ∂f/∂x[p] for each,
/// and Σ_p ∂f/∂u.
class TAPEGRAD_API BatchGradient {
 public:
  /// @param program  of one output, not differentiated
  /// @throws ShapeError unless the program has one output; ArgumentError for an input that is not
  ///         there or named twice, and for 0 threads
  explicit BatchGradient(const Program& program, const BatchOptions& options = {});

  /// Points to run at, and where the results go.
  struct Spans {
    std::size_t points = 0;
    std::span<const double> inputs = {};      // points × varying inputs, row after row
    std::span<const double> uniform = {};     // the uniform inputs
    std::span<double> values = {};            // one for each point; or empty: not wanted
    std::span<double> gradients = {};         // points × active varying inputs, row after row
    std::span<double> uniform_gradient = {};  // active uniform inputs, summed over the points
    /// Empty, or one for each point, as Batch::off: 1 where a guard came out otherwise, and then
    /// value and gradient there mean nothing, and are left out of the sums. Empty: GuardError.
    std::span<std::uint8_t> off = {};
  };

  /// Results are the same to the last bit on any number of threads.
  /// @return the sum of the values over the points, 0 of none
  /// @throws ShapeError naming what has another length; GuardError naming the comparison and the
  ///         first such point (results are then undetermined)
  /// Cost: a replay and, with gradients by varying inputs, a copy of the results. Allocates
  /// nothing, but at a batch larger than any before.
  double run(const Spans& spans);

  const BatchCounts& counts() const { return counts_; }
  /// See Replay::explain().
  std::string explain() const { return replay_->explain(); }

 private:
  BatchCounts counts_;
  std::shared_ptr<const Replay> replay_;
  Replay::Workspace workspace_;
  std::vector<double> rows_;  // of a value and the derivatives by varying inputs
  std::vector<double> sums_;  // of values, and of the derivatives by uniform inputs
};

/// H·v of f at points x[p] with directions v[p], and a direction w of the uniform inputs u: what
/// v[p] and w change in ∂f/∂x[p], for each, and in Σ_p ∂f/∂u. So it is the Hessian of Σ_p f(x[p],
/// u) by all x[p] and u, times the direction of all v[p] and w.
class TAPEGRAD_API BatchHessianVectorProduct {
 public:
  /// Inactive inputs do not move: no direction has a number for them.
  /// @throws as BatchGradient
  explicit BatchHessianVectorProduct(const Program& program, const BatchOptions& options = {});

  struct Spans {
    std::size_t points = 0;
    std::span<const double> inputs = {};             // points × varying inputs, row after row
    std::span<const double> uniform = {};            // the uniform inputs
    std::span<const double> directions = {};         // points × active varying inputs
    std::span<const double> uniform_direction = {};  // active uniform inputs
    std::span<double> products = {};                 // points × active varying inputs
    std::span<double> uniform_product = {};          // active uniform inputs, summed
    std::span<std::uint8_t> off = {};                // see BatchGradient::Spans
  };

  /// @throws as BatchGradient::run()
  /// Cost: a replay and, with varying directions, a copy of inputs and directions. Allocates
  /// nothing, but at a batch larger than any before.
  void run(const Spans& spans);

  const BatchCounts& counts() const { return counts_; }
  std::string explain() const { return replay_->explain(); }

 private:
  BatchCounts counts_;
  std::shared_ptr<const Replay> replay_;
  Replay::Workspace workspace_;
  std::vector<double> rows_;     // of a point and its direction
  std::vector<double> uniform_;  // inputs and their direction
};

}  // namespace tapegrad

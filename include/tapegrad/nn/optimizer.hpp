// Rules that turn a gradient into a step downhill.
//
// They work on plain numbers: a contiguous block of parameters and its gradient, wherever that
// came from. One optimiser serves one block, because it remembers that block's past steps.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Base of all optimisers: checks a step's numbers, then leaves it to update(). A rule of your
/// own overrides update() alone.
class TAPEGRAD_API Optimizer {
 public:
  virtual ~Optimizer();

  /// Moves `parameters` one step against `gradient`, in place. The first step fixes the size.
  /// @param gradient  one derivative for each parameter
  /// @throws ShapeError if the sizes differ, or are not those of the first step;
  ///         ArgumentError if a derivative is NaN or infinite, or for Adam beyond ±1e154.
  ///         In each case, parameters and optimiser are as they were.
  void step(std::span<double> parameters, std::span<const double> gradient);

  /// The learning rate: the step's length for a gradient of length 1.
  double rate() const { return rate_; }

  /// Sets the rate of the steps to come; what the optimiser remembers stays (for schedules).
  /// @throws ArgumentError unless rate > 0 and finite
  void set_rate(double rate);

 protected:
  /// @throws ArgumentError unless rate > 0 and finite
  explicit Optimizer(double rate);
  Optimizer(const Optimizer&) = default;
  Optimizer& operator=(const Optimizer&) = default;

 private:
  /// The rule. Called with spans of equal size, the same at each step, and a finite gradient.
  virtual void update(std::span<double> parameters, std::span<const double> gradient) = 0;

  double rate_;
  std::optional<std::size_t> size_;  // of the first step
};

/// Steepest descent: x ← x − rate · g. Source: Cauchy 1847.
class TAPEGRAD_API GradientDescent final : public Optimizer {
 public:
  explicit GradientDescent(double rate) : Optimizer(rate) {}

 private:
  void update(std::span<double> parameters, std::span<const double> gradient) override;
};

/// The heavy ball, with a velocity that is 0 at first:
///   v ← momentum · v − rate · g
///   x ← x + v
/// Source: Polyak 1964, "Some methods of speeding up the convergence of iteration methods", in
/// the form of Sutskever, Martens, Dahl & Hinton 2013, equations 1 and 2.
class TAPEGRAD_API Momentum final : public Optimizer {
 public:
  /// @param momentum  how much of its velocity the ball keeps; 0 is gradient descent
  /// @throws ArgumentError unless rate > 0 and finite and 0 <= momentum < 1
  Momentum(double rate, double momentum);

 private:
  void update(std::span<double> parameters, std::span<const double> gradient) override;

  double momentum_;
  std::vector<double> velocity_;
};

struct AdamOptions {
  double rate = 1e-3;
  double beta1 = 0.9;     // memory of the gradient's mean: about 1 / (1 - beta1) steps
  double beta2 = 0.999;   // memory of its square
  double epsilon = 1e-8;  // in the gradient's unit; keeps steps small where it nearly vanishes
};

/// Steps of about `rate` in each parameter, whatever the gradient's scale. At step t = 1, 2, ...,
/// with m and v that are 0 at first:
///   m ← beta1 · m + (1 − beta1) · g        m̂ = m / (1 − beta1^t)
///   v ← beta2 · v + (1 − beta2) · g²       v̂ = v / (1 − beta2^t)
///   x ← x − rate · m̂ / (√v̂ + epsilon)
/// Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1.
class TAPEGRAD_API Adam final : public Optimizer {
 public:
  explicit Adam(double rate) : Adam(AdamOptions{.rate = rate}) {}
  /// @throws ArgumentError unless rate and epsilon are > 0 and finite and 0 <= betas < 1
  explicit Adam(const AdamOptions& options);

 private:
  void update(std::span<double> parameters, std::span<const double> gradient) override;

  double beta1_;
  double beta2_;
  double epsilon_;
  double beta1_to_t_ = 1;  // beta1^t, as a running product: std::pow differs between machines
  double beta2_to_t_ = 1;
  std::vector<double> mean_;
  std::vector<double> square_;
};

}  // namespace tapegrad

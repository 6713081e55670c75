// Rules that turn a gradient into a step downhill.
//
// They work on plain numbers: a contiguous block of parameters and its gradient, wherever that
// came from. One optimiser serves one block, because it remembers that block's past steps; what
// it remembers can be saved. What is done to a gradient before a step: clipping.hpp; the rate over
// time: schedule.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/saved_state.hpp"

namespace tapegrad {

/// Base of all optimisers: checks a step's numbers, then leaves it to update(). A rule of your
/// own overrides update() alone, and names in the constructor what it keeps from step to step.
class TAPEGRAD_API Optimizer {
 public:
  virtual ~Optimizer();

  /// Moves `parameters` one step against `gradient`, in place. The first step fixes the size.
  /// @param gradient  one derivative for each parameter
  /// @throws ShapeError if the sizes differ, or are not those of the first step;
  ///         ArgumentError if a derivative is NaN or infinite, or for a rule that squares it
  ///         (RMSprop, Adam, AdamW) beyond ±1e154.
  ///         In each case, parameters and optimiser are as they were.
  void step(std::span<double> parameters, std::span<const double> gradient);

  /// How many steps it has made.
  std::uint64_t steps() const { return steps_; }

  /// The learning rate: the step's length for a gradient of length 1.
  double rate() const { return rate_; }

  /// Sets the rate of the steps to come; what the optimiser remembers stays (for schedules). At
  /// rate 0, the end of some schedules, it remembers gradients and moves only by momentum.
  /// @throws ArgumentError unless rate >= 0 and finite
  void set_rate(double rate);

  /// All that it remembers: "step", one integer, and the rule's memories by their names, as many
  /// numbers as there are parameters (none before the first step). An optimiser of the same type
  /// and options that is given them goes on to the last bit. Not in it are the options, and the
  /// rate.
  SavedState state() const;

  /// Puts it back.
  /// @throws ArgumentError for other names or kinds, and for numbers that no steps can have left: a
  ///         NaN or infinity, a negative mean of squares;
  ///         ShapeError if the memories' sizes differ, or are not that of steps already made, or
  ///         not 0 where "step" is 0. Nothing is changed then.
  void restore(const SavedState& state);

 protected:
  /// Numbers that a rule keeps from step to step, one for each parameter, 0 before the first.
  struct Memory {
    std::string name;                                      // in state()
    double least = std::numeric_limits<double>::lowest();  // that restore() takes
    std::vector<double> numbers = {};
  };

  /// @param memories      those of the rule; none for a rule without a past
  /// @param max_gradient  a derivative beyond ± this is refused by step()
  /// @throws ArgumentError unless rate > 0 and finite
  explicit Optimizer(double rate, std::vector<Memory> memories = {},
                     double max_gradient = std::numeric_limits<double>::max());
  Optimizer(const Optimizer&) = default;
  Optimizer& operator=(const Optimizer&) = default;

  /// A derivative whose square, and mean of squares, stay finite.
  static constexpr double max_squared_gradient = 1e154;

  /// Memory k, in the order of the constructor; inside update(), as long as the parameters.
  std::span<double> memory(std::size_t k) { return memories_[k].numbers; }

 private:
  /// The rule. Called with spans of equal size, the same at each step, and a finite gradient;
  /// steps() counts the step already. It must not throw.
  virtual void update(std::span<double> parameters, std::span<const double> gradient) = 0;

  void check(std::span<double> parameters, std::span<const double> gradient) const;
  void check(const SavedState& state) const;

  double rate_;
  double max_gradient_;
  std::vector<Memory> memories_;
  std::uint64_t steps_ = 0;
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
/// State: "velocity".
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
};

/// Nesterov's accelerated gradient: the ball feels the slope where its velocity will bring it. The
/// parameters x that the caller has, and takes g at, are that place ahead:
///   v ← momentum · v − rate · g
///   x ← x + momentum · v − rate · g
/// State: "velocity".
/// Source: Nesterov 1983, in the form of Sutskever, Martens, Dahl & Hinton 2013, "On the importance
/// of initialization and momentum in deep learning", equations 3 and 4, whose θ + μv is x here, as
/// in Bengio, Boulanger-Lewandowski & Pascanu 2013, "Advances in optimizing recurrent networks".
/// At a constant rate these are PyTorch's steps too. Where the rate changes, PyTorch, whose
/// velocity is −v / rate, turns past steps over to the new rate; here they keep their own.
class TAPEGRAD_API Nesterov final : public Optimizer {
 public:
  /// @throws ArgumentError unless rate > 0 and finite and 0 <= momentum < 1
  Nesterov(double rate, double momentum);

 private:
  void update(std::span<double> parameters, std::span<const double> gradient) override;

  double momentum_;
};

struct RMSpropOptions {
  double rate = 1e-3;
  double memory = 0.9;    // of the gradient's square: about 1 / (1 - memory) steps
  double epsilon = 1e-8;  // in the gradient's unit; keeps steps small where it nearly vanishes
};

/// Divides the gradient by its own recent size, with v that is 0 at first:
///   v ← memory · v + (1 − memory) · g²
///   x ← x − rate · g / (√v + epsilon)
/// The first step is rate / √(1 − memory), more than three rates; Adam corrects for that.
/// State: "square".
/// Source: Tieleman & Hinton 2012, "Neural Networks for Machine Learning", lecture 6e. epsilon,
/// which is not in it, stands outside of the root, as in Adam.
class TAPEGRAD_API RMSprop final : public Optimizer {
 public:
  explicit RMSprop(double rate) : RMSprop(RMSpropOptions{.rate = rate}) {}
  /// @throws ArgumentError unless rate and epsilon are > 0 and finite and 0 <= memory < 1
  explicit RMSprop(const RMSpropOptions& options);

 private:
  void update(std::span<double> parameters, std::span<const double> gradient) override;

  double memory_;
  double epsilon_;
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
/// State: "mean" (m) and "square" (v).
/// Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1.
class TAPEGRAD_API Adam : public Optimizer {
 public:
  explicit Adam(double rate) : Adam(AdamOptions{.rate = rate}) {}
  /// @throws ArgumentError unless rate and epsilon are > 0 and finite and 0 <= betas < 1
  explicit Adam(const AdamOptions& options);

 protected:
  void update(std::span<double> parameters, std::span<const double> gradient) override;

 private:
  double beta1_;
  double beta2_;
  double epsilon_;
};

struct AdamWOptions {
  double rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double decay = 0.01;  // of the parameters; at each step they lose the share rate · decay
};

/// Adam with decoupled weight decay, which Adam's division by √v̂ does not touch:
///   x ← x − rate · decay · x, then Adam's step
/// All parameters decay, biases as well. State: as Adam's.
/// Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2, with
/// decay · rate for its λ, as in PyTorch: a schedule then scales both parts alike, like its η_t.
class TAPEGRAD_API AdamW final : public Adam {
 public:
  explicit AdamW(double rate) : AdamW(AdamWOptions{.rate = rate}) {}
  /// @throws ArgumentError as Adam, and unless decay >= 0 and finite
  explicit AdamW(const AdamWOptions& options);

 private:
  void update(std::span<double> parameters, std::span<const double> gradient) override;

  double decay_;
};

}  // namespace tapegrad

// An operation of one's own, made from functions: its value, and what it hands back in a sweep.
//
//   UserOperation       functions in, an operation on Values out
//   check_operation()   are these functions right? Held against finite differences
//   record_operation()  for an operation that is a class (core/external.hpp)
//
// Worth it where the derivative is known and the way to the value is long or not differentiable: a
// solver, a table, a call into another library. On the tape such an operation is one node with its
// name and all operands, followed by one node for each result, however much it computes.
// Operations made that way: implicit.hpp, linear_algebra.hpp, interpolation.hpp, quadrature.hpp.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/external.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// n operands x to m results y, as functions of plain numbers that return their results:
///
///     const UserOperation softclip{{
///         .name = "softclip",  // y = x / (1 + |x|)
///         .value = [](auto x) { return std::vector{x[0] / (1 + std::abs(x[0]))}; },
///         .pull_back =
///             [](auto x, auto, auto y_adjoints) {
///               const double d = 1 + std::abs(x[0]);
///               return std::vector{y_adjoints[0] / (d * d)};
///             },
///     }};
///     const Value y = softclip({x})[0];  // on the active tape: softclip(#1), and its result
///
/// Everything that is differentiated works with it: gradients and Jacobians always, Hessians if
/// there is a pull_back_derivative. A copy is a handle to the same functions. Recorded nodes keep
/// the functions alive: what these capture by reference has to live until the last sweep. They may
/// be called by several threads at once if several use the operation.
class TAPEGRAD_API UserOperation {
 public:
  using Numbers = std::span<const double>;

  struct Functions {
    /// Shown as the node's operation, and in messages.
    std::string name;

    /// y = f(x).
    std::function<std::vector<double>(Numbers x)> value;

    /// The vector-Jacobian product: n numbers, Σ_j y_adjoints[j]·∂y[j]/∂x[k]. What it returns for
    /// operands that are constants is ignored.
    /// @param y  the results at x, which are kept for it
    std::function<std::vector<double>(Numbers x, Numbers y, Numbers y_adjoints)> pull_back;

    /// The Jacobian-vector product: m numbers, Σ_k ∂y[j]/∂x[k]·x_tangents[k]. Without it pull_back
    /// is asked once for each result.
    std::function<std::vector<double>(Numbers x, Numbers y, Numbers x_tangents)> push_forward = {};

    /// The derivative of pull_back with fixed adjoints, in the direction of the tangents: n
    /// numbers, Σ_j Σ_l y_adjoints[j]·∂²y[j]/∂x[k]∂x[l]·x_tangents[l]. Without it hessian() throws
    /// UnsupportedError.
    std::function<std::vector<double>(Numbers x, Numbers y, Numbers x_tangents, Numbers y_adjoints)>
        pull_back_derivative = {};

    /// How many results value has to give; 0: as many as it does.
    std::size_t results = 0;

    /// If set, a NaN for an operand that is not a constant throws AnomalyError, where all that the
    /// function was given is finite. Else NaN goes its way as from any other operation, for
    /// find_anomalies() to find. An infinity is a derivative like any other: that of a pole.
    bool refuses_nan = false;
  };

  /// @throws ArgumentError if there is no name, no value or no pull_back
  explicit UserOperation(Functions functions);

  /// Records the operation on the active tape. If all operands are constants, so are the results,
  /// and nothing is recorded; then no tape is needed either.
  /// @return m Values
  /// @throws NoActiveTapeError, StaleValueError, TapeFullError; ShapeError if value gives another
  ///         number of results than it should; whatever value throws. A sweep throws ShapeError if
  ///         one of the others returns the wrong number of numbers
  /// Cost: a copy of the results, kept for the sweep.
  std::vector<Value> operator()(std::span<const Value> operands) const;
  std::vector<Value> operator()(std::initializer_list<Value> operands) const;

  /// The results alone: of the functions, and nothing is recorded.
  std::vector<double> operator()(std::span<const double> operands) const;

  const std::string& name() const { return functions_->name; }
  const Functions& functions() const { return *functions_; }

 private:
  std::shared_ptr<const Functions> functions_;
};

/// What check_operation() found. to_string() prints it.
struct TAPEGRAD_API OperationCheck {
  /// How one of the functions did, and where it did worst.
  struct Part {
    bool is_given = false;
    double worst = 0;  // largest relative disagreement; NaN if something is not finite
    std::size_t result = 0;
    std::size_t operand = 0;
    std::size_t direction = 0;  // of pull_back_derivative: the operand that moves
    double given = 0;           // the derivative by the function
    double expected = 0;        // and by what it is held against
  };

  std::string name;
  Part pull_back;             // against differences of value
  Part push_forward;          // against pull_back
  Part pull_back_derivative;  // against differences of pull_back
  double tolerance = 0;

  /// True if none of those that are given disagrees by more than the tolerance.
  bool agrees() const;
};

/// A line of summary, and one for each function.
TAPEGRAD_API std::string to_string(const OperationCheck& check);

/// Are the functions of the operation right at x? Every derivative of every result by every operand
/// is compared, with central differences of two steps, extrapolated.
///
/// The disagreement of a and b is |a - b| / max(|a|, |b|, noise / tolerance), where noise is what
/// rounding leaves of a difference. It says nothing at kinks and jumps: choose another x.
/// @param x          n operands
/// @param tolerance  what agrees() allows
/// @throws ArgumentError unless tolerance > 0; ShapeError if a function returns the wrong number of
///         numbers; whatever the functions throw
/// Cost: up to 9n calls of value, and 9nm of value and pull_back if there is a
/// pull_back_derivative.
TAPEGRAD_API OperationCheck check_operation(const UserOperation& operation,
                                            std::span<const double> x, double tolerance = 1e-6);

/// Records an operation that is a class on the active tape, with results that were computed
/// already: Tape::external(), but constants give constants also where no tape is active.
/// @throws NoActiveTapeError; else as Tape::external()
TAPEGRAD_API std::vector<Value> record_operation(std::shared_ptr<const External> operation,
                                                 std::span<const Value> operands,
                                                 std::span<const double> results);

/// Is there anything to record? False if all operands are constants, or within NoGrad. For
/// operations that compute long: to be asked before.
/// @param operation  its name, for the message
/// @throws NoActiveTapeError; StaleValueError if an operand is not on the active tape
TAPEGRAD_API bool are_recorded(std::span<const Value> operands, std::string_view operation);

}  // namespace tapegrad

// A user's own operation on the tape: the library records its operands and results, and asks it
// for the adjoints when the sweep comes by. From functions, without a class of one's own:
// derivatives/user_operation.hpp.
#pragma once

#include <span>
#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// An operation with n operands and m results of which the tape knows only the callback.
/// Recorded by Tape::external(). To record on the tape that is being swept, to sweep or to clear it
/// throws UnsupportedError; a tape of its own, made in the callback, is fine.
class TAPEGRAD_API External {
 public:
  External() = default;
  External(const External&) = delete;
  External& operator=(const External&) = delete;
  virtual ~External();

  /// Shown as the node's operation.
  virtual std::string_view name() const = 0;

  /// The vector-Jacobian product: adds Σ_j result_adjoints[j]·∂result[j]/∂operand[k] to
  /// operand_adjoints[k]. Called once per sweep, and only if some result has an adjoint other
  /// than 0.
  /// @param operands          n values, as recorded
  /// @param result_adjoints   m adjoints
  /// @param operand_adjoints  n numbers, zero on entry; those of constant operands are ignored
  virtual void pull_back(std::span<const double> operands, std::span<const double> result_adjoints,
                         std::span<double> operand_adjoints) const = 0;

  /// The Jacobian-vector product: adds Σ_k operand_tangents[k]·∂result[j]/∂operand[k] to
  /// result_tangents[j]. Not overridden, it asks pull_back() once for each result.
  /// @param operand_tangents  n numbers; 0 for constant operands
  /// @param result_tangents   m numbers, zero on entry
  virtual void push_forward(std::span<const double> operands,
                            std::span<const double> operand_tangents,
                            std::span<double> result_tangents) const;

  /// The second-order product: adds
  /// Σ_j Σ_l result_adjoints[j]·∂²result[j]/∂operand[k]∂operand[l]·operand_tangents[l]
  /// to operand_adjoints[k]: the derivative, in the direction of the tangents, of what pull_back()
  /// does with fixed adjoints.
  /// @throws UnsupportedError, not overridden: then the operation has no Hessian
  virtual void pull_back_derivative(std::span<const double> operands,
                                    std::span<const double> operand_tangents,
                                    std::span<const double> result_adjoints,
                                    std::span<double> operand_adjoints) const;
};

}  // namespace tapegrad

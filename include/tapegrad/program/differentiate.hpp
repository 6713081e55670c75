// From a Program to the Program of its derivatives.
//
// Reverse mode as a transformation: the chain rule, run over the instructions from the last to the
// first with the rules' partials as instructions. The result is an ordinary Program, which can be
// optimised, run, and differentiated again: that gives Hessians, and any higher order.
#pragma once

#include "tapegrad/export.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// Value and gradient: the outputs of `program`, which has one, and then ∂output/∂input for each
/// input.
/// Its adjoints are summed in the order of the tape's sweep: a run equals Tape::backward() to the
/// last bit (up to the sign of 0), where the math library is the same.
/// @throws ShapeError unless the program has one output
TAPEGRAD_API Program differentiate(const Program& program);

/// The vector-Jacobian product. Inputs: those of `program`, then an adjoint for each of its m
/// outputs. Outputs: the m outputs, then Σ_k adjoint[k]·∂output[k]/∂input for each input. Texts
/// call Σ_k adjoint[k]·output[k] L.
TAPEGRAD_API Program pull_back(const Program& program);

/// The Jacobian-vector product. Inputs: those of `program`, then a tangent for each of its n
/// inputs. Outputs: the m outputs, then the tangent of each. So tangent(differentiate(f)) has the
/// Hessian-vector product among its outputs.
TAPEGRAD_API Program tangent(const Program& program);

}  // namespace tapegrad

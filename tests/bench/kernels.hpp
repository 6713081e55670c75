// The list of kernels: functions to differentiate, each with its gradient by hand.
//
// A kernel is a struct with a name, the inputs at which it is differentiated, the function, written
// once for every number type, and gradient().
#pragma once

#include "kernels/black_scholes.hpp"
#include "kernels/bundle_adjustment.hpp"
#include "kernels/burgers.hpp"
#include "kernels/chain.hpp"
#include "kernels/determinant.hpp"
#include "kernels/gmm.hpp"
#include "kernels/himmelblau.hpp"
#include "kernels/libor.hpp"
#include "kernels/lotka_volterra.hpp"
#include "kernels/lstm.hpp"
#include "kernels/mlp.hpp"
#include "kernels/n_body.hpp"
#include "kernels/rosenbrock.hpp"

namespace tapegrad::bench {

/// Calls erf, which one contestant has not.
template <class Kernel> constexpr bool needs_erf = requires { requires Kernel::needs_erf; };

/// Calls visit(kernel) for each.
template <class Visitor> void for_each_kernel(Visitor&& visit) {
  visit(BlackScholes());
  visit(Libor());
  visit(GaussianMixture());
  visit(BundleAdjustment());
  visit(Lstm());
  visit(Mlp());
  visit(NBody());
  visit(LotkaVolterra());
  visit(Burgers());
  visit(Determinant());
  visit(Rosenbrock());
  visit(Chain());
  visit(Himmelblau());
}

}  // namespace tapegrad::bench

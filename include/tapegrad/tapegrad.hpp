// All of tapegrad, layer by layer. Each header also stands alone.
#pragma once

// What an operation is.
#include "tapegrad/ops/dual.hpp"
#include "tapegrad/ops/op.hpp"
#include "tapegrad/ops/text.hpp"

// Record and sweep.
#include "tapegrad/core.hpp"
#include "tapegrad/format.hpp"

// Ask for derivatives.
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/derivatives/checkpoint.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/derivatives/implicit.hpp"
#include "tapegrad/derivatives/interpolation.hpp"
#include "tapegrad/derivatives/jacobian.hpp"
#include "tapegrad/derivatives/linear_algebra.hpp"
#include "tapegrad/derivatives/matrix.hpp"
#include "tapegrad/derivatives/preaccumulation.hpp"
#include "tapegrad/derivatives/quadrature.hpp"
#include "tapegrad/derivatives/sparse.hpp"
#include "tapegrad/derivatives/user_operation.hpp"

// Run the same function at many points.
#include "tapegrad/program/cache.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/generate.hpp"
#include "tapegrad/program/passes.hpp"
#include "tapegrad/program/program.hpp"
#include "tapegrad/program/replay.hpp"

// Look at what was recorded.
#include "tapegrad/inspect/anomaly.hpp"
#include "tapegrad/inspect/audit.hpp"
#include "tapegrad/inspect/dump.hpp"
#include "tapegrad/inspect/explain.hpp"
#include "tapegrad/inspect/hooks.hpp"
#include "tapegrad/inspect/location.hpp"
#include "tapegrad/inspect/session.hpp"
#include "tapegrad/inspect/stepper.hpp"
#include "tapegrad/inspect/tape_file.hpp"

// Learn with them.
#include "tapegrad/nn/activation.hpp"
#include "tapegrad/nn/dataset.hpp"
#include "tapegrad/nn/initializer.hpp"
#include "tapegrad/nn/layer.hpp"
#include "tapegrad/nn/loss.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/neuron.hpp"
#include "tapegrad/nn/optimizer.hpp"
#include "tapegrad/nn/random.hpp"

// Show it.
#include "tapegrad/draw/plot.hpp"

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
#include "tapegrad/program/batch.hpp"
#include "tapegrad/program/cache.hpp"
#include "tapegrad/program/check.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/generate.hpp"
#include "tapegrad/program/passes.hpp"
#include "tapegrad/program/program.hpp"
#include "tapegrad/program/program_file.hpp"
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
#include "tapegrad/nn/clipping.hpp"
#include "tapegrad/nn/dataset.hpp"
#include "tapegrad/nn/dropout.hpp"
#include "tapegrad/nn/early_stopping.hpp"
#include "tapegrad/nn/idx.hpp"
#include "tapegrad/nn/initializer.hpp"
#include "tapegrad/nn/layer.hpp"
#include "tapegrad/nn/loss.hpp"
#include "tapegrad/nn/loss_gradient.hpp"
#include "tapegrad/nn/lstm.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/model_file.hpp"
#include "tapegrad/nn/neuron.hpp"
#include "tapegrad/nn/objective.hpp"
#include "tapegrad/nn/optimizer.hpp"
#include "tapegrad/nn/random.hpp"
#include "tapegrad/nn/saved_state.hpp"
#include "tapegrad/nn/schedule.hpp"
#include "tapegrad/nn/score.hpp"
#include "tapegrad/nn/split.hpp"
#include "tapegrad/nn/standardization.hpp"
#include "tapegrad/nn/target_loss.hpp"
#include "tapegrad/nn/tensor_file.hpp"
#include "tapegrad/nn/trainer.hpp"
#include "tapegrad/nn/training_error.hpp"
#include "tapegrad/nn/training_history.hpp"

// Show it.
#include "tapegrad/draw/graph.hpp"
#include "tapegrad/draw/page.hpp"
#include "tapegrad/draw/plot.hpp"
#include "tapegrad/draw/terminal.hpp"

// What can be found out about a training before it begins.
#pragma once

#include "tapegrad/nn/trainer.hpp"

namespace tapegrad {

/// @throws as the constructor of Trainer
void check_training(const Training& training, const TrainerOptions& options);

}  // namespace tapegrad

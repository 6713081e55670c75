// The loop that checkpoints are tested with.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/checkpoint.hpp"

namespace tapegrad::testing {

using Inputs = std::span<const Value>;
using Numbers = std::vector<double>;
using State = std::vector<Value>;

/// A pendulum with friction and a force that changes from step to step.
inline std::array<Value, 2> pendulum(Inputs x, Inputs p, std::size_t i) {
  const double h = 0.01;
  const Value force = p[2] * std::cos(0.1 * static_cast<double>(i));
  const Value speed = x[1] + h * (force - p[0] * sin(x[0]) - p[1] * x[1]);
  return {x[0] + h * speed, speed};
}

inline const Numbers start{0.5, -0.2};
inline const Numbers constants{9.81, 0.3, 0.7};

/// Bytes that leave room for so many snapshots of a state, beside a step of the pendulum.
inline CheckpointedLoopOptions room_for(std::size_t snapshots, std::size_t width = 2) {
  CheckpointedLoopOptions options;
  options.step_bytes = 2048;
  options.memory_budget = options.step_bytes + snapshots * (8 * width + 8);
  options.report = std::make_shared<CheckpointReport>();
  return options;
}

}  // namespace tapegrad::testing

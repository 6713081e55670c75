// For tests: one of each optimiser, and a valley for them to go down.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tapegrad/nn/optimizer.hpp"

namespace tapegrad {

struct OptimizerMaker {
  std::string name;
  std::vector<std::string> memories;  // names in its state
  std::function<std::unique_ptr<Optimizer>()> make;
};

inline const std::array every_optimizer = {
    OptimizerMaker{"GradientDescent", {}, [] { return std::make_unique<GradientDescent>(0.001); }},
    OptimizerMaker{"Momentum", {"velocity"}, [] { return std::make_unique<Momentum>(0.001, 0.9); }},
    OptimizerMaker{"Nesterov", {"velocity"}, [] { return std::make_unique<Nesterov>(0.001, 0.9); }},
    OptimizerMaker{"RMSprop", {"square"}, [] { return std::make_unique<RMSprop>(0.01); }},
    OptimizerMaker{"Adam", {"mean", "square"}, [] { return std::make_unique<Adam>(0.02); }},
    OptimizerMaker{"AdamW", {"mean", "square"}, [] { return std::make_unique<AdamW>(0.02); }},
};

/// Of (1 - x)² + 100 (y - x²)², Rosenbrock 1960: a curved valley with its floor at (1, 1).
inline std::array<double, 2> rosenbrock_gradient(const std::vector<double>& p) {
  const double x = p[0];
  const double y = p[1];
  return {-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)};
}

}  // namespace tapegrad

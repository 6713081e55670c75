// Which sample has made a loss or a gradient that is not finite?
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "tapegrad/core/node.hpp"
#include "tapegrad/nn/loss_gradient.hpp"
#include "tapegrad/nn/mlp.hpp"

namespace tapegrad {

struct BadSample {
  std::size_t row = 0;
  std::string fault;        // "the loss is nan"
  std::string explanation;  // a line's end and what `explain` says, or empty
};

struct DivergenceSearch {
  const MLP& network;
  const SampleLoss& loss;
  SampleSizes sizes;
  const std::function<std::string(const Node& loss)>& explain;

  /// Records the samples one by one, up to the first at fault; nothing if there is none.
  std::optional<BadSample> run(std::span<const double> rows) const;
};

}  // namespace tapegrad

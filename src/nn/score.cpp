#include "tapegrad/nn/score.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/value.hpp"

namespace tapegrad {

ScoreSum sum_scores(const MLP& network, const Objective& objective, const Samples& data,
                    std::size_t begin, std::size_t end) {
  require_valid(data);
  if (begin > end || end > data.size())
    throw ArgumentError(fmt::format("sum_scores: samples {} to {} of {}", begin, end, data.size()));
  ScoreSum sum{.samples = end - begin};
  for (std::size_t i = begin; i < end; ++i) {
    const std::vector<double> outputs = network(data.row(i));
    const std::span<const double> targets = data.target(i);
    // Constants record nothing.
    sum.loss += objective
                    .loss(std::vector<Value>(outputs.begin(), outputs.end()),
                          std::vector<Value>(targets.begin(), targets.end()))
                    .value();
    if (objective.is_right && objective.is_right(outputs, targets)) ++sum.right;
  }
  return sum;
}

Score score_of(const Objective& objective, const ScoreSum& sum) {
  if (sum.samples == 0) throw ArgumentError("evaluate: there are no samples");
  const double samples = static_cast<double>(sum.samples);
  Score score{.loss = sum.loss / samples};
  if (objective.is_right) score.accuracy = static_cast<double>(sum.right) / samples;
  return score;
}

Score evaluate(const MLP& network, const Objective& objective, const Samples& data) {
  return score_of(objective, sum_scores(network, objective, data, 0, data.size()));
}

}  // namespace tapegrad

#include "tapegrad/nn/score.hpp"

#include <cstddef>
#include <span>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/value.hpp"

namespace tapegrad {

Score evaluate(const MLP& network, const Objective& objective, const Samples& data) {
  require_valid(data);
  if (data.size() == 0) throw ArgumentError("evaluate: there are no samples");
  double loss = 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::vector<double> outputs = network(data.row(i));
    const std::span<const double> targets = data.target(i);
    // Constants record nothing.
    loss += objective
                .loss(std::vector<Value>(outputs.begin(), outputs.end()),
                      std::vector<Value>(targets.begin(), targets.end()))
                .value();
    if (objective.is_right && objective.is_right(outputs, targets)) ++right;
  }
  const double samples = static_cast<double>(data.size());
  Score score{.loss = loss / samples};
  if (objective.is_right) score.accuracy = static_cast<double>(right) / samples;
  return score;
}

}  // namespace tapegrad

// The error of a training that has come to a number which is not finite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "tapegrad/core/error.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// A loss, or a derivative of it, is NaN, infinite, or too large for the optimiser. The message
/// says where and when; TrainerOptions::explain adds where it comes from.
class TAPEGRAD_API TrainingError : public AnomalyError {
 public:
  static constexpr std::size_t no_sample = std::numeric_limits<std::size_t>::max();

  struct Place {
    std::uint64_t epoch = 0;         // counted from 1
    std::uint64_t step = 0;          // of the optimiser, counted from 1: the one that was not made
    std::size_t sample = no_sample;  // in the set; or no single one is to blame
  };

  TrainingError(const std::string& message, const Place& place)
      : AnomalyError(message), place_(place) {}

  const Place& place() const { return place_; }

 private:
  Place place_;
};

}  // namespace tapegrad

// What has to be the same in all processes that train one network.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/nn/trainer.hpp"

namespace tapegrad {

/// One thing, in a word: as it is, or a hash of it.
struct TrainingFact {
  enum class Kind : std::uint8_t { integer, number, hash };

  const char* what;
  Kind kind;
  std::uint64_t word;  // of a number, the bits
};

/// In the order in which they are best named: what differs early makes others differ, too.
std::vector<TrainingFact> facts_of(const Training& training, const TrainerOptions& options);

/// Names the first fact that is not the same everywhere, and two processes where it isn't.
/// @param words  those of the facts of process 0, then of process 1, ...
/// @return  empty, if all are the same
std::string first_difference(std::span<const TrainingFact> facts,
                             std::span<const std::uint64_t> words);

}  // namespace tapegrad

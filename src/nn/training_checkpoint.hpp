// A training in a file: the network as a file of its own would have it, and what goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "tapegrad/nn/early_stopping.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/optimizer.hpp"
#include "tapegrad/nn/random.hpp"
#include "tapegrad/nn/training_history.hpp"

namespace tapegrad {

struct TrainingCheckpoint {
  MLP& network;
  Optimizer& optimizer;
  Random& random;
  TrainingHistory& history;
  std::optional<EarlyStopping>& early_stopping;
  // What has to be the same, or the numbers of the next epoch would be others.
  std::uint64_t samples;
  std::uint64_t batch;
  std::uint64_t seed;
  std::uint64_t noise;

  /// @throws as save_tensors()
  void save(const std::filesystem::path& path) const;
  /// All, or nothing. @throws as Trainer::resume()
  void load(const std::filesystem::path& path) const;
};

/// Could a checkpoint of that name be saved? Leaves no file.
/// @throws FileError; UnsupportedError if tapegrad was built without model files
void check_can_save(const std::filesystem::path& path);

}  // namespace tapegrad

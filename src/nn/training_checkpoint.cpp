#include "nn/training_checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "files/whole_file.hpp"
#include "nn/tensor_header.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/model_file.hpp"
#include "tapegrad/nn/saved_state.hpp"
#include "tapegrad/nn/tensor_file.hpp"

namespace tapegrad {
namespace {

constexpr const char* optimizer_key = "tapegrad.optimizer";

template <class Kind> bool is(const Optimizer& optimizer) {
  return dynamic_cast<const Kind*>(&optimizer) != nullptr;
}

/// What optimisers remember does not tell them apart: Adam and AdamW have the same.
std::string kind_of(const Optimizer& optimizer) {
  if (is<GradientDescent>(optimizer)) return "GradientDescent";
  if (is<Momentum>(optimizer)) return "Momentum";
  if (is<Nesterov>(optimizer)) return "Nesterov";
  if (is<RMSprop>(optimizer)) return "RMSprop";
  if (is<AdamW>(optimizer)) return "AdamW";  // which is an Adam as well
  if (is<Adam>(optimizer)) return "Adam";
  return "an optimiser of the caller's";
}

struct Setting {
  const char* name;
  const char* text;  // in messages
  std::uint64_t number;
};

std::array<Setting, 4> settings_of(const TrainingCheckpoint& training) {
  return {Setting{"samples", "samples", training.samples},
          Setting{"batch", "samples a batch", training.batch},
          Setting{"seed", "as seed", training.seed},
          Setting{"noise", "random numbers a sample", training.noise}};
}

void check_settings(const TensorFile& file, const SavedState& saved,
                    const TrainingCheckpoint& training) {
  for (const Setting& setting : settings_of(training)) {
    const std::uint64_t number = word_of("settings", saved, setting.name);
    if (number != setting.number)
      file.fail(fmt::format("is of a training with {} {}; this one has {}", number, setting.text,
                            setting.number));
  }
}

void check_optimizer(const TensorFile& file, const Optimizer& optimizer) {
  const auto found = file.metadata.find(optimizer_key);
  if (found == file.metadata.end()) file.fail("is no checkpoint of a training");
  if (found->second != kind_of(optimizer))
    file.fail(fmt::format("is of a training with {}; this one has {}", found->second.substr(0, 40),
                          kind_of(optimizer)));
}

// Lists of one number for each parameter, which are empty as long as `counter` is 0: who restores
// them does not know how many parameters there are.
void check_lengths(const TensorFile& file, const SavedState& state, const char* counter,
                   std::size_t parameters) {
  const std::size_t length = word_of("checkpoint", state, counter) == 0 ? 0 : parameters;
  for (const NamedNumbers& list : state) {
    const auto* numbers = std::get_if<std::vector<double>>(&list.numbers);
    if (numbers == nullptr || list.name == "best_loss" || numbers->size() == length) continue;
    file.fail(
        fmt::format("'{}' has {} numbers where {} belong", list.name, numbers->size(), length));
  }
}

}  // namespace

void TrainingCheckpoint::save(const std::filesystem::path& path) const {
  SavedState state;
  SavedState settings;
  for (const Setting& setting : settings_of(*this))
    settings.push_back({setting.name, std::vector{setting.number}});
  add_part(state, "settings", std::move(settings));
  add_part(state, "optimizer", optimizer.state());
  add_part(state, "random", random.state());
  add_part(state, "history", history.state());
  if (early_stopping) add_part(state, "early_stopping", early_stopping->state());

  TensorFile file;
  file.metadata[optimizer_key] = kind_of(optimizer);
  add_network(file, network);
  add_state(file, state);
  save_tensors(file, path);
}

void TrainingCheckpoint::load(const std::filesystem::path& path) const {
  const TensorFile file = load_tensors(path);
  MLP new_network = network;
  read_parameters(file, new_network);
  check_optimizer(file, optimizer);

  Random new_random = random;
  TrainingHistory new_history = history;
  std::optional<EarlyStopping> new_stopping = early_stopping;
  const SavedState state = state_in(file);
  const SavedState of_optimizer = part_of(state, "optimizer");
  const SavedState of_stopping = part_of(state, "early_stopping");
  const std::size_t parameters = network.parameters().size();
  if (of_stopping.empty() == early_stopping.has_value())
    file.fail(early_stopping ? "is of a training without early stopping; this one is with it"
                             : "is of a training with early stopping; this one is without");
  try {
    check_settings(file, part_of(state, "settings"), *this);
    check_lengths(file, of_optimizer, "step", parameters);
    new_random.restore(part_of(state, "random"));
    new_history.restore(part_of(state, "history"));
    if (new_stopping) {
      check_lengths(file, of_stopping, "best_epoch", parameters);
      new_stopping->restore(of_stopping);
    }
    optimizer.restore(of_optimizer);  // the last that can throw
  } catch (const ArgumentError& error) {
    file.fail(error.what());
  } catch (const ShapeError& error) {
    file.fail(error.what());
  }
  std::ranges::copy(new_network.parameters(), network.parameters().begin());
  random = new_random;
  history = std::move(new_history);
  early_stopping = std::move(new_stopping);
}

void check_can_save(const std::filesystem::path& path) {
  static_cast<void>(header_text({}));  // throws where there are no model files
  const WholeFile never_finished(path);
}

}  // namespace tapegrad

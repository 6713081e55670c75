#include "nn/distributed/same_training.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <string_view>
#include <typeinfo>
#include <variant>

namespace tapegrad {
namespace {

/// FNV-1a, 64 bits, a byte at a time. Source: Fowler, Noll & Vo, "The FNV Non-Cryptographic Hash
/// Algorithm", draft-eastlake-fnv.
class Fingerprint {
 public:
  void add(std::uint64_t word) {
    for (int byte = 0; byte < 8; ++byte, word >>= 8) hash_ = (hash_ ^ (word & 0xff)) * prime;
  }
  void add(double number) { add(std::bit_cast<std::uint64_t>(number)); }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    for (const char c : text) add(std::uint64_t{static_cast<unsigned char>(c)});
  }
  template <class Number> void add(std::span<const Number> numbers) {
    add(std::uint64_t{numbers.size()});
    for (const Number number : numbers) add(number);
  }
  void add(const SavedState& state) {
    for (const NamedNumbers& list : state) {
      add(std::string_view(list.name));
      std::visit([this](const auto& numbers) { add(std::span(numbers)); }, list.numbers);
    }
  }

  std::uint64_t hash() const { return hash_; }

 private:
  static constexpr std::uint64_t prime = 0x100000001b3;
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

template <class Thing> std::uint64_t hash_of(const Thing& thing) {
  Fingerprint fingerprint;
  fingerprint.add(thing);
  return fingerprint.hash();
}

std::uint64_t hash_of(const std::vector<Layer>& layers) {
  Fingerprint fingerprint;
  for (const Layer& layer : layers) {
    fingerprint.add(std::uint64_t{layer.inputs()});
    fingerprint.add(std::uint64_t{layer.neurons()});
    fingerprint.add(static_cast<std::uint64_t>(layer.activation()));
  }
  return fingerprint.hash();
}

std::uint64_t hash_of(const Samples& samples) {
  Fingerprint fingerprint;
  fingerprint.add(std::uint64_t{samples.inputs});
  fingerprint.add(std::span<const double>(samples.x));
  fingerprint.add(std::span<const double>(samples.y));
  return fingerprint.hash();
}

std::string text_of(const TrainingFact& fact, std::uint64_t word) {
  if (fact.kind == TrainingFact::Kind::number)
    return fmt::format("{}", std::bit_cast<double>(word));
  return fmt::format("{}", word);
}

}  // namespace

std::vector<TrainingFact> facts_of(const Training& training, const TrainerOptions& options) {
  using Kind = TrainingFact::Kind;
  const auto number = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  const MLP& network = training.network;
  const std::span<const double> parameters = network.parameters();
  const Optimizer& optimizer = training.optimizer;
  const std::uint64_t stopping =
      options.early_stopping ? hash_of(options.early_stopping->state()) : 0;
  return {
      {"seed", Kind::integer, options.seed},
      {"number of layers", Kind::integer, network.layers().size()},
      {"number of parameters", Kind::integer, parameters.size()},
      {"shape of the network", Kind::hash, hash_of(network.layers())},
      {"number of training samples", Kind::integer, training.train.size()},
      {"training samples", Kind::hash, hash_of(training.train)},
      {"number of validation samples", Kind::integer, training.validation.size()},
      {"validation samples", Kind::hash, hash_of(training.validation)},
      {"parameters' values (the network's seed)", Kind::hash, hash_of(parameters)},
      {"kind of optimiser", Kind::hash, hash_of(std::string_view(typeid(optimizer).name()))},
      {"rate", Kind::number, number(optimizer.rate())},
      {"number of steps made", Kind::integer, optimizer.steps()},
      {"optimiser's memory", Kind::hash, hash_of(optimizer.state())},
      {"number of epochs", Kind::integer, options.epochs},
      {"batch", Kind::integer, options.batch},
      {"number of parts", Kind::integer, options.share.parts},
      {"engine", Kind::hash, static_cast<std::uint64_t>(options.gradient.engine)},
      {"kind of math", Kind::hash, static_cast<std::uint64_t>(options.gradient.math)},
      {"weight decay", Kind::number, number(options.weight_decay)},
      {"norm to clip at", Kind::number, number(options.clip_norm)},
      {"number of random numbers a sample", Kind::integer, options.noise.count},
      {"early stopping", Kind::hash, stopping},
  };
}

std::string first_difference(std::span<const TrainingFact> facts,
                             std::span<const std::uint64_t> words) {
  const std::size_t processes = words.size() / facts.size();
  for (std::size_t k = 0; k < facts.size(); ++k) {
    for (std::size_t process = 1; process < processes; ++process) {
      const std::uint64_t first = words[k], other = words[process * facts.size() + k];
      if (first == other) continue;
      const TrainingFact& fact = facts[k];
      if (fact.kind == TrainingFact::Kind::hash)
        return fmt::format("the {} in process {} is not that of process 0", fact.what, process);
      return fmt::format("the {} is {} in process 0, {} in process {}", fact.what,
                         text_of(fact, first), text_of(fact, other), process);
    }
  }
  return {};
}

}  // namespace tapegrad

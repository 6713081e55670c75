// The command line of `digits`.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/loss_gradient.hpp"

struct Options {
  std::size_t epochs = 40;
  double rate = 0.004;
  std::size_t batch = 16;
  std::vector<std::size_t> hidden{32};
  std::uint64_t seed = 1;
  tapegrad::Engine engine = tapegrad::Engine::program;
  std::size_t threads = 1;
  std::filesystem::path checkpoint;
  bool resume = false;
  bool distributed = false;
  std::size_t parts = 0;  // as many as processes
  std::filesystem::path data = TAPEGRAD_SAMPLES_DATA "/digits.csv";
  std::filesystem::path output = "output";
  bool help = false;
};

inline std::string usage() {
  const Options defaults;
  return fmt::format(R"(digits: a network learns to read handwriting

  --epochs N        passes over the training samples ({})
  --rate R          learning rate of Adam ({})
  --batch N         samples for one step ({})
  --hidden N[,N..]  neurons of the hidden layers ({})
  --seed N          for the split, the weights and the order of the samples ({})
  --engine NAME     program: records one sample and replays it; tape: records every sample (program)
  --threads N       for a batch of more than about 100 samples; the numbers stay the same ({})
  --checkpoint FILE saved after each epoch, for --resume; also the network's own file (none)
  --resume          go on from the checkpoint, with the same options; --epochs may be more
  --distributed     by several processes: mpirun -n 2 build/release/samples/digits --distributed
  --parts N         of a batch; by 1, 2, 4, .. N processes numbers are the same (one for each)
  --data FILE       CSV of 64 grey levels 0..16 and the digit 0..9 (samples/data/digits.csv)
  --output FOLDER   for the learning curves ({})
  --help            this text
)",
                     defaults.epochs, defaults.rate, defaults.batch, defaults.hidden.front(),
                     defaults.seed, defaults.threads, defaults.output.string());
}

inline std::vector<std::size_t> parse_sizes(std::string_view option, std::string_view text) {
  std::vector<std::size_t> sizes;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    sizes.push_back(parse_number<std::size_t>(option, text.substr(begin, end - begin), 1, 1000));
    begin = end + 1;
  }
  return sizes;
}

inline tapegrad::Engine parse_engine(std::string_view option, std::string_view text) {
  if (text == "program") return tapegrad::Engine::program;
  if (text == "tape") return tapegrad::Engine::tape;
  throw tapegrad::ArgumentError(fmt::format("{} takes program or tape, not '{}'", option, text));
}

/// @throws tapegrad::ArgumentError for an unknown option or a value that makes no sense
inline Options parse_options(const std::vector<std::string_view>& arguments) {
  constexpr std::size_t million = 1'000'000;
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view option = arguments[i];
    const auto value = [&] {
      if (i + 1 == arguments.size())
        throw tapegrad::ArgumentError(fmt::format("{} needs a value after it", option));
      return arguments[++i];
    };
    if (option == "--help") {
      options.help = true;
    } else if (option == "--epochs") {
      options.epochs = parse_number<std::size_t>(option, value(), 1, million);
    } else if (option == "--rate") {
      options.rate = parse_number(option, value(), 1e-300, 1e308);
    } else if (option == "--batch") {
      options.batch = parse_number<std::size_t>(option, value(), 1, million);
    } else if (option == "--hidden") {
      options.hidden = parse_sizes(option, value());
    } else if (option == "--seed") {
      options.seed = parse_number<std::uint64_t>(option, value(), 0, UINT64_MAX);
    } else if (option == "--engine") {
      options.engine = parse_engine(option, value());
    } else if (option == "--threads") {
      options.threads = parse_number<std::size_t>(option, value(), 1, 1000);
    } else if (option == "--checkpoint") {
      options.checkpoint = value();
    } else if (option == "--resume") {
      options.resume = true;
    } else if (option == "--distributed") {
      options.distributed = true;
    } else if (option == "--parts") {
      options.parts = parse_number<std::size_t>(option, value(), 1, million);
    } else if (option == "--data") {
      options.data = value();
    } else if (option == "--output") {
      options.output = value();
    } else {
      throw tapegrad::ArgumentError(
          fmt::format("there is no option '{}'; --help lists those there are", option));
    }
  }
  if (options.resume && options.checkpoint.empty())
    throw tapegrad::ArgumentError("--resume needs --checkpoint FILE, to go on from there");
  if (options.parts != 0 && !options.distributed)
    throw tapegrad::ArgumentError(
        "--parts needs --distributed, for processes to share them out to");
  return options;
}

// The command line of `digits`.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
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
};

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

/// The options as --help lists them.
/// @param options  what they set; holds the defaults
inline CommandLine command_line(Options& options) {
  constexpr std::size_t million = 1'000'000;
  CommandLine line("digits", "a network learns to read handwriting");
  line.number("--epochs", options.epochs, {1, million}, "passes over the training samples");
  line.number("--rate", options.rate, {1e-300, 1e308}, "learning rate of Adam");
  line.number("--batch", options.batch, {1, million}, "samples for one step");
  line.add({"--hidden", "N[,N..]",
            fmt::format("neurons of the hidden layers ({})", fmt::join(options.hidden, ",")),
            [&](std::string_view text) { options.hidden = parse_sizes("--hidden", text); }});
  line.number("--seed", options.seed, {0, UINT64_MAX},
              "for the split, the weights and the order of the samples");
  line.add({"--engine", "NAME",
            "program: records one sample and replays it; tape: records every sample (program)",
            [&](std::string_view text) { options.engine = parse_engine("--engine", text); }});
  line.number("--threads", options.threads, {1, 1000},
              "for a batch of more than about 100 samples; the numbers stay the same");
  line.path("--checkpoint", options.checkpoint, "FILE",
            "saved after each epoch, for --resume; also the network's own file");
  line.flag("--resume", options.resume,
            "go on from the checkpoint, with the same options; --epochs may be more");
  line.flag("--distributed", options.distributed,
            "by several processes: mpirun -n 2 build/release/samples/digits --distributed");
  line.add({"--parts", "N",
            "of a batch; by 1, 2, 4, .. N processes numbers are the same (one for each)",
            [&](std::string_view text) {
              options.parts = parse_number<std::size_t>("--parts", text, 1, million);
            }});
  line.path("--data", options.data, "FILE", "CSV of 64 grey levels 0..16 and the digit 0..9");
  line.path("--output", options.output, "FOLDER",
            "for the learning curves and the page of the training");
  return line;
}

/// @throws tapegrad::ArgumentError for options that do not go together
inline void check(const Options& options) {
  if (options.resume && options.checkpoint.empty())
    throw tapegrad::ArgumentError("--resume needs --checkpoint FILE, to go on from there");
  if (options.parts != 0 && !options.distributed)
    throw tapegrad::ArgumentError(
        "--parts needs --distributed, for processes to share them out to");
}

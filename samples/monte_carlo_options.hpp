// The command line of `monte_carlo`.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "tapegrad/core/error.hpp"

struct Options {
  std::size_t paths = 8192;
  std::size_t threads = 1;
  std::uint64_t seed = 1;
  bool help = false;
};

inline std::string usage() {
  const Options defaults;
  return fmt::format(R"(monte_carlo: all greeks of an option, on simulated paths

  --paths N    of the swaptions; of the call 16 times as many; rounded up to whole batches,
               eight at least ({})
  --threads N  that replay a batch; results are the same on any number ({})
  --seed N     of the random numbers ({})
  --help       this text
)",
                     defaults.paths, defaults.threads, defaults.seed);
}

/// An integer, all of `text`, between low and high.
inline std::uint64_t parse_integer(std::string_view option, std::string_view text,
                                   std::uint64_t low, std::uint64_t high) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < low || number > high)
    throw tapegrad::ArgumentError(
        fmt::format("{} takes an integer from {} to {}, not '{}'", option, low, high, text));
  return number;
}

/// @throws tapegrad::ArgumentError for an unknown option or a value that makes no sense
inline Options parse_options(const std::vector<std::string_view>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view option = arguments[i];
    const auto integer = [&](std::uint64_t low, std::uint64_t high) {
      if (i + 1 == arguments.size())
        throw tapegrad::ArgumentError(fmt::format("{} needs a value after it", option));
      return parse_integer(option, arguments[++i], low, high);
    };
    if (option == "--help") {
      options.help = true;
    } else if (option == "--paths") {
      options.paths = static_cast<std::size_t>(integer(1, 1'000'000'000));
    } else if (option == "--threads") {
      options.threads = static_cast<std::size_t>(integer(1, 1024));
    } else if (option == "--seed") {
      options.seed = integer(0, UINT64_MAX);
    } else {
      throw tapegrad::ArgumentError(
          fmt::format("there is no option '{}'; --help lists those there are", option));
    }
  }
  return options;
}

// What does a node cost in small and in large recordings, on a fresh tape and on one whose memory
// is used again, and does a growing tape ever pause?
//
//   meson test -C build/release --benchmark --verbose growth
//   build/release/tests/bench/growth_bench [--limit=N] [--svg=PATH]
//
// From 10³ nodes to N: 10⁷ unless given, and no more than memory holds (10⁸ take 4 GB).
// --svg=PATH draws the times, too, if gnuplot is installed.

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "growth.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/draw/plot.hpp"

using namespace tapegrad;
using namespace tapegrad::bench;

namespace {

struct Measured {
  std::size_t nodes = 0;
  double cold = 0, warm = 0, sweep = 0;   // ns a node
  double longest = 0, median = 0;         // chunk of the cold recording, ns
  double used_bytes = 0, held_bytes = 0;  // a node; held: with adjoints, and room to grow into
};

// Least ns of a sweep. The processor's time: others may be running on this machine, and a sweep
// cannot be cut into chunks.
double sweep_time(const Computation& computation, Tape& tape, std::size_t repetitions) {
  const std::size_t at_once = std::max<std::size_t>(1, 1'000'000 / tape.size());
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t done = 0; done < repetitions; done += at_once) {
    const std::clock_t start = std::clock();
    for (std::size_t k = 0; k < at_once; ++k) computation.sweep(tape);
    const auto ticks = static_cast<double>(std::clock() - start);
    least = std::min(least, ticks * 1e9 / CLOCKS_PER_SEC / static_cast<double>(at_once));
  }
  return least;
}

// Cold, warm and sweep by turns, so that what slows the machine for a while hits all.
// @throws TapeFullError if so many nodes have no room in memory
Measured measure(std::size_t nodes) {
  constexpr std::size_t rounds = 5;
  const std::size_t repetitions = std::clamp<std::size_t>(30'000'000 / nodes, 1, 3000);
  Computation computation(nodes / chunk_nodes);
  ChunkTimes cold(computation.chunks()), warm(computation.chunks());
  double sweep = std::numeric_limits<double>::infinity();
  Tape warm_tape;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t k = 0; k < repetitions; ++k) {
      Tape tape;
      cold.record(computation, tape);
    }
    if (round == 0) computation.record(warm_tape);
    for (std::size_t k = 0; k < repetitions; ++k) {
      warm_tape.clear();
      warm.record(computation, warm_tape);
    }
    sweep = std::min(sweep, sweep_time(computation, warm_tape, repetitions));
    if (!computation.is_right(warm_tape)) throw Error("the gradient is wrong");
  }

  const auto size = static_cast<double>(nodes);
  return {.nodes = nodes,
          .cold = cold.per_node(),
          .warm = warm.per_node(),
          .sweep = sweep / size,
          .longest = cold.longest(),
          .median = cold.median(),
          .used_bytes = static_cast<double>(warm_tape.recording().used_bytes()) / size,
          .held_bytes = static_cast<double>(warm_tape.memory_bytes()) / size};
}

void print_title() {
  constexpr const char* format = "{:>11} {:>8} {:>8} {:>8} {:>10} {:>14} {:>8} {:>11} {:>11}\n";
  fmt::print(format, "", "cold", "warm", "sweep", "cold/warm", "longest pause", "x median",
             "bytes/node", "bytes/node");
  fmt::print(format, "nodes", "ns/node", "ns/node", "ns/node", "", "us/1000 nodes", "", "used",
             "held");
}

void print(const Measured& row) {
  fmt::print("{:>11} {:>8.2f} {:>8.2f} {:>8.2f} {:>10.2f} {:>14.1f} {:>8.1f} {:>11.1f} {:>11.1f}\n",
             row.nodes, row.cold, row.warm, row.sweep, row.cold / row.warm, row.longest / 1000,
             row.longest / row.median, row.used_bytes, row.held_bytes);
  std::fflush(stdout);
}

// Measures and prints as many sizes as there is room for.
std::vector<Measured> measure_up_to(std::size_t limit) {
  std::vector<Measured> rows;
  print_title();
  try {
    for (std::size_t decade = chunk_nodes; decade <= limit; decade *= 10) {
      for (const std::size_t nodes : {decade, 3 * decade}) {
        if (nodes > limit) break;
        rows.push_back(measure(nodes));
        print(rows.back());
      }
    }
  } catch (const TapeFullError& error) {
    fmt::print("{}\n", error.what());
  }
  return rows;
}

Plot plot_of(const std::vector<Measured>& rows) {
  Series cold{.name = "recorded on a fresh tape", .x = {}, .y = {}};
  Series warm{.name = "recorded on a cleared tape", .x = {}, .y = {}};
  Series sweep{.name = "swept", .x = {}, .y = {}};
  for (const Measured& row : rows) {
    for (Series* series : {&cold, &warm, &sweep})
      series->x.push_back(std::log10(static_cast<double>(row.nodes)));
    cold.y.push_back(row.cold);
    warm.y.push_back(row.warm);
    sweep.y.push_back(row.sweep);
  }
  return {.title = "What a node costs in recordings of all sizes",
          .x_label = "nodes, as a power of ten",
          .y_label = "ns a node",
          .series = {cold, warm, sweep},
          .y_scale = Scale::linear};
}

struct Options {
  std::size_t limit = 10'000'000;
  std::string svg;
};

// False if an argument is none of ours.
bool read(int count, char** arguments, Options& options) {
  constexpr std::string_view limit = "--limit=", svg = "--svg=";
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument.starts_with(limit)) {
      const std::string_view number = argument.substr(limit.size());
      const char* const end = number.data() + number.size();
      const auto [stop, error] = std::from_chars(number.data(), end, options.limit);
      if (error != std::errc() || stop != end || options.limit < chunk_nodes) return false;
    } else if (argument.starts_with(svg)) {
      options.svg = argument.substr(svg.size());
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  if (!read(count, arguments, options)) {
    fmt::print(stderr, "usage: {} [--limit=N] [--svg=PATH], N at least {}\n", arguments[0],
               chunk_nodes);
    return 2;
  }
  try {
    const std::vector<Measured> rows = measure_up_to(options.limit);
    if (options.svg.empty() || rows.empty()) return 0;
    const Picture picture = draw(plot_of(rows), options.svg);
    for (const auto& file : picture.files) fmt::print("{}\n", file.string());
    if (!picture.hint.empty()) fmt::print("{}\n", picture.hint);
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

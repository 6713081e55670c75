// What do value and gradient cost at many points, and at one: on a tape each time, by a Program
// that was compiled once, and by the C++ that it writes?
//
//   meson test -C build/release --benchmark --verbose replay
//   build/release/tests/bench/replay_bench [--kernel=TEXT]
//
// --kernel=TEXT runs only kernels with TEXT in their name. Contestants, in replay_contest.hpp's
// sense, all of which must agree with the gradient by hand:
//   double       the plain function, called at one point after the other
//   by hand      its gradient, written by hand
//   tape         recorded and swept at each point
//   ADOL-C       recorded once, then replayed and swept at each point (where it is installed)
//   generated    generate_cpp(), by the compiler at -O3 (of kernels that are not too long for it)
//   program      a Replay of one point, at each point
//   exact        a Replay of all points, with the C library's functions; vectors: with its vector
//                functions; 2 threads, and 2 processes of one thread each: with these

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels.hpp"
#include "processes.hpp"
#include "replay_contest.hpp"
#include "replay_contestants.hpp"
#include "replay_tables.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/replay.hpp"

using namespace tapegrad;
using namespace tapegrad::bench;

namespace {

constexpr std::size_t block = 64;

// Enough for two threads where a block is short and its numbers few; two blocks where it is the
// memory that would be measured.
bool is_small(const Program& program) {
  return program.instructions().size() < 40'000 && program.input_count() < 500;
}

// One kernel at several points that differ a little.
template <class Kernel> class ReplayOfKernel {
 public:
  explicit ReplayOfKernel(const Kernel& kernel)
      : kernel_(kernel),
        width_(kernel.inputs().size()),
        program_(differentiate(compile(kernel, kernel.inputs()))),
        exact_(program_),
        vectors_(program_, {.math = Math::vector}),
        points_((is_small(program_) ? 16 : 2) * block),
        few_(program_.instructions().size() < 300'000 ? block : block / 8),
        contest_(points_, width_),
        results_of_processes_(contest_.outputs().size()) {
    const std::vector<double> x = kernel.inputs();
    for (std::size_t p = 0; p < points_; ++p)
      for (const double xi : x) inputs_.push_back(xi * (1 + 1e-4 * static_cast<double>(p % 7)));
  }

  /// Nothing, but a line for each, if contestants do not agree.
  std::optional<ReplayResult> run() {
    constexpr double seconds = 4;
    enter_plain();
    enter_others();
    enter_programs();
    std::optional<Processes> processes;
    if (is_small(program_)) enter_two(processes);
    const std::vector<std::string> faults = contest_.disagreements("by hand");
    for (const std::string& fault : faults) fmt::print("{}: {}\n", Kernel::name, fault);
    if (!faults.empty()) return std::nullopt;
    contest_.time(seconds);
    ReplayResult result{
        .kernel = Kernel::name, .seconds = {}, .passes = optimise(program_).reports};
    for (const char* name : {"double", "by hand", "tape", "ADOL-C", "generated", "program", "exact",
                             "vectors", "2 processes", "2 threads"})
      if (const double found = contest_.seconds(name); found > 0) result.seconds[name] = found;
    return result;
  }

 private:
  std::span<const double> point(std::size_t p) const {
    return std::span(inputs_).subspan(p * width_, width_);
  }

  /// @param visit  of a point and its row of results
  template <class Visit> auto at_each_of(std::size_t points, Visit visit) {
    return [=, this](std::size_t turns) {
      for (std::size_t turn = 0; turn < turns; ++turn)
        for (std::size_t p = 0; p < points; ++p) {
          visit(point(p), contest_.row(p));
          asm volatile("" ::: "memory");  // one point at a time, also where several would fit
        }
    };
  }

  void enter_plain() {
    contest_.enter_values("double", few_,
                          at_each_of(few_, [this](auto x, auto row) { row[0] = kernel_(x); }));
    // At all points, since it is what the others are held against.
    contest_.enter("by hand", points_, at_each_of(points_, [this](auto x, auto row) {
                     row[0] = kernel_.gradient(x, row.subspan(1));
                   }));
  }

  void enter_others() {
    contest_.enter("tape", few_, at_each_of(few_, [this](auto x, auto row) {
                     row[0] = gradient(kernel_, x, row.subspan(1));
                   }));
#if defined(BENCH_ADOLC)
    contest_.enter("ADOL-C", few_,
                   at_each_of(few_, [replay = adolc_replay(Kernel::name)](auto x, auto row) {
                     row[0] = replay(x, row.subspan(1));
                   }));
#endif
    if (const Generated generated = generated_gradient(Kernel::name))
      contest_.enter("generated", few_, at_each_of(few_, [generated](auto x, auto row) {
                       generated(x.data(), row.data());
                     }));
  }

  void enter_programs() {
    contest_.enter("program", few_, at_each_of(few_, [this](auto x, auto row) {
                     exact_.run({.points = 1, .inputs = x, .outputs = row}, for_exact_);
                   }));
    contest_.enter("exact", points_, [this](std::size_t turns) {
      replay(exact_, for_exact_, {0, points_}, contest_.outputs(), turns);
    });
    contest_.enter("vectors", points_, [this](std::size_t turns) {
      replay(vectors_, for_vectors_, {0, points_}, contest_.outputs(), turns);
    });
  }

  // Processes before threads, which wait for the next turn awake for a while.
  void enter_two(std::optional<Processes>& processes) {
    processes.emplace(2, [this](std::size_t process, std::size_t turns) {
      const std::size_t half = points_ / 2;
      replay(vectors_, for_vectors_, {process * half, half}, results_of_processes_.numbers(),
             turns);
    });
    contest_.enter(
        "2 processes", points_, [&processes](std::size_t turns) { processes->run(turns); },
        results_of_processes_.numbers());
    contest_.enter("2 threads", points_, [this](std::size_t turns) {
      replay(vectors_, for_two_, {0, points_}, contest_.outputs(), turns);
    });
  }

  struct Part {
    std::size_t first, points;
  };
  void replay(const Replay& way, Replay::Workspace& workspace, Part part, std::span<double> outputs,
              std::size_t turns) {
    const std::size_t row = width_ + 1;
    for (std::size_t turn = 0; turn < turns; ++turn)
      way.run({.points = part.points,
               .inputs = std::span(inputs_).subspan(part.first * width_, part.points * width_),
               .outputs = outputs.subspan(part.first * row, part.points * row)},
              workspace);
  }

  const Kernel& kernel_;
  std::size_t width_;
  Program program_;
  Replay exact_;
  Replay vectors_;
  std::size_t points_;
  std::size_t few_;  // for those who go from point to point, as far as they are not compared
  ReplayContest contest_;
  SharedNumbers results_of_processes_;
  Replay::Workspace for_exact_{exact_}, for_vectors_{vectors_}, for_two_{vectors_, 2};
  std::vector<double> inputs_;
};

// Nothing if an argument is none of ours.
std::optional<std::string> read_filter(int count, char** arguments) {
  constexpr std::string_view kernel = "--kernel=";
  std::string filter;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (!argument.starts_with(kernel)) return std::nullopt;
    filter = argument.substr(kernel.size());
  }
  return filter;
}

}  // namespace

int main(int count, char** arguments) {
  const std::optional<std::string> filter = read_filter(count, arguments);
  if (!filter) {
    fmt::print(stderr, "usage: {} [--kernel=TEXT]\n", arguments[0]);
    return 2;
  }
  try {
    bool all_agree = true;
    std::vector<ReplayResult> results;
    for_each_kernel([&]<class Kernel>(const Kernel& kernel) {
      if (std::string_view(Kernel::name).find(*filter) == std::string_view::npos) return;
      const std::optional<ReplayResult> result = ReplayOfKernel<Kernel>(kernel).run();
      if (result) results.push_back(*result);
      all_agree = all_agree && result.has_value();
    });
    if (results.empty()) return 1;
    print_many_points(results);
    print_one_point(results);
    print_two_at_work(results);
    print_passes(results);
    return all_agree ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

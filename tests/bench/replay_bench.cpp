// What value and gradient cost at many points: on a tape each time, and by a Program that was
// compiled once. Contestants take turns; the shortest of several times counts.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/replay.hpp"

using namespace tapegrad;

namespace {

constexpr std::size_t rounds = 9;
// Enough for two threads where a block is short and its numbers few; two where it is the memory
// that would be measured.
std::size_t blocks(const Program& program) {
  const bool few = program.instructions().size() < 20'000 && program.input_count() < 500;
  return few ? 16 : 2;
}

constexpr double tolerance = 1e-9;  // of the largest derivative, for vector functions

double seconds(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Contestant {
  const char* name;
  std::function<void()> run;
  double best = INFINITY;
};

// One kernel at several points that differ a little.
template <class Kernel> class Contest {
 public:
  explicit Contest(const Kernel& kernel)
      : kernel_(kernel),
        x_(kernel.inputs()),
        program_(differentiate(compile(kernel, x_))),
        exact_(program_),
        vectors_(program_, {.math = Math::vector}),
        points_(exact_.lanes() * blocks(program_)),
        gradient_(x_.size()),
        outputs_(points_ * (x_.size() + 1)) {
    for (std::size_t p = 0; p < points_; ++p)
      for (const double xi : x_) inputs_.push_back(xi * (1 + 1e-4 * static_cast<double>(p % 7)));
  }

  void run() {
    Replay::Workspace one(exact_), other(vectors_), two(vectors_, 2);
    std::array contestants{
        Contestant{"double", [&] { each_point([&](auto x) { sum_ += kernel_(x); }); }},
        Contestant{"by hand",
                   [&] { each_point([&](auto x) { sum_ += kernel_.gradient(x, gradient_); }); }},
        Contestant{"tape", [&] { each_point([&](auto x) { sum_ += by_tape(x); }); }},
        Contestant{"exact", [&] { replay(exact_, one); }},
        Contestant{"vectors", [&] { replay(vectors_, other); }},
        Contestant{"threads", [&] { replay(vectors_, two); }}};
    for (std::size_t round = 0; round < rounds; ++round)
      for (Contestant& contestant : contestants)
        contestant.best = std::min(contestant.best, seconds(contestant.run));
    const double plain = contestants[0].best;
    fmt::print("{:40} {:9.2f}", Kernel::name, plain / static_cast<double>(points_) * 1e6);
    const bool two_threads = blocks(program_) > 4;  // a chunk of blocks is run by one
    for (std::size_t k = 1; k < contestants.size(); ++k)
      fmt::print(" {:>8}", k + 1 < contestants.size() || two_threads
                               ? fmt::format("{:.2f}", contestants[k].best / plain)
                               : "");
    fmt::print(" {:9} {:5}  {}\n", program_.instructions().size(), exact_.lanes(),
               check() ? "agree" : "DISAGREE");
  }

 private:
  template <class Visit> void each_point(Visit&& visit) {
    const std::size_t n = x_.size();
    for (std::size_t p = 0; p < points_; ++p)
      visit(std::span<const double>(inputs_).subspan(p * n, n));
  }

  double by_tape(std::span<const double> x) {
    return gradient(kernel_, x, std::span<double>(gradient_));
  }

  void replay(const Replay& way, Replay::Workspace& workspace) {
    way.run({.points = points_, .inputs = inputs_, .outputs = outputs_}, workspace);
  }

  // The last replay, that by vector functions, against the tape.
  bool check() {
    const std::size_t n = x_.size();
    bool agree = true;
    std::size_t p = 0;
    each_point([&](std::span<const double> x) {
      by_tape(x);
      double largest = 0;
      for (const double derivative : gradient_) largest = std::max(largest, std::abs(derivative));
      for (std::size_t i = 0; i < n; ++i)
        agree =
            agree && std::abs(outputs_[p * (n + 1) + 1 + i] - gradient_[i]) <= tolerance * largest;
      ++p;
    });
    return agree;
  }

  const Kernel& kernel_;
  std::vector<double> x_;
  Program program_;
  Replay exact_;
  Replay vectors_;
  std::size_t points_;
  std::vector<double> inputs_;
  std::vector<double> gradient_;
  std::vector<double> outputs_;
  double sum_ = 0;
};

}  // namespace

int main() {
  fmt::print(
      "Value and gradient at one of many points, as a multiple of the plain function called in a "
      "loop.\n\n{:40} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>5}\n",
      "kernel", "double/us", "by hand", "tape", "exact", "vectors", "2 thr.", "instr.", "lanes");
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    constexpr std::size_t too_long = 200'000;  // Burgers' equation and the chain: as the others
    Tape tape(Tape::inactive);
    const ActiveScope active = tape.activate();
    const std::vector<Value> x = tape.variables(kernel.inputs());
    static_cast<void>(kernel(std::span<const Value>(x)));
    if (tape.size() < too_long) Contest<Kernel>(kernel).run();
  });
}

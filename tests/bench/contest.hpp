// A contest of gradients: all contestants differentiate the same functions at the same points.
//
//   Entry     what a contestant does with one kernel, from the inputs to the finished gradient
//   Contest   collects the entries, holds them against each other, times them, prints a table
//
// A contestant is a source file of its own with a function enter_NAME(Contest&), for most packages'
// headers don't mix. Two of them stand for more than themselves: `plain` is the function without a
// gradient, of which every time is given as a multiple; `by_hand` is the gradient that the others'
// are checked against. Kernels: kernels.hpp. How to run it: gradients_bench.cpp.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapegrad::bench {

inline constexpr const char* plain = "plain";
inline constexpr const char* by_hand = "by hand";
inline constexpr const char* ours = "tapegrad";
inline constexpr const char* ours_shared = "in a .so";  // tapegrad, the user's code in a library

/// What recording a kernel takes, the leaves left out; 0: unknown.
struct Cost {
  double operations = 0;
  double bytes_per_operation = 0;
};

struct Entry {
  std::string kernel;
  std::string contestant;
  std::size_t inputs = 0;
  /// Computes the value and the gradient, all anew. `plain` leaves the gradient alone.
  std::function<double(std::span<double> gradient)> run;
  Cost cost;
};

struct Result {
  Entry entry;
  std::vector<double> times;  // ns a run, one number for each repetition

  double time() const;  // the least of them: what disturbs a run only ever adds
};

/// How long to measure each entry.
struct Effort {
  int repetitions = 20;
  double seconds = 0.08;  // at least, for a repetition: as many runs as that takes
};

class Contest {
 public:
  /// @param filter  only kernels with this in their name take part; empty: all
  explicit Contest(std::string filter) : filter_(std::move(filter)) {}

  // Inline, since a contestant in a shared library calls them, too.
  bool wants(std::string_view kernel) const { return kernel.find(filter_) != kernel.npos; }

  /// @param run  as Entry::run; it is copied
  template <class Kernel, class Run>
  void enter(const Kernel& kernel, const char* contestant, Run run, const Cost& cost = {}) {
    if (!wants(Kernel::name)) return;
    results_.push_back(
        {{Kernel::name, contestant, kernel.inputs().size(), std::move(run), cost}, {}});
  }

  /// Do all values and gradients agree with those by hand? Prints a line for each that does not.
  bool check() const;

  /// Times all entries, their repetitions shuffled, so that whatever the machine is busy with in
  /// the meantime hits all alike.
  void time(const Effort& effort);

  const std::vector<Result>& results() const { return results_; }

 private:
  std::string filter_;
  std::vector<Result> results_;
};

/// A row for each kernel; below, geometric means, and how tapegrad stands beside the best of the
/// other packages.
void print_table(const Contest& contest);

/// Every time that was measured: kernel,contestant,repetition,nanoseconds.
void print_csv(const Contest& contest);

}  // namespace tapegrad::bench

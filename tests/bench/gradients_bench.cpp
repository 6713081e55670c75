// How long does a gradient take, as a multiple of the function alone, and beside other packages?
//
//   meson test -C build/release --benchmark --verbose gradients
//   build/release/tests/bench/gradients_bench [--short] [--kernel=TEXT] [--csv]
//
// --short takes a minute instead of about five; --kernel=TEXT runs only kernels with TEXT in their
// name; --csv prints all measured times.

#include <fmt/core.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "contest.hpp"
#include "contestants.hpp"

using namespace tapegrad::bench;

namespace {

struct Options {
  Effort effort;
  std::string kernel;
  bool csv = false;
};

// False if an argument is none of ours.
bool read(int count, char** arguments, Options& options) {
  constexpr std::string_view kernel = "--kernel=";
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--short") {
      options.effort = {.repetitions = 10, .seconds = 0.03};
    } else if (argument == "--csv") {
      options.csv = true;
    } else if (argument.starts_with(kernel)) {
      options.kernel = argument.substr(kernel.size());
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
    fmt::print(stderr, "usage: {} [--short] [--kernel=TEXT] [--csv]\n", arguments[0]);
    return 2;
  }

  Contest contest(options.kernel);
  enter_plain(contest);
  enter_tapegrad(contest);
#ifdef BENCH_ADOLC
  enter_adolc(contest);
#endif
#ifdef BENCH_SACADO
  enter_sacado(contest);
#endif
#ifdef BENCH_STAN
  enter_stan(contest);
#endif
  if (contest.results().empty()) {
    fmt::print(stderr, "no kernel has '{}' in its name\n", options.kernel);
    return 2;
  }
  if (!contest.check()) return 1;

  contest.time(options.effort);
  if (options.csv)
    print_csv(contest);
  else
    print_table(contest);
}

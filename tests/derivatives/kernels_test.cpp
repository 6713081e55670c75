// The benchmark's kernels: programs of real size, with gradients written by hand.

#include "bench/kernels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "core/sweep.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"

using namespace tapegrad;

namespace {

double largest(std::span<const double> x) {
  double most = 0;
  for (const double xi : x) most = std::max(most, std::abs(xi));
  return most;
}

double largest_difference(std::span<const double> a, std::span<const double> b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

}  // namespace

TEST_CASE("gradients of whole programs are those written by hand") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const std::vector<double> x = kernel.inputs();
    std::vector<double> by_hand(x.size());
    const double value = kernel.gradient(x, by_hand);
    const auto [taped_value, taped] = gradient(kernel, x);
    CHECK(taped_value == doctest::Approx(value).epsilon(1e-12));
    // The chain of 100 000 sines amplifies rounding to 3e-12; the others stay near 1e-15.
    CHECK(largest_difference(taped, by_hand) <= 1e-10 * largest(by_hand));
  });
}

TEST_CASE("the fast sweep of whole programs equals the plain one to the bit") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    Tape tape;
    const std::vector<Value> x = tape.variables(kernel.inputs());
    const std::size_t last = kernel(std::span<const Value>(x)).node();
    std::vector<double> fast(tape.size() + 1), plain(tape.size() + 1);
    fast[last] = plain[last] = 1;
    sweep_fast(tape.recording(), {}, fast, last);
    sweep_plain(tape.recording(), {}, plain.data(), last);
    CHECK(fast == plain);
  });
}

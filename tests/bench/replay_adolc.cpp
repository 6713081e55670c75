#include <adolc/adolc.h>

#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels.hpp"
#include "replay_contestants.hpp"

namespace tapegrad::bench {
namespace {

constexpr short tape = 0;

template <class Kernel> void record(const Kernel& kernel, std::array<unsigned, 4> buffers) {
  const std::vector<double> x = kernel.inputs();
  const int keep_values = 1;
  trace_on(tape, keep_values, buffers[0], buffers[1], buffers[2], buffers[3]);
  std::vector<adouble> active(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) active[i] <<= x[i];
  adouble y = kernel(std::span<const adouble>(active));
  double value = 0;
  y >>= value;
  trace_off();
}

// A new store of values, by way of the other type (which it begins with, and warns of being told).
void renew_store() {
  static bool is_first = true;
  if (!std::exchange(is_first, false)) setStoreManagerType(ADOLC_LOCATION_BLOCKS);
  setStoreManagerType(ADOLC_LOCATION_SINGLETONS);
}

// In buffers that just hold it: where one is full, ADOL-C goes on in files, and far larger ones
// cost time.
template <class Kernel> void record(const Kernel& kernel) {
  renew_store();
  constexpr unsigned many = 1U << 24;
  record(kernel, {many, many, many, many});
  std::array<std::size_t, STAT_SIZE> found{};
  tapestats(tape, found.data());
  const auto with_margin = [&](StatEntries entry) {
    return static_cast<unsigned>(found[entry] + 1000);  // ADOL-C starts the next block early
  };
  record(kernel, {with_margin(NUM_OPERATIONS), with_margin(NUM_LOCATIONS), with_margin(NUM_VALUES),
                  with_margin(TAY_STACK_SIZE)});
}

double value_and_gradient(std::span<const double> x, std::span<double> gradient) {
  const int inputs = static_cast<int>(x.size());
  double value = 0, seed = 1;
  // Negative: the recorded function has branched otherwise here.
  if (zos_forward(tape, 1, inputs, 1, x.data(), &value) < 0 ||
      fos_reverse(tape, 1, inputs, &seed, gradient.data()) < 0)
    throw std::runtime_error("ADOL-C's recording does not hold at this point");
  return value;
}

}  // namespace

ReplayedGradient adolc_replay(std::string_view name) {
  ReplayedGradient found;
  for_each_kernel([&]<class Kernel>(const Kernel& kernel) {
    if (name != Kernel::name) return;
    record(kernel);
    found = value_and_gradient;
  });
  return found;
}

}  // namespace tapegrad::bench

#include <adolc/adolc.h>

#include <array>
#include <utility>

#include "contestants.hpp"
#include "kernels.hpp"

namespace tapegrad::bench {
namespace {

// Entries of ADOL-C's buffers. Where one is full, ADOL-C goes on in files.
struct Buffers {
  unsigned operations, locations, constants, values;
};

constexpr short tape = 0;  // one for all kernels: its memory is taken anew with each run anyway

// ADOL-C's store of values only grows, and each run pays for its size: a small kernel after large
// ones five times. So a kernel that comes to its turn gets a new one, by way of the other type.
void renew_store() {
  setStoreManagerType(ADOLC_LOCATION_BLOCKS);
  setStoreManagerType(ADOLC_LOCATION_SINGLETONS);
}

const void* last_run = nullptr;

template <class Kernel> struct AdolcRun {
  Kernel kernel;
  std::vector<double> x = kernel.inputs();
  Buffers buffers = buffers_for_kernel();

  double operator()(std::span<double> gradient) {
    if (std::exchange(last_run, this) != this) renew_store();
    const double value = record();
    double seed = 1;
    reverse(tape, 1, static_cast<int>(x.size()), 0, &seed, gradient.data());
    return value;
  }

  double record() {
    const int keep_values = 1;  // for the sweep, which else needs another forward run
    trace_on(tape, keep_values, buffers.operations, buffers.locations, buffers.constants,
             buffers.values);
    std::vector<adouble> active(x.size());  // not kept: ADOL-C records all that live at trace_on()
    for (std::size_t i = 0; i < x.size(); ++i) active[i] <<= x[i];
    adouble y = kernel(std::span<const adouble>(active));
    double value = 0;
    y >>= value;
    trace_off();
    return value;
  }

  // Just large enough. ADOL-C frees and allocates them in each run, and what is too large for
  // malloc() to keep comes from the system, page by page: up to six times as slow.
  Buffers buffers_for_kernel() {
    constexpr unsigned many = 1U << 24;
    buffers = {many, many, many, many};
    renew_store();
    record();
    std::array<std::size_t, STAT_SIZE> found{};
    tapestats(tape, found.data());
    const auto with_margin = [&](StatEntries entry) {
      return static_cast<unsigned>(found[entry] + 1000);  // ADOL-C starts the next block early
    };
    return {with_margin(NUM_OPERATIONS), with_margin(NUM_LOCATIONS), with_margin(NUM_VALUES),
            with_margin(TAY_STACK_SIZE)};
  }
};

}  // namespace

void enter_adolc(Contest& contest) {
  setStoreManagerType(ADOLC_LOCATION_SINGLETONS);  // faster than blocks
  for_each_kernel([&]<class Kernel>(const Kernel& kernel) {
    if (contest.wants(Kernel::name)) contest.enter(kernel, "ADOL-C", AdolcRun<Kernel>{kernel});
  });
}

}  // namespace tapegrad::bench

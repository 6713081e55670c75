// Code for the widest registers that the processor turns out to have, where one file can hold it
// for several kinds of processors.
#pragma once

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Calls sweep.run(), in a function of its own: among others a sweep of one direction takes half as
/// long again.
template <class Sweep> [[gnu::noinline]] void run_alone(Sweep&& sweep) { sweep.run(); }

#if defined(__GNUC__) && defined(__x86_64__)

template <class Sweep> __attribute__((target("avx2"))) void run_by_avx2(Sweep& sweep) {
  sweep.run();
}
template <class Sweep> __attribute__((target("avx512f"))) void run_by_avx512(Sweep& sweep) {
  sweep.run();
}

/// Calls sweep.run(). What that calls has to be TAPEGRAD_INLINE, or it is compiled for all
/// processors.
template <class Sweep> void run_widest(Sweep&& sweep) {
  if (__builtin_cpu_supports("avx512f")) return run_by_avx512(sweep);
  if (__builtin_cpu_supports("avx2")) return run_by_avx2(sweep);
  run_alone(sweep);
}

#else

template <class Sweep> void run_widest(Sweep&& sweep) { run_alone(sweep); }

#endif

}  // namespace tapegrad

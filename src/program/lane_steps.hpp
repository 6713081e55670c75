// The operations of a block, lane by lane: each rule's formula in a loop over the lanes, which the
// compiler turns into SIMD instructions, and folds in registers. Included by two files, which say
// before which TAPEGRAD_FEW lanes are few; and one of them, that the C library has vector variants
// of its functions.

#include <array>
#include <cstddef>
#include <cstdint>

#include "instruction_set.hpp"
#include "plan.hpp"
#include "tapegrad/ops/op.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"  // that a libm call stays one is expected
#define TAPEGRAD_INDEPENDENT_LANES _Pragma("clang loop vectorize(assume_safety)")
#define TAPEGRAD_FEW_LANES TAPEGRAD_INDEPENDENT_LANES
#define TAPEGRAD_UNROLL _Pragma("clang loop unroll(full)")
#else
#define TAPEGRAD_INDEPENDENT_LANES _Pragma("GCC ivdep")
// Unrolled before it is vectorised, a loop of few lanes would stay one of single numbers.
#define TAPEGRAD_FEW_LANES _Pragma("GCC ivdep") _Pragma("GCC unroll 1")
#define TAPEGRAD_UNROLL _Pragma("GCC unroll 32")
#endif
#define TAPEGRAD_FLATTEN __attribute__((flatten))

namespace tapegrad {
namespace {

// An operand: a row, or a number that all lanes share.
struct Lanes {
  const double* row;
  TAPEGRAD_INLINE double operator[](std::size_t lane) const { return row[lane]; }
};
struct Shared {
  double number;
  TAPEGRAD_INLINE double operator[](std::size_t) const { return number; }
};

namespace plain {
inline constexpr std::size_t vector_bytes = 16;
inline constexpr bool has_fma = baseline_has_fma;
#include "lane_kernel.inc"
}  // namespace plain

#if defined(__x86_64__)

namespace avx2 {
inline constexpr std::size_t vector_bytes = 32;
inline constexpr bool has_fma = true;
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#include "lane_kernel.inc"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
}  // namespace avx2

namespace avx512 {
inline constexpr std::size_t vector_bytes = 64;
inline constexpr bool has_fma = true;
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,prefer-vector-width=512")  // or it would use half of them
#endif
#include "lane_kernel.inc"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
}  // namespace avx512

#endif

inline const RunSteps& widest_steps() {
#if defined(__x86_64__)
  if (instruction_set() == InstructionSet::avx512) return avx512::run_steps;
  if (instruction_set() == InstructionSet::avx2) return avx2::run_steps;
#endif
  return plain::run_steps;
}

}  // namespace
}  // namespace tapegrad

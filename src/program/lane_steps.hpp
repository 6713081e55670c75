// The operations of a block, lane by lane: each rule's formula in a loop over the lanes, which the
// compiler turns into SIMD instructions. Included by two files, of which one says before that the C
// library has vector variants of its functions.

#include <array>
#include <cstddef>
#include <cstdint>

#include "plan.hpp"
#include "tapegrad/ops/op.hpp"

#if defined(__GNUC__) && defined(__x86_64__)
#define TAPEGRAD_TARGET(name) __attribute__((target(name), flatten))
#define TAPEGRAD_HAS_TARGETS 1
#else
#define TAPEGRAD_HAS_TARGETS 0
#endif

// g++ has to be told to use all of a register.
#if defined(__clang__)
#define TAPEGRAD_AVX512 "avx512f,avx512dq"
#else
#define TAPEGRAD_AVX512 "avx512f,avx512dq,prefer-vector-width=512"
#endif

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"  // that a libm call stays one is expected
#define TAPEGRAD_INDEPENDENT_LANES _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define TAPEGRAD_INDEPENDENT_LANES _Pragma("GCC ivdep")
#else
#define TAPEGRAD_INDEPENDENT_LANES
#endif

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

// The result may be written over an operand, but only lane by lane.
template <class Rule, class... Operands> TAPEGRAD_INLINE void in_lanes(double* to, Operands... x) {
  TAPEGRAD_INDEPENDENT_LANES
  for (std::size_t lane = 0; lane < lanes_of_block; ++lane) to[lane] = Rule::value(x[lane]...);
}

template <class Rule> TAPEGRAD_INLINE void run_rule(const Step& step, const Block& block) {
  const auto row = [&](std::uint32_t k) { return Lanes{block.rows + k * lanes_of_block}; };
  const auto shared = [&](std::uint32_t k) { return Shared{block.shared[k]}; };
  double* const to = block.rows + step.to * lanes_of_block;
  if constexpr (Rule::info.arity == 1) {
    in_lanes<Rule>(to, row(step.a));
  } else if constexpr (Rule::info.arity == 2) {
    if (step.shared_a)
      in_lanes<Rule>(to, shared(step.a), row(step.b));
    else if (step.shared_b)
      in_lanes<Rule>(to, row(step.a), shared(step.b));
    else
      in_lanes<Rule>(to, row(step.a), row(step.b));
  } else if constexpr (Rule::info.arity == 3) {
    in_lanes<Rule>(to, row(step.a), row(step.b), row(step.c));
  }
}

TAPEGRAD_INLINE void run_steps(const Step* steps, std::size_t count, const Block& block) {
  for (const Step* step = steps; step != steps + count; ++step) {
    switch (step->op) {
#define TAPEGRAD_CASE(Rule, function)   \
  case Op::Rule:                        \
    run_rule<rule::Rule>(*step, block); \
    break;
      TAPEGRAD_RULES(TAPEGRAD_CASE)
#undef TAPEGRAD_CASE
      default:
        run_transfer(*step, block);
    }
  }
}

void run_plain(const Step* steps, std::size_t count, const Block& block) {
  run_steps(steps, count, block);
}
#if TAPEGRAD_HAS_TARGETS
TAPEGRAD_TARGET("avx2,fma")
void run_avx2(const Step* steps, std::size_t count, const Block& block) {
  run_steps(steps, count, block);
}
TAPEGRAD_TARGET(TAPEGRAD_AVX512)
void run_avx512(const Step* steps, std::size_t count, const Block& block) {
  run_steps(steps, count, block);
}
#endif

RunSteps widest_steps() {
#if TAPEGRAD_HAS_TARGETS
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return run_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return run_avx2;
#endif
  return run_plain;
}

}  // namespace
}  // namespace tapegrad

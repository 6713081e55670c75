#include "nn/adam_rule.hpp"

#include <cmath>
#include <cstddef>

#include "program/instruction_set.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {
namespace {

TAPEGRAD_INLINE void run_here(const AdamRule& rule, const AdamBlock& block) {
  const auto [rate, beta1, beta2, epsilon, mean_scale, square_scale] = rule;
  double* const x = block.parameters.data();
  double* const m = block.mean.data();
  double* const v = block.square.data();
  const double* const gradient = block.gradient.data();
  const std::size_t count = block.parameters.size();
  for (std::size_t i = 0; i < count; ++i) {
    const double g = gradient[i];
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    x[i] -= rate * (m[i] * mean_scale) / (std::sqrt(v[i] * square_scale) + epsilon);
  }
}

#if defined(__GNUC__) && defined(__x86_64__)
#if defined(__clang__)
#define TAPEGRAD_AVX512 "avx512f,avx512dq"
#else
#define TAPEGRAD_AVX512 "avx512f,avx512dq,prefer-vector-width=512"  // or it would use half of them
#endif
__attribute__((target(TAPEGRAD_AVX512))) void run_avx512(const AdamRule& rule,
                                                         const AdamBlock& block) {
  run_here(rule, block);
}
__attribute__((target("avx2"))) void run_avx2(const AdamRule& rule, const AdamBlock& block) {
  run_here(rule, block);
}
#endif

}  // namespace

void adam_step(const AdamRule& rule, const AdamBlock& block) {
#if defined(__GNUC__) && defined(__x86_64__)
  if (instruction_set() == InstructionSet::avx512) return run_avx512(rule, block);
  if (instruction_set() == InstructionSet::avx2) return run_avx2(rule, block);
#endif
  run_here(rule, block);
}

}  // namespace tapegrad

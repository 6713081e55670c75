#include "instruction_set.hpp"

#include <algorithm>
#include <atomic>

namespace tapegrad {
namespace {

std::atomic<InstructionSet> limit = InstructionSet::avx512;

}  // namespace

std::string to_string(InstructionSet set) {
  switch (set) {
    case InstructionSet::avx512:
      return "AVX-512";
    case InstructionSet::avx2:
      return "AVX2";
    case InstructionSet::baseline:
      break;
  }
  return "baseline";
}

InstructionSet widest_instruction_set() {
#if defined(__GNUC__) && defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    return InstructionSet::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return InstructionSet::avx2;
#endif
  return InstructionSet::baseline;
}

InstructionSet instruction_set() { return std::min(limit.load(), widest_instruction_set()); }

InstructionSetLimit::InstructionSetLimit(InstructionSet widest) { limit = widest; }
InstructionSetLimit::~InstructionSetLimit() { limit = InstructionSet::avx512; }

}  // namespace tapegrad

// How many units in the last place (ULP) are the C library's functions off, one call at a time and
// in lanes, with each kind of registers that this processor has?
//
//   meson test -C build/release --benchmark --verbose 'vector math'
//
// Points are those of program/vector_math.hpp, more of them: random ones from the rule's domain, of
// all magnitudes and of any bits, and edges. The reference is the same rule in long double. "as
// alone" says of how many results in lanes the last bit is that of one call.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "program/instruction_set.hpp"
#include "program/vector_math.hpp"

using namespace tapegrad;

namespace {

constexpr std::size_t points_of_each_kind = 100'000;

/// The worst of all finite results.
template <class Rule>
double worst(const std::vector<double>& x, const std::vector<double>& results) {
  constexpr std::size_t arity = Rule::info.arity;
  double most = 0;
  for (std::size_t p = 0; p < results.size(); ++p) {
    const auto exact = testing::rule_value<Rule, long double>(&x[p * arity]);
    if (std::isfinite(static_cast<double>(exact)) && std::isfinite(results[p]))
      most = std::max(most, static_cast<double>(testing::ulps_off(results[p], exact)));
  }
  return most;
}

template <class Rule> void print_row() {
  const std::vector<double> x = testing::operands_to_try<Rule>(points_of_each_kind);
  const std::vector<double> alone = testing::in_lanes<Rule>(x, Math::exact);
  fmt::print("{:8} {:8.2f}", Rule::info.name, worst<Rule>(x, alone));
  for (const InstructionSet set :
       {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    if (set > widest_instruction_set()) continue;
    const InstructionSetLimit limit(set);
    const std::vector<double> found = testing::in_lanes<Rule>(x, Math::vector);
    std::size_t same = 0;
    for (std::size_t p = 0; p < found.size(); ++p)
      same += found[p] == alone[p] || (std::isnan(found[p]) && std::isnan(alone[p])) ? 1 : 0;
    fmt::print("  {:8.2f} {:6.1f} %", worst<Rule>(x, found),
               100 * static_cast<double>(same) / static_cast<double>(found.size()));
  }
  fmt::print("\n");
}

}  // namespace

int main() {
  fmt::print("function    alone");
  for (const InstructionSet set :
       {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512})
    if (set <= widest_instruction_set()) fmt::print("  {:>8} as alone", to_string(set));
  fmt::print("\n");
  testing::for_each_library_function([]<class Rule>() { print_row<Rule>(); });
}

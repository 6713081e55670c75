// Math::vector, and lanes of any kind, with each kind of registers that this processor has.

#include "vector_math.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/same.hpp"
#include "program/instruction_set.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using Numbers = std::vector<double>;

template <class Visitor> void for_each_instruction_set(Visitor&& visit) {
  for (const InstructionSet set :
       {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    if (set > widest_instruction_set()) return;
    const InstructionSetLimit limit(set);
    CAPTURE(to_string(set));
    visit();
  }
}

// A NaN, an infinity (also where the exact number only rounds to it), or finite, with its sign.
std::string kind(double x) {
  if (std::isnan(x)) return "nan";
  const std::string sign = std::signbit(x) ? "-" : "+";
  return sign + (std::isinf(x) ? "inf" : x == 0 ? "0" : "finite");
}

// Rules of one to three operands, each of which may be any number.
template <class Rule> constexpr bool is_tried = Rule::info.arity > 0;

}  // namespace

TEST_CASE("a limit is kept as long as it lives, and never above what the processor has") {
  CHECK(instruction_set() == widest_instruction_set());
  {
    const InstructionSetLimit limit(InstructionSet::baseline);
    CHECK(instruction_set() == InstructionSet::baseline);
  }
  {
    const InstructionSetLimit limit(InstructionSet::avx512);
    CHECK(instruction_set() == widest_instruction_set());
  }
  CHECK(instruction_set() == widest_instruction_set());
}

TEST_CASE("instruction sets are called as their makers do") {
  CHECK(to_string(InstructionSet::baseline) == "baseline");
  CHECK(to_string(InstructionSet::avx2) == "AVX2");
  CHECK(to_string(InstructionSet::avx512) == "AVX-512");
}

TEST_CASE("each vector function is within 4 units in the last place, on all registers") {
  for_each_instruction_set([] {
    proof::for_each_library_function([]<class Rule>() {
      constexpr std::size_t arity = Rule::info.arity;
      const Numbers x = proof::operands_to_try<Rule>(500);
      const Numbers found = proof::in_lanes<Rule>(x, Math::vector);
      for (std::size_t p = 0; p < found.size(); ++p) {
        // Of 64 digits where the compiler has them. Where it has not, there are no vector
        // functions either, and the results are the reference.
        const auto exact = proof::rule_value<Rule, long double>(&x[p * arity]);
        const auto rounded = static_cast<double>(exact);
        if (!std::isfinite(rounded) || !std::isfinite(found[p])) continue;  // see below
        CAPTURE(Rule::info.name);
        CAPTURE(x[p * arity]);
        CAPTURE(x[p * arity + arity - 1]);
        CHECK(proof::ulps_off(found[p], exact) <= 4);
      }
    });
  });
}

TEST_CASE("NaN, infinities and zeros with their signs come out of vectors as from one call") {
  for_each_instruction_set([] {
    for_each_rule([]<class Rule>() {
      if constexpr (is_tried<Rule>) {
        constexpr std::size_t arity = Rule::info.arity;
        const Numbers x = proof::operands_to_try<Rule>(200);
        const Numbers found = proof::in_lanes<Rule>(x, Math::vector);
        for (std::size_t p = 0; p < found.size(); ++p) {
          const double alone = proof::rule_value<Rule, double>(&x[p * arity]);
          CAPTURE(Rule::info.name);
          CAPTURE(x[p * arity]);
          CAPTURE(x[p * arity + arity - 1]);
          CHECK(kind(found[p]) == kind(alone));
        }
      }
    });
  });
}

TEST_CASE("by Math::exact lanes equal a call alone to the last bit, on all registers") {
  for_each_instruction_set([] {
    for_each_rule([]<class Rule>() {
      if constexpr (is_tried<Rule>) {
        constexpr std::size_t arity = Rule::info.arity;
        const Numbers x = proof::operands_to_try<Rule>(200);
        const Numbers found = proof::in_lanes<Rule>(x, Math::exact);
        for (std::size_t p = 0; p < found.size(); ++p) {
          const double alone = proof::rule_value<Rule, double>(&x[p * arity]);
          CAPTURE(Rule::info.name);
          CAPTURE(x[p * arity]);
          CHECK(proof::same_bits(found[p], alone));
        }
      }
    });
  });
}

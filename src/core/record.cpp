// The operations that are no inlined push: those of code that is compiled without optimisation, and
// the rare cases of all other code. See record.hpp.

#include "tapegrad/core/record.hpp"

#include <array>
#include <cstdint>

namespace tapegrad {
namespace {

template <class Rule> Value record_slowly(Value x, const void* caller) {
  Recording& recording = *active_recording;
  if (!recording.admits(x, Rule::info.name)) return Rule::value(x.value());
  return recording.told(put<Rule>(recording, recording.free_slot(), x), caller);
}

template <class Rule> Value record_slowly(Value a, double b, const void* caller) {
  Recording& recording = *active_recording;
  if (!recording.admits(a, Rule::info.name)) return Rule::value(a.value(), b);
  return recording.told(put<Rule>(recording, recording.free_slot(), a, b), caller);
}

template <class Rule> Value record_slowly(double a, Value b, const void* caller) {
  Recording& recording = *active_recording;
  if (!recording.admits(b, Rule::info.name)) return Rule::value(a, b.value());
  return recording.told(put<Rule>(recording, recording.free_slot(), a, b), caller);
}

template <class Rule> TAPEGRAD_INLINE Value record_slowly(Value a, Value b, const void* caller) {
  Recording& recording = *active_recording;
  if (!recording.admits(b, Rule::info.name)) return record_slowly<Rule>(a, b.value(), caller);
  if (!recording.admits(a, Rule::info.name)) return record_slowly<Rule>(a.value(), b, caller);
  return recording.told(put<Rule>(recording, recording.free_slot(), a, b), caller);
}

template <class Rule> Value record_slowly(Value a, Value b, Value c, const void* caller) {
  const double y = Rule::value(a.value(), b.value(), c.value());
  std::array partials = Rule::partials(a.value(), b.value(), c.value(), y);
  std::array<std::uint32_t, 3> nodes{};
  Recording& recording = *active_recording;
  if (!recording.link(std::array{a, b, c}, Rule::info.name, nodes, partials)) return y;
  return recording.push_many(op_of<Rule>, y, nodes, partials, caller);
}

}  // namespace

template <class Rule> Value RecordUnusual<Rule, 1>::record(Value x) {
  return record_slowly<Rule>(x, TAPEGRAD_CALLER);
}
template <class Rule> Value RecordUnusual<Rule, 2>::record(Value a, double b) {
  return record_slowly<Rule>(a, b, TAPEGRAD_CALLER);
}
template <class Rule> Value RecordUnusual<Rule, 2>::record(double a, Value b) {
  return record_slowly<Rule>(a, b, TAPEGRAD_CALLER);
}

template <class Rule> Value RecordUnusual<Rule, 2>::record(Value a, Value b) {
  // Constants first, whatever tape is active: the likeliest of the rare.
  if (b.is_constant()) return record_slowly<Rule>(a, b.value(), TAPEGRAD_CALLER);
  if (a.is_constant()) return record_slowly<Rule>(a.value(), b, TAPEGRAD_CALLER);
  return record_slowly<Rule>(a, b, TAPEGRAD_CALLER);
}

template <class Rule> Value RecordInLibrary<Rule, 1>::operator()(Value x) const {
  return record_slowly<Rule>(x, TAPEGRAD_CALLER);
}
template <class Rule> Value RecordInLibrary<Rule, 2>::operator()(Value a, double b) const {
  return record_slowly<Rule>(a, b, TAPEGRAD_CALLER);
}
template <class Rule> Value RecordInLibrary<Rule, 2>::operator()(double a, Value b) const {
  return record_slowly<Rule>(a, b, TAPEGRAD_CALLER);
}
template <class Rule> Value RecordInLibrary<Rule, 2>::operator()(Value a, Value b) const {
  return record_slowly<Rule>(a, b, TAPEGRAD_CALLER);
}
template <class Rule> Value RecordInLibrary<Rule, 3>::operator()(Value a, Value b, Value c) const {
  return record_slowly<Rule>(a, b, c, TAPEGRAD_CALLER);
}

#define TAPEGRAD_INSTANCES(Rule, function)                \
  template struct TAPEGRAD_API RecordUnusual<rule::Rule>; \
  template struct TAPEGRAD_API RecordInLibrary<rule::Rule>;
TAPEGRAD_RULES(TAPEGRAD_INSTANCES)
#undef TAPEGRAD_INSTANCES

}  // namespace tapegrad

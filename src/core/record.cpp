// The operations, for code that is compiled without optimisation: see record() in record.hpp.

#include "tapegrad/core/record.hpp"

namespace tapegrad {

template <class Rule> Value InLibrary<Rule, 1>::record(Value x) {
  return record_slowly<Rule>(x, TAPEGRAD_CALLER);
}
template <class Rule> Value InLibrary<Rule, 2>::record(Value a, double b) {
  return record_slowly<Rule>(a, b, TAPEGRAD_CALLER);
}
template <class Rule> Value InLibrary<Rule, 2>::record(double a, Value b) {
  return record_slowly<Rule>(a, b, TAPEGRAD_CALLER);
}
template <class Rule> Value InLibrary<Rule, 2>::record(Value a, Value b) {
  return record_slowly<Rule>(a, b, TAPEGRAD_CALLER);
}
template <class Rule> Value InLibrary<Rule, 3>::record(Value a, Value b, Value c) {
  return record_slowly<Rule>(a, b, c, TAPEGRAD_CALLER);
}

#define TAPEGRAD_INSTANCE(Rule, function) template struct TAPEGRAD_API InLibrary<rule::Rule>;
TAPEGRAD_RULES(TAPEGRAD_INSTANCE)

}  // namespace tapegrad

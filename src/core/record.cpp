// The operations, for code that is compiled without optimisation: see record_as in record.hpp.

#include "tapegrad/core/record.hpp"

namespace tapegrad {

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

#define TAPEGRAD_INSTANCE(Rule, function) template struct TAPEGRAD_API RecordInLibrary<rule::Rule>;
TAPEGRAD_RULES(TAPEGRAD_INSTANCE)

}  // namespace tapegrad

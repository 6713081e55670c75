// Built twice, as two shared libraries, each with a static copy of tapegrad that it shows to
// nobody. PART is the namespace of its functions.
#include <tapegrad/tapegrad.hpp>

namespace PART {

// On this copy's tape, which nobody else knows.
tapegrad::Value variable(double x) {
  static thread_local tapegrad::Tape tape(tapegrad::Tape::inactive);
  tape.clear();
  return tape.variable(x);
}

double square_gradient(double at) {
  return tapegrad::gradient([](tapegrad::Value x) { return x * x; }, at).gradient[0];
}

// Computes with the Value, on a tape of this copy. Was it found to be stale?
bool catches(tapegrad::Value x) {
  tapegrad::Tape tape;
  const tapegrad::Value own = tape.variable(2.0);
  try {
    static_cast<void>(own * x);
    return false;
  } catch (const tapegrad::StaleValueError&) {
    return true;
  }
}

}  // namespace PART

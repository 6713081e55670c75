// A program and two shared libraries, all linked with the shared tapegrad: the tape that is active
// on a thread is one for all of them.
#include <cmath>
#include <thread>

#include "part.hpp"

namespace {

int result = 0;

void require(bool holds, int code) {
  if (!holds && result == 0) result = code;
}

void record_and_sweep(double at) {
  tapegrad::Tape tape;
  require(is_active_for_left(tape), 1);
  const tapegrad::Value x = tape.variable(at);
  const tapegrad::Value y = right(left(x));
  tape.backward(y);
  const double inner = std::sin(at) * at;
  const double expected = (std::exp(inner) - 2) * (std::cos(at) * at + std::sin(at));
  require(std::abs(x.grad() - expected) < 1e-12, 2);
}

}  // namespace

int main() {
  record_and_sweep(0.75);
  tapegrad::Tape outer;
  std::thread([&] {
    require(!is_active_for_left(outer), 3);
    record_and_sweep(-1.5);
  }).join();
  require(is_active_for_left(outer), 4);
  return result;
}

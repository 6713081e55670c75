// broken: a loss is NaN; which line made it so?
//
// You learn to find the origin of a NaN. The program classifies three points with a softmax and a
// cross-entropy that are written out by hand, as one writes them the first time. The loss is NaN,
// and so is every gradient; the cause is one node, long before. One command names it, in gdb, in
// lldb, or here without any debugger: `nan`. The guide include/guide/debugging.md goes through it.
//
// Run:     samples/run broken
//          samples/run stepper broken.tape    then: nan, why w1, tree loss 4, step 3
//          gdb build/release/samples/broken   then: as include/guide/debugging.md says
// Prints:  the loss, and what is wrong with it; and writes the recording to broken.tape
// Next:    stepper, to go through a gradient node by node
#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct Point {
  double x;
  std::size_t label;
};

/// p[k] = exp(s[k]) / Σ exp(s), as the textbook has it.
std::vector<Value> probabilities(const std::vector<Value>& scores) {
  std::vector<Value> p;
  Value sum = 0;
  for (const Value& score : scores) sum += exp(score);
  for (const Value& score : scores) p.push_back(exp(score) / sum);
  return p;
}

Value cross_entropy(const std::vector<Value>& p, std::size_t label) {
  Value loss = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const double target = k == label ? 1 : 0;
    loss -= target * log(p[k]);
  }
  return loss;
}

/// A place for a breakpoint.
[[gnu::noinline]] void look(const Tape& tape) {
  const char* const file = "broken.tape";
  save_tape(tape, file);
}

int main() {
  constexpr std::array points{Point{0.5, 0}, Point{-2.0, 1}, Point{80.0, 0}};

  Tape tape;
  tape.record_locations();
  const std::vector<Value> w{tape.variable(10.0, "w1"), tape.variable(-10.0, "w2")};
  Value loss = 0;
  for (const Point& point : points) {
    const std::vector<Value> scores{w[0] * point.x, w[1] * point.x};
    loss += cross_entropy(probabilities(scores), point.label);
  }
  tape.name(loss, "loss");
  tape.backward(loss);
  fmt::print("loss = {}\n\n{}\n", loss, to_string(find_anomalies(loss)));

  look(tape);
  fmt::print("The recording is in broken.tape; to look at it: samples/run stepper broken.tape\n");
}

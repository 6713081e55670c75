// stepper: where does a gradient die?
//
// You learn to walk through a gradient, forward and back, without any debugger. Two neurons in a
// chain, each a = tanh(w·x + b), shall answer y. Their loss L is far from 0, and yet the first one
// learns nothing: the gradient of w1 is about 1e-8. The sweep starts at L with adjoint 1 and hands
// it down, node by node. Each step shows the chain rule with its numbers, and in one of them is a
// factor that eats it all. Which? And what would you change?
//
// Try:     step, step 3, until a1, back, why w1, watch w2, finish, help
// Run:     samples/run stepper         on the two neurons
//          samples/run stepper FILE    on a tape that a program or a debugger has saved
// Prints:  what each command says. Where the commands come from a file they are printed, too, so
//          that all of it reads like a talk.
// Next:    operations, all that a tape can differentiate
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "tapegrad/inspect/session.hpp"
#include "tapegrad/inspect/tape_file.hpp"
#include "tapegrad/tapegrad.hpp"

#if defined(_WIN32)
#include <io.h>
const bool from_terminal = _isatty(0) != 0;
#else
#include <unistd.h>
const bool from_terminal = isatty(STDIN_FILENO) != 0;
#endif

using namespace tapegrad;

std::unique_ptr<Tape> two_neurons() {
  auto tape = std::make_unique<Tape>();
  const auto named = [&](Value x, const char* name) {
    tape->name(x, name);
    return x;
  };
  const Value w1 = tape->variable(0.5, "w1"), b1 = tape->variable(0.1, "b1");
  const Value w2 = tape->variable(-0.8, "w2"), b2 = tape->variable(0.2, "b2");
  const double x = 23;  // degrees Celsius, just as they were measured
  const double y = 1;

  const Value pa1 = named(w1 * x + b1, "pa1");
  const Value a1 = named(tanh(pa1), "a1");
  const Value pa2 = named(w2 * a1 + b2, "pa2");
  const Value a2 = named(tanh(pa2), "a2");
  const Value e = named(a2 - y, "e");
  tape->name(e * e, "L");
  return tape;
}

/// The next command; false at the end.
bool read(std::string& line) {
  if (from_terminal) fmt::print("> ");
  std::fflush(stdout);
  if (!std::getline(std::cin, line)) return false;
  if (!from_terminal) fmt::print("> {}\n", line);
  return line != "quit";
}

int main(int argc, char** argv) {
  std::unique_ptr<Tape> tape;
  try {
    tape = argc > 1 ? load_tape(argv[1]) : two_neurons();
  } catch (const Error& error) {
    fmt::print(stderr, "stepper: {}\n", error.what());
    return 2;
  }
  fmt::print("A tape of {} nodes. help lists the commands, quit ends.\n", tape->size());
  Session session(*tape);
  std::string line;
  while (read(line)) {
    try {
      fmt::print("{}\n", session.run(line));
    } catch (const std::exception& error) {  // a slip of the pen: the session goes on
      fmt::print("{}\n", error.what());
    }
  }
}

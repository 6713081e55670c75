// What every consumer builds: it records, sweeps, replays, and is content with nothing but the
// exact gradient.
#include <array>
#include <cmath>
#include <cstdio>
#include <tapegrad/tapegrad.hpp>
#include <tapegrad/version.hpp>

int main() {
  if (tapegrad::library_version() != TAPEGRAD_VERSION) return 1;

  const auto square = [](tapegrad::Value x) { return x * x; };
  if (tapegrad::gradient(square, 3.0).gradient[0] != 6.0) return 2;

  tapegrad::Tape tape;
  const tapegrad::Value x = tape.variable(0.5, "x");
  const tapegrad::Value y = exp(x) * x;
  tape.backward(y);
  if (x.grad() != std::exp(0.5) + 0.5 * std::exp(0.5)) return 3;

  const tapegrad::Program program = tapegrad::differentiate(
      tapegrad::compile(tape, std::array{x}, std::array{y}, {.no_branches = true}));
  if (program.run(std::array{0.5})[1] != x.grad()) return 4;

  try {
    const tapegrad::Tape other;
    static_cast<void>(x * x);
    return 5;
  } catch (const tapegrad::StaleValueError& error) {  // across the library's border
    std::puts(error.what());
  }
}

// implicit: the gradient of what is found by trial and error
//
// Where is a planet at a given time? Kepler's equation E - e·sin E = M gives the angle E on its
// orbit: M is the time, as an angle, and e says how far the orbit is from a circle. It can't be
// solved for E; one starts somewhere and comes nearer, step by step. How much does E change when e
// or M does?
//
// Recorded step by step, the search itself would be differentiated: correct when it has gone far
// enough, at the price of all its steps. You learn to do without. E depends on e and M because the
// equation has to hold, F(E, e, M) = 0, and from that alone follows ∂E/∂M = -(∂F/∂E)⁻¹·∂F/∂M, and
// so for e: the implicit function theorem. implicit_function() searches outside the tape, and
// records one operation.
//
// Run:     samples/run implicit
// Prints:  E and its derivatives in four ways, beside the closed form; what each has recorded; and
//          how wrong a search is that ends too early.
// Next:    checkpointing, where memory is short
//
// Source of the equation: Kepler 1609, "Astronomia nova".
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "run_sample.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

constexpr double eccentricity = 0.9, anomaly = 0.1;  // e and M

/// The residual F: 0 for the right E.
template <class T> T kepler(T E, T e, T M) {
  using std::sin;
  return E - e * sin(E) - M;
}

/// The plainest search there is: put E into the equation, and get a better one. For plain numbers
/// and for Values.
template <class T> T by_substitution(T e, T M, int steps) {
  using std::sin;
  T E = M;
  for (int step = 0; step < steps; ++step) E = M + e * sin(E);
  return E;
}

/// Newton's: along the tangent to where that is 0.
template <class T> T by_newton(T e, T M, int steps) {
  using std::cos;
  T E = M;
  for (int step = 0; step < steps; ++step) E -= kepler(E, e, M) / (1.0 - e * cos(E));
  return E;
}

/// The one to use: it gets the equation, a guess, and what the root depends on.
Value by_theorem(Value e, Value M) {
  const auto residual = [](std::span<const Value> E, std::span<const Value> p) {
    return std::vector{kepler(E[0], p[0], p[1])};
  };
  return implicit_function(residual, std::array{M.value()}, std::array{e, M})[0];
}

void print_row(const char* way, double E, double by_e, double by_M, std::size_t nodes) {
  fmt::print("{:34} {:9.6f} {:9.6f} {:9.6f} {:6}\n", way, E, by_e, by_M, nodes);
}

/// Records a way to E, sweeps, and prints what it found.
template <class Way> void try_way(const char* name, Way&& way) {
  Tape tape;
  const Value e = tape.variable(eccentricity, "e"), M = tape.variable(anomaly, "M");
  const Value E = way(e, M);
  tape.backward(E);
  print_row(name, E.value(), e.grad(), M.grad(), tape.size());
}

void run() {
  fmt::print(
      "Kepler's equation E - e·sin(E) = M, for e = {} and M = {}: E is found by a search. Its\n"
      "derivatives by e and M, and how many nodes are recorded for them:\n\n",
      eccentricity, anomaly);
  fmt::print("{:34} {:>9} {:>9} {:>9} {:>6}\n", "", "E", "∂E/∂e", "∂E/∂M", "nodes");
  try_way("implicit function theorem", by_theorem);
  try_way("8 steps of Newton's, recorded", [](Value e, Value M) { return by_newton(e, M, 8); });
  try_way("300 substitutions, recorded",
          [](Value e, Value M) { return by_substitution(e, M, 300); });

  const auto plain = [](double e, double M) { return by_newton(e, M, 8); };
  const double h = 1e-5, E = plain(eccentricity, anomaly);
  print_row("finite differences", E,
            (plain(eccentricity + h, anomaly) - plain(eccentricity - h, anomaly)) / (2 * h),
            (plain(eccentricity, anomaly + h) - plain(eccentricity, anomaly - h)) / (2 * h), 0);
  const double slope = 1 / (1 - eccentricity * std::cos(E));
  print_row("closed form", E, std::sin(E) * slope, slope, 0);

  fmt::print("\nA search that ends too early is more wrong in its slope than in its value:\n");
  fmt::print("{:34} {:>9} {:>9}\n", "", "E", "∂E/∂M");
  for (int steps : {5, 10, 20, 40}) {
    const auto [found, by] = gradient(
        [&](Value e, Value M) { return by_substitution(e, M, steps); }, eccentricity, anomaly);
    fmt::print("{:34} {:9.1e} {:9.1e}\n", fmt::format("after {} substitutions, wrong by", steps),
               std::abs(found - E), std::abs(by[1] - slope));
  }

  const Matrix second = hessian([](std::span<const Value> p) { return by_theorem(p[0], p[1]); },
                                std::array{eccentricity, anomaly});
  fmt::print("\nSecond derivatives need no search either: ∂²E/∂M² = {:.6f}, closed form {:.6f}\n",
             second(1, 1), -eccentricity * std::sin(E) * slope * slope * slope);
}

int main() { return run_sample("implicit", run); }

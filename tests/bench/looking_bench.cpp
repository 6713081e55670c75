// What does looking cost, while one looks, and when nobody does?
//
//   meson test -C build/release --benchmark --verbose looking
//
// One computation, recorded and swept in each way by turns; the least time of each counts.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

namespace {

constexpr int steps = 3000;
constexpr int rounds = 60;

Value compute(Tape& tape, bool with_names) {
  const Value a = tape.variable(0.5), b = tape.variable(0.25);
  Value x = tape.variable(1.0);
  for (int k = 0; k < steps; ++k) {
    x = x * a + b * x;
    if (with_names) tape.name(x, "state");
  }
  return x;
}

struct Way {
  const char* name;
  bool with_names = false;
  std::function<std::shared_ptr<void>(Tape&)> start = {};  // what is there while it runs
  double record = std::numeric_limits<double>::infinity();
  double sweep = record;
};

double nanoseconds_of(const std::function<void()>& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

void measure(Way& way) {
  Tape tape;
  const std::shared_ptr<void> there = way.start ? way.start(tape) : nullptr;
  for (int again = 0; again < 5; ++again) {
    tape.clear();
    Value y;
    const double record = nanoseconds_of([&] { y = compute(tape, way.with_names); });
    const double sweep = nanoseconds_of([&] { tape.backward(y); });
    const auto nodes = static_cast<double>(tape.size());
    way.record = std::min(way.record, record / nodes);
    way.sweep = std::min(way.sweep, sweep / nodes);
  }
}

std::shared_ptr<void> locations(Tape& tape) { return tape.record_locations(), nullptr; }
std::shared_ptr<void> anomalies(Tape& tape) { return std::make_shared<DetectAnomaly>(tape); }
std::shared_ptr<void> hook_on_adjoint(Tape& tape) {
  return std::make_shared<Hook>(on_sweep(tape, [](const Node&, double&) {}));
}
std::shared_ptr<void> hook_on_record(Tape& tape) {
  return std::make_shared<Hook>(on_record(tape, [](const Node&) {}));
}
std::shared_ptr<void> stop_far_away(Tape& tape) { return tape.break_at(1'000'000), nullptr; }

}  // namespace

int main() {
  std::array ways{Way{"nobody looks"},
                  Way{"break_at, not reached", false, stop_far_away},
                  Way{"a name for every third node", true},
                  Way{"record_locations", false, locations},
                  Way{"DetectAnomaly", false, anomalies},
                  Way{"a hook on each record", false, hook_on_record},
                  Way{"a hook on each adjoint", false, hook_on_adjoint}};
  for (int round = 0; round < rounds; ++round)
    for (Way& way : ways) measure(way);

  const double off = ways[0].record + ways[0].sweep;
  fmt::print("{:<30}{:>12}{:>12}{:>12}\n", "ns a node", "record", "sweep", "together");
  for (const Way& way : ways) {
    const double percent = 100 * (way.record + way.sweep) / off;
    fmt::print("{:<30}{:>12.2f}{:>12.2f}{:>10.0f} %\n", way.name, way.record, way.sweep, percent);
  }
}

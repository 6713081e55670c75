// Memory that a tape takes beside what it says of its own: by sweeps of several directions, and by
// names.

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "failing_memory.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using tapegrad::testing::HeapGauge;

namespace {

constexpr std::size_t directions = 16;
constexpr std::size_t row_bytes = directions * sizeof(double);
constexpr std::size_t small_things = 4'000;  // that no limit is about

class Doubles : public External {
 public:
  std::string_view name() const override { return "doubles"; }
  void pull_back(std::span<const double>, std::span<const double> y_adjoint,
                 std::span<double> x_adjoint) const override {
    x_adjoint[0] = 2 * y_adjoint[0] + 2 * y_adjoint[1];
  }
};

}  // namespace

TEST_CASE("adjoints of nodes that are done make room, those of a user's operation, too") {
  constexpr std::size_t links = 1000;
  Tape tape;
  const std::vector<Value> x{tape.variable(1)};
  const auto doubles = std::make_shared<Doubles>();
  Value y = x[0];
  for (std::size_t k = 0; k < links; ++k) {
    const auto both = tape.external(doubles, std::vector{y}, std::vector{1.0, 1.0});
    y = 0.25 * both[0] - 0.25 * both[1] + 0.5 * both[1];
  }
  std::vector<double> out(directions);
  const std::vector<double> seeds(directions, 3.0);
  const HeapGauge heap;
  tape.pull_back(std::vector{y}, seeds, x, out);
  const std::size_t number_of_row = 4;
  CHECK(heap.most() < (tape.size() + 1) * number_of_row + 100 * row_bytes + small_things);
  CHECK(heap.most() > tape.size() * number_of_row);  // it is counted
  CHECK(out == seeds);
}

TEST_CASE("sweeps of several directions keep within the tape's limit, whichever came before") {
  for (std::size_t limit = 320'000; limit < 2'400'000; limit += 40'000) {
    CAPTURE(limit);
    Tape tape({.memory_limit = limit});
    const std::vector<Value> x{tape.variable(1)};
    std::vector<Value> waiting;  // for their adjoints, all at once
    for (std::size_t k = 0; k < 2000; ++k) waiting.push_back(2.0 * x[0]);
    Value total = 0.0;
    for (const Value& one : waiting) total += one;
    const std::vector<Value> y{total};
    const std::array square{Seed{y[0] * y[0]}};
    const std::vector<double> seeds(directions, 1.0), expected(directions, 4000.0);
    std::vector<double> out(directions);
    const HeapGauge heap;
    for (int again = 0; again < 2; ++again) {
      tape.push_forward(x, seeds, y, out);
      CHECK(out == expected);
      tape.pull_back(y, seeds, x, out);
      CHECK(out == expected);
      tape.hessian_vector_products(square, x, seeds, out);
      CHECK(out == std::vector<double>(directions, 32'000'000.0));
    }
    CHECK(tape.memory_bytes() + heap.most() <= limit + small_things);
  }
}

TEST_CASE("what a sweep has kept makes room for another one, once the tape needs more itself") {
  constexpr std::size_t limit = 800'000;
  const auto record_to = [](Tape& tape, std::size_t nodes, Value y) {
    while (tape.size() < nodes) y = y * 1.0;
    return y;
  };
  Tape tape({.memory_limit = limit});
  const std::vector<Value> x{tape.variable(1)};
  const std::vector<double> seeds(directions, 1.0);
  std::vector<double> out(directions);
  const std::vector<Value> early{record_to(tape, 4'000, x[0])};
  const HeapGauge heap;
  tape.push_forward(x, seeds, early, out);
  const std::size_t kept = heap.most();
  REQUIRE(kept > 4'000 * row_bytes);
  const Value y = record_to(tape, 15'000, x[0]);
  REQUIRE(tape.memory_bytes() + kept > limit);
  const std::array seed{Seed{y}};
  tape.push_forward(x, std::vector{2.0}, std::vector{y}, std::span(out).first(1));
  CHECK(out[0] == 2);
  tape.hessian_vector_products(seed, x, std::vector{1.0}, std::span(out).first(1));
  CHECK(out[0] == 0);
}

TEST_CASE("names that are gone leave no letters behind") {
  Tape tape;
  const Value x = tape.variable(1);
  const std::string name(100, 'a');
  const HeapGauge heap;
  for (int k = 0; k < 10'000; ++k) {
    const Mark mark = tape.mark();
    const Value a = x * 2.0, b = a * 2.0;
    tape.name(b, name);  // in another order than that of the nodes
    tape.name(a, name);
    tape.name(x, name);
  }
  CHECK(heap.most() < 50'000);
}

#include "tapegrad/program/cache.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

#include "../core/same.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"

using namespace tapegrad;
using tapegrad::testing::all_same_adjoints;

namespace {

using Numbers = std::vector<double>;
using X = std::span<const Value>;

// Four ways: which is larger, and whether the sum is positive.
Value four_ways(X x) {
  const Value larger = x[0] > x[1] ? exp(x[0]) : x[1] * x[1];
  return x[0] + x[1] > 0.0 ? larger * x[0] : larger - x[1];
}

}  // namespace

TEST_CASE("a function with branches is run by a program for each way, equal to the tape's") {
  constexpr std::size_t points = 300;
  Numbers inputs, outputs(3 * points);
  for (std::size_t p = 0; p < 2 * points; ++p) inputs.push_back(2 * std::sin(1.7 * double(p)));
  ProgramCache cache = cached_gradient(four_ways);
  CHECK(cache.programs() == 0);
  for (int again = 0; again < 2; ++again) {
    cache.run(points, inputs, outputs);
    CHECK(cache.programs() == 4);
    for (std::size_t p = 0; p < points; ++p) {
      const auto [value, grad] = gradient(four_ways, std::span(inputs).subspan(2 * p, 2));
      CHECK(outputs[3 * p] == value);
      CHECK(all_same_adjoints(std::span(outputs).subspan(3 * p + 1, 2), grad));
    }
  }
}

TEST_CASE("a NaN goes a way of its own") {
  ProgramCache cache = cached_gradient([](X x) { return x[0] < 0.0 ? -x[0] : x[0] * 2.0; });
  const Numbers inputs{-3, std::nan(""), 5};
  Numbers outputs(6);
  cache.run(3, inputs, outputs);
  CHECK(outputs[0] == 3);
  CHECK(std::isnan(outputs[2]));
  CHECK(outputs[3] == 2);
  CHECK(outputs[4] == 10);
}

TEST_CASE("too many ways, functions that change their mind, and sizes that do not fit are told") {
  const auto steps = [](X x) {
    Value y = x[0];
    while (y < 100.0) y = y + 1.0;  // as many ways as steps
    return y;
  };
  ProgramCache few([&](std::span<const double> x) { return compile(steps, x); }, Math::exact, 3);
  Numbers inputs{99.5, 98.5, 97.5, 96.5}, outputs(4, -1);
  CHECK_THROWS_AS(few.run(4, inputs, outputs), UnsupportedError);
  CHECK(outputs == Numbers{100.5, 100.5, 100.5, -1});

  int call = 0;
  const auto fickle = [&](X x) {
    const bool odd = ++call % 2 == 1;
    return odd == (x[0] > 0.0) ? x[0] : -x[0];
  };
  ProgramCache other([&](std::span<const double>) {
    return compile(fickle, Numbers{-1});  // recorded elsewhere
  });
  CHECK_THROWS_AS(other.run(1, Numbers{1}, std::span(outputs).first(1)), UnsupportedError);
  CHECK(other.programs() == 0);  // it is of no use

  ProgramCache cache = cached_gradient(four_ways);
  CHECK_THROWS_AS(cache.run(2, Numbers{1, 2, 3}, outputs), ShapeError);
  CHECK_THROWS_AS(cache.run(2, Numbers{1, 2, 3, 4}, outputs), ShapeError);
  cache.run(0, {}, {});
}

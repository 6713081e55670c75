// Operations for the tests of user's operations: one with all that it can have, and one that says
// what it is told.
#pragma once

#include <cmath>
#include <vector>

#include "tapegrad/derivatives/user_operation.hpp"

namespace tapegrad::testing {

/// (a, b, c) -> (a·b, exp(b)·c²), all of it right. y[1] is used where exp(b) is at hand in it.
inline UserOperation::Functions both() {
  return {
      .name = "both",
      .value =
          [](auto x) {
            return std::vector{x[0] * x[1], std::exp(x[1]) * x[2] * x[2]};
          },
      .pull_back =
          [](auto x, auto y, auto adjoints) {
            return std::vector{adjoints[0] * x[1], adjoints[0] * x[0] + adjoints[1] * y[1],
                               adjoints[1] * 2 * y[1] / x[2]};
          },
      .push_forward =
          [](auto x, auto y, auto t) {
            return std::vector{t[0] * x[1] + x[0] * t[1], y[1] * t[1] + 2 * y[1] / x[2] * t[2]};
          },
      .pull_back_derivative =
          [](auto x, auto y, auto t, auto adjoints) {
            const double mixed_part = 2 * y[1] / x[2];
            return std::vector{adjoints[0] * t[1],
                               adjoints[0] * t[0] + adjoints[1] * (y[1] * t[1] + mixed_part * t[2]),
                               adjoints[1] * (mixed_part * t[1] + 2 * y[1] / (x[2] * x[2]) * t[2])};
          },
  };
}

inline const std::vector<double> somewhere{1.5, -0.4, 0.8};

/// One operand and one result, with the partial derivative that it is told.
inline UserOperation told(double partial, bool refuses_nan) {
  return UserOperation{{.name = "told",
                        .value = [](auto x) { return std::vector{x[0]}; },
                        .pull_back =
                            [=](auto x, auto, auto adjoints) {
                              std::vector<double> all(x.size(), adjoints[0] * partial);
                              return all;
                            },
                        .refuses_nan = refuses_nan}};
}

}  // namespace tapegrad::testing

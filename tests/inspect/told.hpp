// A user's operation for tests: its value and its derivative are what they are told to be.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"

namespace tapegrad::testing {

class Told : public External {
 public:
  explicit Told(double derivative, bool throws = false)
      : derivative_(derivative), throws_(throws) {}
  std::string_view name() const override { return "told"; }
  void pull_back(std::span<const double>, std::span<const double> results,
                 std::span<double> operands) const override {
    if (throws_) throw Error("no derivative");
    for (double& adjoint : operands) adjoint += derivative_ * results[0];
  }

 private:
  double derivative_;
  bool throws_;
};

inline Value external(Value x, double value, double derivative, bool throws = false) {
  return active_recording->tape()->external(std::make_shared<Told>(derivative, throws),
                                            std::vector{x}, std::vector{value})[0];
}

}  // namespace tapegrad::testing

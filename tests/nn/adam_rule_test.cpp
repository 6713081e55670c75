#include "nn/adam_rule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "program/instruction_set.hpp"

using namespace tapegrad;

namespace {

struct Block {
  explicit Block(std::size_t count)
      : parameters(count), gradient(count), mean(count), square(count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto k = static_cast<double>(i);
      parameters[i] = std::sin(k);
      gradient[i] = std::cos(3 * k) * std::exp(std::sin(5 * k) * 20);  // 1e-9 to 1e9
      mean[i] = gradient[i] * std::sin(7 * k);
      square[i] = gradient[i] * gradient[i];
    }
  }

  AdamBlock spans() {
    return {.parameters = parameters, .gradient = gradient, .mean = mean, .square = square};
  }
  friend bool operator==(const Block&, const Block&) = default;

  std::vector<double> parameters, gradient, mean, square;
};

constexpr AdamRule rule{.rate = 0.01,
                        .beta1 = 0.9,
                        .beta2 = 0.999,
                        .epsilon = 1e-8,
                        .mean_scale = 1 / (1 - 0.9 * 0.9),
                        .square_scale = 1 / (1 - 0.999 * 0.999)};

}  // namespace

TEST_CASE("a step of Adam is that of its formula, for any number of parameters") {
  for (const std::size_t count : {0u, 1u, 7u, 8u, 9u, 67u}) {
    const Block before(count);
    Block block = before;
    adam_step(rule, block.spans());
    for (std::size_t i = 0; i < count; ++i) {
      CAPTURE(count);
      CAPTURE(i);
      const long double g = before.gradient[i];
      const long double m = 0.9L * before.mean[i] + 0.1L * g;
      const long double v = 0.999L * before.square[i] + 0.001L * g * g;
      const long double step = 0.01L * (m / 0.19L) / (std::sqrt(v / 0.001999L) + 1e-8L);
      // Of 1 - beta2² only 13 digits are left.
      CHECK(block.mean[i] == doctest::Approx(static_cast<double>(m)).epsilon(1e-12));
      CHECK(block.square[i] == doctest::Approx(static_cast<double>(v)).epsilon(1e-12));
      CHECK(before.parameters[i] - block.parameters[i] ==
            doctest::Approx(static_cast<double>(step)).epsilon(1e-11));
    }
  }
}

TEST_CASE("a step of Adam is the same to the bit in registers of any width") {
  for (const std::size_t count : {1u, 7u, 8u, 67u, 1000u}) {
    CAPTURE(count);
    Block widest(count);
    adam_step(rule, widest.spans());
    for (const InstructionSet set : {InstructionSet::baseline, InstructionSet::avx2}) {
      CAPTURE(to_string(set));
      const InstructionSetLimit limit(set);
      Block block(count);
      adam_step(rule, block.spans());
      CHECK(block == widest);
    }
  }
}

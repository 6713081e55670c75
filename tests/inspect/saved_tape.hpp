// A tape with one of each thing that it can hold, and all that can be asked of it.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/node.hpp"
#include "tapegrad/inspect/location.hpp"
#include "tapegrad/nn/layer.hpp"

namespace tapegrad::testing {

struct SumAndProduct : External {
  std::string_view name() const override { return "sum\tand\nproduct"; }
  void pull_back(std::span<const double> x, std::span<const double> in,
                 std::span<double> out) const override {
    out[0] += in[0] + in[1] * x[1];
    out[1] += in[0] + in[1] * x[0];
  }
};

/// Returns the last node.
inline Value record_everything(Tape& tape, bool with_external) {
  const Value x = tape.variable(0.5, "x"), y = tape.variable(-1.25, "a name with \\ and \n");
  const auto w = tape.variables(std::vector{0.1, 0.2, 0.3, 0.4, 0.5, 0.6});
  const Layer layer(2, 2, Activation::tanh);
  tape.name_range(w[0].node(), layer.parameter_names());
  const auto a = layer(w, std::vector{x, y});
  layer(w, std::vector{x, y});
  Value sum_of_all = sum(std::vector{x, a[0], Value(3)});  // 3 operands: half a side cell is free
  sum_of_all += dot(a, std::vector{x, y}) + norm(std::vector{x, y, a[1]});
  sum_of_all += fma(x, y, 2.0) + select(is_less(x, y), x * 2, 3 / y) + exp(x) * pow(2.0, x);
  sum_of_all += weighted_sum(a, std::vector{x, y}, 1.0) + log(y);  // a NaN
  if (x > y) sum_of_all *= x - 1;
  if (with_external) {
    const std::vector<double> results{x.value() + y.value(), x.value() * y.value()};
    const auto both = tape.external(std::make_shared<SumAndProduct>(), std::vector{x, y}, results);
    sum_of_all = sum_of_all + both[1] * 3;
  }
  tape.name(sum_of_all, "total");
  tape.name(a[0], "");
  return sum_of_all;
}

/// For users an index has no Value: all that they can do with a tape from a file is look.
inline Value value_of(const Tape& tape, std::size_t node) {
  const Recording& recording = tape.recording();
  return {recording.value(node),
          make_id(static_cast<std::uint32_t>(node), recording.slot().base_epoch)};
}

/// All that can be asked of a node.
inline std::string everything_of(const Node& node) {
  std::string text =
      to_string(node) + ' ' +
      std::to_string(std::bit_cast<std::uint64_t>(std::isnan(node.value()) ? 0 : node.value()));
  for (const Operand& operand : node.operands()) {
    text += ' ' + std::to_string(operand.node);
    for (const double number : {operand.partial, operand.constant})
      text += ' ' + std::to_string(std::bit_cast<std::uint64_t>(std::isnan(number) ? 0 : number));
  }
  if (const auto place = location(node))
    text += ' ' + place->file + ':' + std::to_string(place->line) + ' ' + place->function;
  return text;
}

/// What the error says.
inline std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace tapegrad::testing

// What chapter 5 draws: a loss with its tangent, and how wrong nudges are.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "tapegrad/tapegrad.hpp"

namespace chapter {

/// How far the nudge's answer is from the derivative, by a nudge up, or by one up and one down.
struct NudgeErrors {
  double one_way;
  double both_ways;
  double bend;      // what to expect of the first: in the distance h the slope changes
  double rounding;  // and of both: losses have 53 bits, and their difference what is left of them
};

/// The errors over the size of the nudge, four in a decade.
inline tapegrad::Plot error_plot(const std::function<NudgeErrors(double h)>& errors) {
  const auto series = [&](std::string name, double NudgeErrors::*error, tapegrad::Marks marks) {
    tapegrad::Series result = tapegrad::sample_curve(
        std::move(name), [&](double exponent) { return errors(std::pow(10, exponent)).*error; },
        {-14, 0}, 57);
    result.marks = marks;
    return result;
  };
  using tapegrad::Marks;
  return {.title = "Error of a nudge's answer",
          .x_label = "log₁₀ h",
          .y_label = "error",
          .series = {series("one way", &NudgeErrors::one_way, Marks::discs),
                     series("both ways", &NudgeErrors::both_ways, Marks::discs),
                     series("bend of the loss, h/2·|∂²L/∂w²|", &NudgeErrors::bend, Marks::line),
                     series("rounding, L·2⁻⁵³/h", &NudgeErrors::rounding, Marks::line)},
          .y_scale = tapegrad::Scale::logarithmic};
}

/// Where on its curve one parameter is, and how steep the loss is there.
struct Place {
  std::string parameter;
  double w;
  double slope;
};

/// The loss over one parameter, and the line whose slope is the derivative.
inline tapegrad::Plot tangent_plot(const Place& here, const std::function<double(double w)>& loss) {
  const double w = here.w, height = loss(w);
  const auto tangent = [&](double to) { return height + (to - w) * here.slope; };
  return {
      .title = fmt::format("{}: slope {:.3f}", here.parameter, here.slope),
      .x_label = here.parameter,
      .y_label = "loss",
      .series = {tapegrad::sample_curve("loss", loss, {w - 4, w + 4}),
                 tapegrad::sample_curve("tangent", tangent, {w - 1.5, w + 1.5}, 2),
                 {.name = "our network", .x = {w}, .y = {height}, .marks = tapegrad::Marks::rings}},
      .y_scale = tapegrad::Scale::linear};
}

}  // namespace chapter

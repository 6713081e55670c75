// The reports of the checks, as text.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "../core/number.hpp"
#include "tapegrad/derivatives/check.hpp"

namespace tapegrad {
namespace {

using Label = std::function<std::string(std::size_t)>;

constexpr std::size_t shown_at_most = 5;

// Those that come off worst first.
std::vector<std::size_t> worst_first(const DerivativeCheck& check) {
  std::vector<std::size_t> order(check.partials.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto badness = [&](std::size_t i) {
    const PartialCheck& one = check.partials[i];
    return std::pair(one.verdict, std::isnan(one.disagreement)
                                      ? std::numeric_limits<double>::infinity()
                                      : one.disagreement);
  };
  std::ranges::stable_sort(order, std::greater<>(), badness);
  return order;
}

std::string verdict_words(const DerivativeCheck& check) {
  switch (check.verdict()) {
    case Verdict::agrees:
      return "agrees with finite differences";
    case Verdict::undecided:
      return fmt::format("undecided in {} of {}", check.count(Verdict::undecided),
                         check.partials.size());
    case Verdict::disagrees:
      break;
  }
  return "DISAGREES";
}

// fmt writes the sign of a NaN, which says nothing.
std::string rounded(double x, int digits) {
  return std::isnan(x) ? "nan" : fmt::format("{:.{}g}", x, digits);
}

std::string row(const std::string& label, std::size_t width, const PartialCheck& one) {
  std::string text =
      fmt::format("  {:<{}}  {:>16}  {:>16}  {:>8}  {:>8}  {}", label, width,
                  rounded(one.sweep, 10), rounded(one.difference, 10), rounded(one.error, 1),
                  rounded(one.step, 2), to_string(one.verdict));
  if (one.doubt != Doubt::none) text += ": " + to_string(one.doubt);
  if (one.doubt == Doubt::kink)
    text += fmt::format(", {} and {}", rounded(one.left, 6), rounded(one.right, 6));
  return text + "\n";
}

std::string report(const DerivativeCheck& check, const std::string& subject, const Label& label) {
  std::string text = fmt::format("{}: {}; worst relative disagreement {}", subject,
                                 verdict_words(check), rounded(check.worst, 2));
  if (check.partials.empty()) return text + "\n";
  text += fmt::format(" at {}\n", label(check.worst_index));

  std::vector<std::size_t> order = worst_first(check);
  order.resize(std::min(order.size(), shown_at_most));
  std::size_t width = 0;
  for (const std::size_t i : order) width = std::max(width, label(i).size());
  text += fmt::format("  {:{}}  {:>16}  {:>16}  {:>8}  {:>8}\n", "", width, "sweep", "difference",
                      "error", "step");
  for (const std::size_t i : order) text += row(label(i), width, check.partials[i]);
  return text;
}

}  // namespace

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::agrees:
      return "agrees";
    case Verdict::undecided:
      return "undecided";
    case Verdict::disagrees:
      break;
  }
  return "DISAGREES";
}

std::string to_string(Doubt doubt) {
  switch (doubt) {
    case Doubt::none:
      break;
    case Doubt::imprecise:
      return "the difference is the inaccurate side";
    case Doubt::below_rounding:
      return "too small to be seen beside the function's value";
    case Doubt::kink:
      return "left and right differences differ: kink";
    case Doubt::steep:
      return "differences grow as the step shrinks: jump or infinite derivative";
    case Doubt::one_sided:
      return "the function is finite on one side only";
    case Doubt::not_finite:
      return "not finite (find_anomalies() says where)";
  }
  return "";
}

std::string to_string(const GradientCheck& check) {
  const std::string subject = fmt::format("gradient of {} at value {:.6g}",
                                          counted(check.partials.size(), "input"), check.value);
  return report(check, subject, [](std::size_t i) { return fmt::format("x[{}]", i); });
}

std::string to_string(const JacobianCheck& check) {
  const std::string subject = fmt::format("Jacobian of {} by {}", counted(check.rows, "result"),
                                          counted(check.columns, "input"));
  return report(check, subject, [&](std::size_t index) {
    return fmt::format("f[{}] by x[{}]", index / check.columns, index % check.columns);
  });
}

std::string to_string(const HessianCheck& check) {
  const std::size_t n = check.inputs;
  const std::string subject = "Hessian by " + counted(n, "input");
  return report(check, subject, [n](std::size_t index) -> std::string {
    if (index == n * n) return "v·H·v";
    return fmt::format("x[{}] x[{}]", index / n, index % n);
  });
}

}  // namespace tapegrad

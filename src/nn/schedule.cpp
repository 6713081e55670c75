#include "tapegrad/nn/schedule.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

#include "nn/power.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

void check_rate(std::string_view who, double rate) {
  if (!(rate > 0) || !std::isfinite(rate))
    throw ArgumentError(fmt::format("{}: the rate is {}; pass a finite number above 0", who, rate));
}

void check_duration(std::string_view who, std::string_view name, std::uint64_t duration) {
  if (duration == 0)
    throw ArgumentError(fmt::format("{}: {} is 0; pass a number of steps or epochs", who, name));
}

}  // namespace

Schedule constant_rate(double rate) {
  check_rate("constant_rate", rate);
  return [rate](std::uint64_t) { return rate; };
}

Schedule step_decay(double rate, std::uint64_t every, double factor) {
  check_rate("step_decay", rate);
  check_duration("step_decay", "every", every);
  if (!(factor > 0 && factor <= 1))
    throw ArgumentError(fmt::format("step_decay: the factor is {}; pass 0 < factor <= 1", factor));
  return [=](std::uint64_t t) { return rate * whole_power(factor, t / every); };
}

Schedule cosine_decay(double rate, std::uint64_t duration, double least) {
  check_rate("cosine_decay", rate);
  check_duration("cosine_decay", "duration", duration);
  if (!(least >= 0 && least <= rate))
    throw ArgumentError(fmt::format(
        "cosine_decay: the least rate is {}; pass 0 <= least <= {}, the first rate", least, rate));
  return [=](std::uint64_t t) {
    if (t >= duration) return least;
    const double passed = static_cast<double>(t) / static_cast<double>(duration);
    const double w = (1 + std::cos(std::numbers::pi * passed)) / 2;
    return rate * w + least * (1 - w);
  };
}

Schedule warm_up(std::uint64_t duration, Schedule then) {
  if (!then) throw ArgumentError("warm_up: there is no schedule to lead to; pass one");
  return [duration, then = std::move(then)](std::uint64_t t) {
    if (t >= duration) return then(t - duration);
    return then(0) * ((static_cast<double>(t) + 1) / (static_cast<double>(duration) + 1));
  };
}

}  // namespace tapegrad

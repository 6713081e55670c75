// BlackScholes: what a book of European options on one share is worth, by the formula of Black and
// Scholes. Many functions (log, exp, sqrt, erf) and little arithmetic between them; two inputs are
// common to all options.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

#include "numbers.hpp"

namespace tapegrad::bench {

struct BlackScholes {
  static constexpr const char* name = "Black-Scholes, 200 options";
  static constexpr bool needs_erf = true;

  BlackScholes() : signs_(count), quantities_(count), strikes_(count), log_strikes_(count) {
    Numbers numbers(1);
    for (std::size_t i = 0; i < count; ++i) {
      signs_[i] = numbers() < 0.5 ? 1 : -1;
      quantities_[i] = numbers.between(-5, 10);
      strikes_[i] = numbers.between(80, 120);
      log_strikes_[i] = std::log(strikes_[i]);
    }
  }

  // The spot price, the interest rate, `count` volatilities, `count` times to expiry in years.
  std::vector<double> inputs() const {
    Numbers numbers(2);
    std::vector<double> x{100, 0.03};
    for (std::size_t i = 0; i < count; ++i) x.push_back(numbers.between(0.15, 0.45));
    for (std::size_t i = 0; i < count; ++i) x.push_back(numbers.between(0.25, 2));
    return x;
  }

  template <class T> T operator()(std::span<const T> x) const {
    using std::exp;
    using std::log;
    using std::sqrt;
    const T& spot = x[0];
    const T& rate = x[1];
    const T log_spot = log(spot);
    T value = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      const T& volatility = x[2 + i];
      const T& time = x[2 + count + i];
      const T deviation = volatility * sqrt(time);
      const T interest = rate * time;
      const T d1 = (log_spot - log_strikes_[i] + interest) / deviation + 0.5 * deviation;
      const T d2 = d1 - deviation;
      const T share = spot * cumulative<T>(signs_[i] * d1);
      const T cash = strikes_[i] * exp(-interest) * cumulative<T>(signs_[i] * d2);
      value += quantities_[i] * signs_[i] * (share - cash);
    }
    return value;
  }

  // With price = s (S N(s d1) - K e^-rt N(s d2)), s = 1 for a call and -1 for a put, and because
  // S n(d1) = K e^-rt n(d2), what comes through d1 and d2 cancels but for d1 - d2 = σ √t:
  // ∂/∂S = s N(s d1), ∂/∂r = s t K e^-rt N(s d2), ∂/∂σ = S n(d1) √t,
  // ∂/∂t = S n(d1) σ / (2 √t) + s r K e^-rt N(s d2).
  double gradient(std::span<const double> x, std::span<double> out) const {
    const double spot = x[0], rate = x[1], log_spot = std::log(spot);
    double value = 0, by_spot = 0, by_rate = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double volatility = x[2 + i], time = x[2 + count + i], sign = signs_[i];
      const double root = std::sqrt(time), deviation = volatility * root, interest = rate * time;
      const double d1 = (log_spot - log_strikes_[i] + interest) / deviation + 0.5 * deviation;
      const double d2 = d1 - deviation;
      const double delta = quantities_[i] * sign * cumulative(sign * d1);
      const double cash =
          quantities_[i] * sign * strikes_[i] * std::exp(-interest) * cumulative(sign * d2);
      const double density = one_over_sqrt_two_pi * std::exp(-0.5 * d1 * d1);
      const double through_deviation = quantities_[i] * spot * density;
      value += spot * delta - cash;
      by_spot += delta;
      by_rate += time * cash;
      out[2 + i] = through_deviation * root;
      out[2 + count + i] = through_deviation * volatility / (2 * root) + rate * cash;
    }
    out[0] = by_spot;
    out[1] = by_rate;
    return value;
  }

 private:
  static constexpr std::size_t count = 200;
  static constexpr double one_over_sqrt_two = 1 / std::numbers::sqrt2;
  static constexpr double one_over_sqrt_two_pi = one_over_sqrt_two * std::numbers::inv_sqrtpi;

  // The normal distribution function N.
  template <class T> static T cumulative(const T& x) {
    using std::erf;
    return 0.5 + 0.5 * erf(one_over_sqrt_two * x);
  }

  std::vector<double> signs_;  // 1 for a call, -1 for a put
  std::vector<double> quantities_, strikes_, log_strikes_;
};

}  // namespace tapegrad::bench

// What `monte_carlo` simulates: the payoff of a path as a function of a market and of the path's
// normal random numbers, written once for plain numbers and for Values.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/tapegrad.hpp"

// ---- A call ----

/// The right to buy a share for the price `strike`, in some years. The share's price moves by
/// geometric Brownian motion (Black and Scholes 1973), a month at a time.
struct Call {
  static constexpr double strike = 105;
  static constexpr std::size_t normals = 12;  // of a path, one a step
  static constexpr std::size_t paths_per_batch = 4096;
  enum Market : std::size_t { spot, volatility, rate, years };

  std::vector<double> market() const { return {100, 0.2, 0.03, 1}; }

  template <class T> T operator()(std::span<const T> x, std::span<const T> shocks) const {
    using std::exp, std::sqrt;
    using tapegrad::relu;
    const T step = x[years] / static_cast<double>(normals);
    const T drift = (x[rate] - 0.5 * x[volatility] * x[volatility]) * step;
    const T deviation = x[volatility] * sqrt(step);
    T share = x[spot];
    for (const T& shock : shocks) share *= exp(drift + deviation * shock);
    return exp(-x[rate] * x[years]) * relu(share - strike);
  }

  std::vector<std::string> names() const { return {"price", "delta", "vega", "rho", "theta"}; }

  /// What is shown, from a price and its gradient by the market.
  std::vector<double> figures(double price, std::span<const double> g) const {
    return {price, g[spot], g[volatility], g[rate], -g[years]};
  }

  /// The same by formula.
  std::vector<double> closed_form() const {
    const std::vector<double> x = market();
    const double deviation = x[volatility] * std::sqrt(x[years]);
    const double d1 =
        std::log(x[spot] / strike) / deviation + x[rate] * x[years] / deviation + deviation / 2;
    const double discounted = strike * std::exp(-x[rate] * x[years]);
    const double in_money = discounted * tapegrad::normal_cdf(d1 - deviation);
    const double vega = x[spot] * tapegrad::normal_pdf(d1) * std::sqrt(x[years]);
    return {x[spot] * tapegrad::normal_cdf(d1) - in_money, tapegrad::normal_cdf(d1), vega,
            x[years] * in_money, -vega * x[volatility] / (2 * x[years]) - x[rate] * in_money};
  }
};

// ---- Swaptions ----

/// Rights to enter a swap in ten years: to pay a fixed rate, for 1 to 10 years, and get the
/// floating one. There are 80 forward rates, of a quarter of a year each, which move by the LIBOR
/// market model, a quarter at a time; 15 swaptions of a notional of 100 are held. Source: Giles and
/// Glasserman 2006, "Smoking adjoints: fast Monte Carlo Greeks".
struct Swaptions {
  static constexpr std::size_t rates = 80;
  static constexpr std::size_t normals = 40;  // of a path, one a step
  static constexpr std::size_t paths_per_batch = 512;
  static constexpr double quarter = 0.25;                                 // years
  static constexpr std::array<std::size_t, 5> lengths{4, 8, 20, 28, 40};  // in quarters
  static constexpr std::array<double, 3> fixed_rates{0.045, 0.05, 0.055};

  /// The forward rates, and then their volatilities, by how many quarters they are ahead, less one.
  std::vector<double> market() const {
    std::vector<double> x(rates, 0.05);
    for (std::size_t k = 0; k + 1 < rates; ++k) x.push_back(0.25 - 0.001 * static_cast<double>(k));
    return x;
  }

  /// An exposure is what a unit earns in a quarter: a forward rate times its length.
  template <class T> T operator()(std::span<const T> x, std::span<const T> shocks) const {
    using std::exp;
    std::vector<T> exposures;
    for (const T& forward : x.first(rates)) exposures.push_back(quarter * forward);
    for (std::size_t step = 0; step < normals; ++step) {
      const T shock = std::sqrt(quarter) * shocks[step];
      T drift = 0.0;
      for (std::size_t i = step + 1; i < rates; ++i) {
        const T& volatility = x[rates + i - step - 1];
        drift += volatility * exposures[i] / (1.0 + exposures[i]);
        exposures[i] *= exp(volatility * (quarter * (drift - 0.5 * volatility) + shock));
      }
    }
    T bank_account = 1.0;  // what a unit, put in today, has grown to
    for (std::size_t i = 0; i < normals; ++i) bank_account *= 1.0 + exposures[i];
    return payoff<T>(std::span<const T>(exposures).subspan(normals)) / bank_account;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all{"price"};
    for (const char* greek : {"delta", "vega"}) {
      all.push_back(std::string(greek) + ", all");
      for (const char* years : {" 0 to  5", " 5 to 10", "10 to 15", "15 to 20"})
        all.push_back("  years " + std::string(years));
    }
    return all;
  }

  /// Of the 159 greeks, sums: deltas by a hundredth of a percent of the rates, vegas by a percent
  /// of the volatilities.
  std::vector<double> figures(double price, std::span<const double> g) const {
    std::vector<double> all{price};
    const auto add = [&](std::span<const double> greeks, double unit) {
      all.push_back(unit * std::accumulate(greeks.begin(), greeks.end(), 0.0));
      for (std::size_t k = 0; k < greeks.size(); k += 20) {
        const auto bucket = greeks.subspan(k, std::min<std::size_t>(20, greeks.size() - k));
        all.push_back(unit * std::accumulate(bucket.begin(), bucket.end(), 0.0));
      }
    };
    add(g.first(rates), 1e-4);
    add(g.subspan(rates), 1e-2);
    return all;
  }

 private:
  /// In ten years: bonds, and annuities, which pay at the end of every quarter, by their lengths.
  template <class T> T payoff(std::span<const T> exposures) const {
    using tapegrad::relu;
    std::vector<T> bonds, annuities;
    T bond = 1.0, annuity = 0.0;
    for (const T& exposure : exposures) {
      bond /= 1.0 + exposure;
      annuity += quarter * bond;
      bonds.push_back(bond);
      annuities.push_back(annuity);
    }
    T sum = 0.0;
    for (const std::size_t length : lengths)
      for (const double fixed_rate : fixed_rates)
        sum += 100.0 * relu(1.0 - bonds[length - 1] - fixed_rate * annuities[length - 1]);
    return sum;
  }
};

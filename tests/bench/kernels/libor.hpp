// Libor: the discounted payoff of a portfolio of swaptions on one path of the LIBOR market model.
// One exp and two divisions in a loop whose every turn needs the one before.
//
// Source: Giles and Glasserman 2006, "Smoking adjoints: fast Monte Carlo Greeks".
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "numbers.hpp"

namespace tapegrad::bench {

struct Libor {
  static constexpr const char* name = "LIBOR market model, 80 rates, 40 steps";

  Libor() {
    Numbers numbers(51);  // a path on which about half of the swaptions pay
    for (double& shock : shocks_) shock = std::sqrt(accrual) * numbers.normal();
  }

  // `count` forward rates, then the volatility of a rate by how many periods ahead it is, less one.
  std::vector<double> inputs() const {
    Numbers numbers(4);
    std::vector<double> x;
    for (std::size_t i = 0; i < count; ++i) x.push_back(numbers.between(0.045, 0.055));
    for (std::size_t i = 0; i + 1 < count; ++i) x.push_back(numbers.between(0.15, 0.25));
    return x;
  }

  // An exposure is a forward rate times the length of its period.
  template <class T> T operator()(std::span<const T> x) const {
    using std::exp;
    std::vector<T> exposures(count);
    for (std::size_t i = 0; i < count; ++i) exposures[i] = accrual * x[i];
    for (std::size_t step = 0; step < steps; ++step) {
      T drift = 0.0;
      for (std::size_t i = step + 1; i < count; ++i) {
        const T& volatility = x[count + i - step - 1];
        drift += volatility * exposures[i] / (1.0 + exposures[i]);
        exposures[i] *= exp(volatility * (accrual * (drift - 0.5 * volatility) + shocks_[step]));
      }
    }
    return discounted_payoff<T>(exposures);
  }

  double gradient(std::span<const double> x, std::span<double> out) const {
    std::vector<double> exposures(count), adjoints(count);
    std::vector<Move> moves(steps * count);
    for (std::size_t i = 0; i < count; ++i) exposures[i] = accrual * x[i];
    for (std::size_t step = 0; step < steps; ++step) {
      double drift = 0;
      for (std::size_t i = step + 1; i < count; ++i) {
        const double volatility = x[count + i - step - 1];
        const double before = exposures[i], discount = 1 / (1 + before);
        drift += volatility * before * discount;
        const double growth =
            std::exp(volatility * (accrual * (drift - 0.5 * volatility) + shocks_[step]));
        exposures[i] = before * growth;
        moves[step * count + i] = {drift, before, growth, discount};
      }
    }
    const double value = payoff_gradient(exposures, adjoints);
    const std::span<double> by_volatility = out.subspan(count);
    for (double& sum : by_volatility) sum = 0;
    for (std::size_t step = steps; step-- > 0;)
      step_back(step, x.subspan(count), moves, adjoints, by_volatility);
    for (std::size_t i = 0; i < count; ++i) out[i] = accrual * adjoints[i];
    return value;
  }

 private:
  static constexpr std::size_t count = 80;  // rates
  static constexpr std::size_t steps = 40;  // of the path, one a period
  static constexpr double accrual = 0.25;   // length of a period in years
  static constexpr double notional = 100;

  // A swaption of each length, in periods, at each rate.
  static constexpr std::array<std::size_t, 5> swap_lengths{4, 8, 20, 28, 40};
  static constexpr std::array<double, 3> swap_rates{0.045, 0.05, 0.055};

  // What one exposure's move in one step leaves for the way back.
  struct Move {
    double drift, before, growth;
    double discount;  // 1 / (1 + before)
  };

  // Bonds and annuities run from the path's end; the numeraire is what one unit has grown to there.
  template <class T> T discounted_payoff(const std::vector<T>& exposures) const {
    std::array<T, count - steps> bonds, annuities;
    T bond = 1.0, annuity = 0.0;
    for (std::size_t k = 0; k < bonds.size(); ++k) {
      bond /= 1.0 + exposures[steps + k];
      annuity += accrual * bond;
      bonds[k] = bond;
      annuities[k] = annuity;
    }
    T payoff = 0.0;
    for (const std::size_t length : swap_lengths) {
      for (const double rate : swap_rates) {
        const T swap = 1.0 - bonds[length - 1] - rate * annuities[length - 1];
        if (swap > 0.0) payoff += notional * swap;
      }
    }
    T numeraire = 1.0;
    for (std::size_t i = 0; i < steps; ++i) numeraire *= 1.0 + exposures[i];
    return payoff / numeraire;
  }

  // Value, and adjoints of the exposures at the path's end. Going back, an annuity's adjoint is
  // that of all annuities from there on, and a bond's that of its own uses and of the next bond.
  double payoff_gradient(const std::vector<double>& exposures,
                         std::vector<double>& adjoints) const {
    std::array<double, count - steps> discounts, bonds, annuities, by_bond{}, by_annuity{};
    double bond = 1, annuity = 0, numeraire = 1, payoff = 0;
    for (std::size_t k = 0; k < bonds.size(); ++k) {
      discounts[k] = 1 / (1 + exposures[steps + k]);
      bonds[k] = bond *= discounts[k];
      annuities[k] = annuity += accrual * bond;
    }
    for (std::size_t i = 0; i < steps; ++i) numeraire *= 1 + exposures[i];
    const double by_payoff = 1 / numeraire;
    for (const std::size_t length : swap_lengths) {
      for (const double rate : swap_rates) {
        const double swap = 1 - bonds[length - 1] - rate * annuities[length - 1];
        if (swap <= 0) continue;
        payoff += notional * swap;
        by_bond[length - 1] -= notional * by_payoff;
        by_annuity[length - 1] -= notional * by_payoff * rate;
      }
    }
    const double value = payoff * by_payoff;
    for (std::size_t i = 0; i < steps; ++i) adjoints[i] = -value / (1 + exposures[i]);
    double through_bond = 0, through_annuity = 0;
    for (std::size_t k = bonds.size(); k-- > 0;) {
      through_annuity += by_annuity[k];
      through_bond = (through_bond + by_bond[k] + accrual * through_annuity) * discounts[k];
      adjoints[steps + k] = -through_bond * bonds[k];
    }
    return value;
  }

  // One step of the path backwards: `adjoints` from those after it to those before it.
  // With growth = exp(σ (δ (drift - σ/2) + shock)), ∂ log growth / ∂σ = δ (drift - σ) + shock.
  void step_back(std::size_t step, std::span<const double> volatilities,
                 const std::vector<Move>& moves, std::vector<double>& adjoints,
                 std::span<double> by_volatility) const {
    double by_drift = 0;
    for (std::size_t i = count; i-- > step + 1;) {
      const double volatility = volatilities[i - step - 1];
      const Move& move = moves[step * count + i];
      const double by_log_growth = adjoints[i] * move.before * move.growth;
      by_drift += by_log_growth * accrual * volatility;
      by_volatility[i - step - 1] +=
          by_log_growth * (accrual * (move.drift - volatility) + shocks_[step]) +
          by_drift * move.before * move.discount;
      adjoints[i] =
          adjoints[i] * move.growth + by_drift * volatility * move.discount * move.discount;
    }
  }

  std::array<double, steps> shocks_;  // what the market does in each step, times √accrual
};

}  // namespace tapegrad::bench

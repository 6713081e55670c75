// black_scholes: how does the price of an option change when the market moves?
//
// You learn to get first and second derivatives, all at once, of a formula that is written only
// once. The formula is that of Black and Scholes for a call: the right to buy a share, at a time to
// come, for a price fixed today, the strike. Traders call its derivatives greeks, and each has a
// closed form of its own, an exercise in calculus and a place for slips. Here the price is recorded
// as a function of the market, and the greeks are its gradient and Hessian. The closed forms stand
// beside them as witnesses.
//
// Run:     samples/run black_scholes
// Prints:  price and greeks of six calls and of a portfolio of them, the largest difference to the
//          closed forms, and what the portfolio is worth after the market has moved: by its greeks,
//          and by the formula.
// Units:   prices in euros, for a right on one share; time in years; volatility and rate per year,
//          as 0.2 and 0.03. So vega is in euros per 1 of volatility (for a point, a hundredth), rho
//          in euros per 1 of the rate, theta and charm per year that passes (for a day, 1 / 365).
// Next:    monte_carlo, where there is no closed form
//
// Source: Black & Scholes 1973, "The Pricing of Options and Corporate Liabilities"; the closed
// forms of the greeks: Haug 2007, "The Complete Guide to Option Pricing Formulas".
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "run_sample.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct Call {
  double count;  // how many the portfolio holds; negative: has sold
  double strike;
  double years;       // until it can be used
  double volatility;  // that the market expects for this strike
};

/// What moves the prices. The volatility is what is added to that of each call.
enum Market : std::size_t { spot, volatility, rate, time_passed };
constexpr std::array<double, 4> today{100, 0, 0.03, 0};

/// For plain numbers, and for Values, which can be differentiated.
template <class T> T price(const Call& call, std::span<const T> market) {
  using std::exp, std::log, std::sqrt;
  using tapegrad::normal_cdf;
  const T years = call.years - market[time_passed];
  const T sigma = call.volatility + market[volatility];
  const T deviation = sigma * sqrt(years);
  const T growth = (market[rate] + sigma * sigma / 2) * years;
  const T d1 = (log(market[spot] / call.strike) + growth) / deviation;
  const T strike_today = call.strike * exp(-market[rate] * years);
  return market[spot] * normal_cdf(d1) - strike_today * normal_cdf(d1 - deviation);
}

constexpr std::array names{"price", "delta", "vega",  "theta", "rho",
                           "gamma", "vanna", "volga", "charm"};
using Greeks = std::array<double, names.size()>;

/// By the tape: delta is ∂/∂spot, vanna ∂²/∂spot∂volatility, and so on.
template <class F> Greeks greeks_by_tape(const F& f) {
  const auto [value, g, H] = value_gradient_hessian(f, today);
  return {value,
          g[spot],
          g[volatility],
          g[time_passed],
          g[rate],
          H(spot, spot),
          H(spot, volatility),
          H(volatility, volatility),
          H(spot, time_passed)};
}

/// By hand.
Greeks closed_forms(const Call& call) {
  const double S = today[spot], r = today[rate], years = call.years, sigma = call.volatility;
  const double deviation = sigma * std::sqrt(years);
  const double d1 = (std::log(S / call.strike) + (r + sigma * sigma / 2) * years) / deviation;
  const double d2 = d1 - deviation;
  const double strike_today = call.strike * std::exp(-r * years);
  const double density = normal_pdf(d1);
  const double vega = S * density * std::sqrt(years);
  return {S * normal_cdf(d1) - strike_today * normal_cdf(d2),
          normal_cdf(d1),
          vega,
          -S * density * sigma / (2 * std::sqrt(years)) - r * strike_today * normal_cdf(d2),
          years * strike_today * normal_cdf(d2),
          density / (S * deviation),
          -density * d2 / sigma,
          vega * d1 * d2 / sigma,
          -density * (2 * r * years - d2 * deviation) / (2 * years * deviation)};
}

constexpr std::array portfolio{
    Call{.count = 10, .strike = 90, .years = 0.5, .volatility = 0.24},
    Call{.count = -20, .strike = 100, .years = 0.5, .volatility = 0.20},
    Call{.count = 10, .strike = 110, .years = 0.5, .volatility = 0.19},
    Call{.count = -5, .strike = 95, .years = 0.25, .volatility = 0.22},
    Call{.count = 5, .strike = 120, .years = 1, .volatility = 0.18},
    Call{.count = 8, .strike = 105, .years = 2, .volatility = 0.21},
};

template <class T> T worth(std::span<const T> market) {
  T sum = 0;
  for (const Call& call : portfolio) sum += call.count * price(call, market);
  return sum;
}

void print_calls() {
  const auto print_row = [](const char* title, auto&& number_of) {
    fmt::print("{:10}", title);
    for (const Call& call : portfolio) fmt::print("{:9}", number_of(call));
    fmt::print("\n");
  };
  fmt::print("Six calls on a share of {} euros, rate {}:\n\n", today[spot], today[rate]);
  print_row("count", [](const Call& call) { return call.count; });
  print_row("strike", [](const Call& call) { return call.strike; });
  print_row("years", [](const Call& call) { return call.years; });
  print_row("volatility", [](const Call& call) { return call.volatility; });
}

/// A row for each greek: of the calls, of the portfolio, and of the portfolio by hand.
/// @return true if tape and hand agree, for each call and the portfolio
bool print_greeks() {
  std::vector<Greeks> tape;
  std::vector<Greeks> hand;
  Greeks sum{};
  for (const Call& call : portfolio) {
    tape.push_back(greeks_by_tape([&](std::span<const Value> x) { return price(call, x); }));
    hand.push_back(closed_forms(call));
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += call.count * hand.back()[k];
  }
  tape.push_back(greeks_by_tape(worth<Value>));  // all calls in one recording
  hand.push_back(sum);

  fmt::print("{:66}portfolio     by hand\n", "");
  bool agree = true;
  double largest = 0;
  for (std::size_t k = 0; k < names.size(); ++k) {
    fmt::print("{:10}", names[k]);
    for (std::size_t i = 0; i < tape.size(); ++i) {
      fmt::print("{:{}.4f}", tape[i][k], i < portfolio.size() ? 9 : 12);
      const double difference = std::abs(tape[i][k] - hand[i][k]) / std::abs(hand[i][k]);
      agree = agree && difference < 1e-12;  // not with NaN
      largest = std::max(largest, difference);
    }
    fmt::print("{:12.4f}\n", sum[k]);
  }
  fmt::print("\nThe largest relative difference between tape and hand is {:.1e}: they {}.\n",
             largest, agree ? "agree" : "DISAGREE");
  return agree;
}

/// The worth after a move m of the market: foretold by price + g·m + ½ mᵀ·H·m, and by the formula.
void print_forecasts() {
  fmt::print(
      "\nThe portfolio after the market has moved, foretold and computed:\n\n"
      "   spot  volatility  days  by gradient  and Hessian  by formula\n");
  for (double part : {1.0, 0.5, 0.25}) {
    const std::array move{-4 * part, 0.03 * part, 0.0, 8 * part / 365};
    const auto [value, first, second] = directional_second(worth<Value>, today, move);
    std::array moved = today;
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += move[i];
    fmt::print("{:+7}  {:+10.4f}  {:+4}  {:11.4f}  {:11.4f}  {:10.4f}\n", move[spot],
               move[volatility], 8 * part, value + first, value + first + second / 2,
               worth<double>(moved));
  }
  fmt::print(
      "\nHalf the move leaves about a quarter of the first error, and an eighth of the second.\n");
}

bool run() {
  print_calls();
  const bool agree = print_greeks();
  print_forecasts();
  return agree;
}

int main() { return run_sample("black_scholes", run); }

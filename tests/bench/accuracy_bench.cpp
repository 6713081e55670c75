// How many units in the last place (ULP) are the values and the partials of the rules off?
//
//   meson test -C build/release --benchmark --verbose accuracy
//   build/release/tests/bench/accuracy_bench [--long] [--rule=NAME]
//
// Every rule goes through double and through 113 bits (accuracy_quad.hpp) at the same points:
// uniform in its domain, and everywhere. A ULP is that of the exact result, rounded; 0.5 is as good
// as it gets, and 4.5e15 or more means that all digits are lost: 0 in place of a small number, say.
// Beside a zero of the exact result that is bound to happen; the column "abs" has the worst error
// as well, in units of 2⁻⁵² max(1, |exact|), for which zeros do not matter. Results below 2⁻¹⁰²² or
// beyond the range of double do not count. --rule=NAME shows one rule by magnitude of its first
// operand. --long takes twenty times as many points, in some minutes.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "accuracy_points.hpp"
#include "accuracy_quad.hpp"
#include "ops/evaluate.hpp"
#include "ops/points.hpp"

using namespace tapegrad;
using namespace tapegrad::bench;
using tapegrad::testing::Evaluated;

namespace {

// How far one result is off.
struct Off {
  double ulp = 0;
  double absolute = 0;  // in units of 2⁻⁵² max(1, |exact|)
};

// The worst of some results, and where it is.
struct Worst {
  Off off;
  std::size_t operand = 0;  // of a partial
  std::vector<double> at;

  void see(Off one, std::size_t k, const std::vector<double>& x) {
    off.absolute = std::max(off.absolute, one.absolute);
    if (one.ulp <= off.ulp) return;
    off.ulp = one.ulp;
    operand = k;
    at = x;
  }
};

struct Accuracy {
  Worst value, partials;
};

// Zeros where the exact result is no normal double and the computed one is none either.
Off off(double computed, Quad exact) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double least = std::numeric_limits<double>::min();
  constexpr double most = std::numeric_limits<double>::max();
  constexpr Off lost{infinity, infinity};
  if (exact != exact || std::isnan(computed))
    return exact == exact || !std::isnan(computed) ? lost : Off{};
  const auto nearest = static_cast<double>(exact.number);
  if (std::abs(nearest) < least) return std::abs(computed) <= 2 * least ? Off{} : lost;
  if (!std::isfinite(nearest)) return std::abs(computed) >= most / 2 ? Off{} : lost;
  if (!std::isfinite(computed)) return lost;
  const auto in_units = [error = abs(Quad(computed) - exact)](double unit) {
    return static_cast<double>((error / unit).number);
  };
  return {in_units(std::exp2(std::ilogb(nearest) - 52)),
          in_units(0x1p-52 * std::max(1.0, std::abs(nearest)))};
}

// Where a rule's formula loses all 60 spare bits as well, another one says what is exact.
template <class Rule> void exact_partials(const std::vector<Quad>&, std::vector<Quad>&) {}
template <> void exact_partials<rule::Tanh>(const std::vector<Quad>& x, std::vector<Quad>& out) {
  out[0] = 1 / (cosh(x[0]) * cosh(x[0]));
}
template <> void exact_partials<rule::Sigmoid>(const std::vector<Quad>& x, std::vector<Quad>& out) {
  const Quad small = exp(-abs(x[0]));
  out[0] = small / ((1 + small) * (1 + small));
}
template <> void exact_partials<rule::Expm1>(const std::vector<Quad>& x, std::vector<Quad>& out) {
  out[0] = exp(x[0]);
}
template <> void exact_partials<rule::Elu>(const std::vector<Quad>& x, std::vector<Quad>& out) {
  if (x[0] <= 0) out[0] = x[1] * exp(x[0]);
}

template <class Rule> Evaluated<Quad> exactly(const std::vector<double>& x) {
  const std::vector<Quad> precise(x.begin(), x.end());
  Evaluated<Quad> result = tapegrad::testing::evaluate<Rule, Quad>(precise);
  exact_partials<Rule>(precise, result.partials);
  return result;
}

// A value that is no normal double is excused, and so are partials made from it.
bool is_normal_or_zero(Quad x) {
  const auto nearest = static_cast<double>(x.number);
  return x == 0 || (std::isfinite(nearest) && std::isnormal(nearest));
}

template <class Rule> void see(Accuracy& accuracy, const std::vector<double>& x) {
  const Evaluated<Quad> exact = exactly<Rule>(x);
  if (!is_normal_or_zero(exact.value)) return;
  const Evaluated<double> computed = tapegrad::testing::evaluate<Rule, double>(x);
  accuracy.value.see(off(computed.value, exact.value), 0, x);
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (tapegrad::testing::is_order(op_of<Rule>, k)) continue;
    accuracy.partials.see(off(computed.partials[k], exact.partials[k]), k, x);
  }
}

std::string text(double units) {
  return units < 1000 ? fmt::format("{:.2f}", units) : fmt::format("{:.0e}", units);
}

std::string place(const Worst& worst) {
  std::string all;
  for (std::size_t k = 0; k < std::min<std::size_t>(worst.at.size(), 3); ++k)
    all += fmt::format("{}{:.6g}", k == 0 ? "" : ", ", worst.at[k]);
  return worst.at.size() > 3 ? all + ", ..." : all;
}

// Which partial it is, where there are several.
std::string place_of_partial(const Worst& worst) {
  if (worst.at.size() < 2) return place(worst);
  return fmt::format("{} (by operand {})", place(worst), worst.operand);
}

void print_heading() {
  fmt::print("{:13}  {:^60}  {:^30}\n", "", "value: worst ULP, and where", "partials: worst ULP");
  fmt::print("{:13}  {:>8}  {:>8}  {:>8}  {:30}  {:>8}  {:>8}  {:>8}  {}\n", "operation", "domain",
             "anywhere", "abs", "at", "domain", "anywhere", "abs", "at");
}

template <class Rule> void print_rule(std::size_t points) {
  Accuracy in_domain, anywhere;
  for (const std::size_t operands : tapegrad::testing::operand_counts<Rule>()) {
    AccuracyPoints where(op_of<Rule>, operands);
    for (std::size_t p = 0; p < points; ++p) {
      see<Rule>(in_domain, where.in_domain());
      see<Rule>(anywhere, where.anywhere());
    }
  }
  fmt::print("{:13}  {:>8}  {:>8}  {:>8}  {:30}  {:>8}  {:>8}  {:>8}  {}\n", Rule::info.name,
             text(in_domain.value.off.ulp), text(anywhere.value.off.ulp),
             text(anywhere.value.off.absolute), place(anywhere.value),
             text(in_domain.partials.off.ulp), text(anywhere.partials.off.ulp),
             text(anywhere.partials.off.absolute), place_of_partial(anywhere.partials));
}

// The first operand's sign and power of two, below and above which it is all one.
int magnitude(double x) {
  if (x == 0) return 0;
  const int power = std::clamp(std::ilogb(x), -12, 12) + 13;
  return x < 0 ? -power : power;
}

template <class Rule> void print_by_magnitude(std::size_t points) {
  std::map<int, Accuracy> by_magnitude;
  for (const std::size_t operands : tapegrad::testing::operand_counts<Rule>()) {
    AccuracyPoints where(op_of<Rule>, operands);
    for (std::size_t p = 0; p < points; ++p) {
      const std::vector<double> x = where.anywhere();
      see<Rule>(by_magnitude[magnitude(x[0])], x);
    }
  }
  fmt::print("{:>14}  {:>8}  {:28}  {:>8}  {}\n", "operand from", "value", "at", "partials", "at");
  for (const auto& [key, accuracy] : by_magnitude)
    fmt::print("{:>14}  {:>8}  {:28}  {:>8}  {}\n",
               key == 0 ? "0" : fmt::format("{}2^{}", key < 0 ? "-" : "", std::abs(key) - 13),
               text(accuracy.value.off.ulp), place(accuracy.value), text(accuracy.partials.off.ulp),
               place_of_partial(accuracy.partials));
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view rule_option = "--rule=";
  std::size_t points = 40'000;
  std::string rule;
  for (int k = 1; k < argc; ++k) {
    const std::string_view option = argv[k];
    if (option == "--long") {
      points *= 20;
    } else if (option.starts_with(rule_option)) {
      rule = option.substr(rule_option.size());
    } else {
      fmt::print(stderr, "accuracy_bench: no option {}; there are --long and --rule=NAME\n",
                 option);
      return 1;
    }
  }
  bool is_found = false;
  if (rule.empty()) print_heading();
  for_each_rule([&]<class Rule>() {
    if (rule.empty()) return print_rule<Rule>(points);
    if (rule != Rule::info.name) return;
    is_found = true;
    print_by_magnitude<Rule>(points);
  });
  if (rule.empty() || is_found) return 0;
  fmt::print(stderr, "accuracy_bench: no rule {}\n", rule);
  return 1;
}

// Identities of functions of which they are known: homogeneous ones, and two ways to write one.

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include "relative_difference.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Numbers = std::vector<double>;
using X = std::span<const Value>;

struct Homogeneous {
  std::string_view name;
  double degree;  // f(t·x) = t^degree · f(x) for t > 0
  Value (*f)(X x);
};

const Homogeneous homogeneous[] = {
    {"sum", 1, [](X x) { return sum(x); }},
    {"norm", 1, [](X x) { return norm(x); }},
    {"hypot", 1, [](X x) { return hypot(x[0], x[1]); }},
    {"max of min", 1, [](X x) { return max(min(x[0], x[1]), 0.5 * x[2]); }},
    {"fmod", 1, [](X x) { return fmod(x[0] + x[1], x[2]); }},
    {"copysign, abs", 1, [](X x) { return copysign(x[0], -x[1]) + 3 * abs(x[2] - x[1]); }},
    {"leaky_relu", 1, [](X x) { return leaky_relu(x[0] - 3 * x[1], 0.25) + relu(x[2]); }},
    {"select", 1, [](X x) { return select(is_less(x[0], x[1]), x[0] + x[2], x[1]); }},
    {"geometric mean", 1, [](X x) { return cbrt(x[0] * x[1] * x[2]); }},
    {"entropy", 1, [](X x) { return x[0] * log(x[1] / x[0]) + x[1] * log(x[2] / x[1]); }},
    {"perspective", 1, [](X x) { return x[2] * exp(x[0] / x[2]) - x[1] * erf(x[0] / x[1]); }},
    {"dot", 2, [](X x) { return dot(x, x); }},
    {"fma", 2, [](X x) { return fma(x[0], x[1], x[2] * x[2]); }},
    {"weighted_sum", 2, [](X x) { return weighted_sum(x, x, x[0] * x[2]); }},
    {"product", 3, [](X x) { return x[0] * x[1] * x[2]; }},
    {"pow", 2.5, [](X x) { return pow(x[0], 2.5) + pow(x[1], 1.5) * x[2]; }},
    {"pow of both", 1, [](X x) { return pow(x[0] / x[1], x[1] / x[2]) * x[0]; }},
    {"atan2", 0, [](X x) { return atan2(x[0], x[1]) - atan(x[1] / x[2]); }},
    {"share", 0, [](X x) { return x[0] / sum(x); }},
    {"inverse square", -2, [](X x) { return 1 / dot(x, x); }},
    {"rational", -1, [](X x) { return (x[0] + x[1]) / (x[1] * x[2]); }},
};

}  // namespace

// Euler: x·∇f = k·f, and as ∇f is of degree k - 1, H·x = (k - 1)·∇f.
TEST_CASE("homogeneous functions satisfy Euler's theorem, once and twice") {
  Random random(3);
  for (const Homogeneous& row : homogeneous) {
    CAPTURE(row.name);
    for (int time = 0; time < 20; ++time) {
      Numbers x(3);
      for (double& xi : x) xi = random.uniform(0.5, 2);
      CAPTURE(x[0]);
      const auto [value, g, h] = value_gradient_hessian(row.f, x);
      CHECK(difference_of(inner(x, g), row.degree * value) <= 1e-13);
      Numbers expected;
      for (const double gi : g) expected.push_back((row.degree - 1) * gi);
      CHECK(difference_of(hessian_vector_product(row.f, x, x), expected) <= 1e-13);
      for (std::size_t i = 0; i < 3; ++i)
        CHECK(difference_of(inner(h.row(i), x), expected[i]) <= 1e-13);
    }
  }
}

namespace {

// Two ways to write one function.
struct Pair {
  std::string_view name;
  Value (*one)(Value x);
  Value (*other)(Value x);
};

Value same(Value x) { return x; }

const Pair pairs[] = {
    {"log exp", [](Value x) { return log(exp(x)); }, same},
    {"exp2 log2", [](Value x) { return exp2(log2(x)); }, same},
    {"log1p expm1", [](Value x) { return log1p(expm1(x)); }, same},
    {"sqrt", [](Value x) { return sqrt(x * x); }, same},
    {"cbrt", [](Value x) { return cbrt(pow(x, 3)); }, same},
    {"asin sin", [](Value x) { return asin(sin(x)); }, same},
    {"acos cos", [](Value x) { return acos(cos(x)); }, same},
    {"atan tan", [](Value x) { return atan(tan(x)); }, same},
    {"sinh asinh", [](Value x) { return sinh(asinh(x)); }, same},
    {"acosh cosh", [](Value x) { return acosh(cosh(x)); }, same},
    {"tanh atanh", [](Value x) { return tanh(atanh(x)); }, same},
    {"sin² + cos²", [](Value x) { return pow(sin(x), 2) + pow(cos(x), 2); },
     [](Value x) { return 0 * x + 1; }},
    {"cosh² - sinh²", [](Value x) { return pow(cosh(x), 2) - pow(sinh(x), 2); },
     [](Value x) { return 0 * x + 1; }},
    {"log10", [](Value x) { return log10(x); }, [](Value x) { return log2(x) * std::log10(2.0); }},
    {"erfc", [](Value x) { return erfc(x); }, [](Value x) { return 1 - erf(x); }},
    {"normal_cdf", [](Value x) { return normal_cdf(x); },
     [](Value x) { return erfc(-x / std::sqrt(2.0)) / 2; }},
    {"normal_pdf", [](Value x) { return normal_pdf(x); },
     [](Value x) { return exp(-x * x / 2) / std::sqrt(8 * std::atan(1.0)); }},
    {"lgamma", [](Value x) { return lgamma(x); }, [](Value x) { return log(tgamma(x)); }},
    {"Γ(x + 1)", [](Value x) { return tgamma(x + 1); }, [](Value x) { return x * tgamma(x); }},
    {"ψ(x + 1)", [](Value x) { return digamma(x + 1); },
     [](Value x) { return digamma(x) + 1 / x; }},
    {"ψ'(x + 1)", [](Value x) { return polygamma(1, x + 1); },
     [](Value x) { return polygamma(1, x) - 1 / (x * x); }},
    {"sigmoid", [](Value x) { return sigmoid(x); }, [](Value x) { return (1 + tanh(x / 2)) / 2; }},
    {"softplus", [](Value x) { return softplus(x) - softplus(-x); }, same},
    {"silu", [](Value x) { return silu(x); }, [](Value x) { return x * sigmoid(x); }},
    {"gelu", [](Value x) { return gelu(x); }, [](Value x) { return x * normal_cdf(x); }},
    {"elu", [](Value x) { return elu(-x, 2.0); }, [](Value x) { return 2 * expm1(-x); }},
    {"log_sum_exp",
     [](Value x) {
       return log_sum_exp(std::array{x, Value(0)});
     },
     softplus},
    {"pow", [](Value x) { return pow(x, x); }, [](Value x) { return exp(x * log(x)); }},
    {"atan2", [](Value x) { return atan2(x, 1 - x); }, [](Value x) { return atan(x / (1 - x)); }},
};

}  // namespace

TEST_CASE("two ways to write a function have the same derivatives, first and second") {
  for (const Pair& pair : pairs) {
    CAPTURE(pair.name);
    for (const double at : {0.25, 0.4, 0.55, 0.7, 0.85}) {
      CAPTURE(at);
      const Numbers x{at};
      const auto derivatives = [&](Value (*f)(Value)) {
        return value_gradient_hessian([&](X z) { return f(z[0]); }, x);
      };
      const auto one = derivatives(pair.one), other = derivatives(pair.other);
      CHECK(difference_of(one.value, other.value) <= 1e-14);
      CHECK(difference_of(one.gradient[0], other.gradient[0]) <= 1e-13);
      CHECK(difference_of(one.hessian(0, 0), other.hessian(0, 0)) <= 1e-12);  // cosh² - sinh²: 4
    }
  }
}

// Identities that derivatives must satisfy whatever the function is, on random programs: no
// reference values, and no second engine. Of known functions: known_functions_test.cpp.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "random_graph.hpp"
#include "relative_difference.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/derivatives/jacobian.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Numbers = std::vector<double>;
using X = std::span<const Value>;

constexpr double cancelled = 1e-11;

// A random program on a tape, with a few of its results as outputs: none beside a pole.
struct Recorded {
  explicit Recorded(std::uint64_t seed) : random(seed) {
    const Program program = generate(seed);
    const auto sums = sums_of_magnitudes(program, evaluate<double>(program, program.point));
    const std::vector<Value> values = record(program, tape, program.point);
    x.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(program.point.size()));
    for (std::size_t place = values.size(); place-- > x.size() && y.size() < 5;)
      if (is_finite(sums[place]) && !values[place].is_constant()) y.push_back(values[place]);
  }

  Numbers direction(std::size_t n) {
    Numbers v(n);
    for (double& vi : v) vi = random.uniform(-1, 1);
    return v;
  }
  Numbers gradient_of(Value output) {
    tape.backward(output);
    Numbers g(x.size());
    tape.adjoints(x, g);
    return g;
  }
  // Of all seeds together.
  Numbers gradient_of(std::initializer_list<Seed> seeds) {
    tape.backward(seeds);
    Numbers g(x.size());
    tape.adjoints(x, g);
    return g;
  }

  Random random;
  Tape tape;
  std::vector<Value> x;
  std::vector<Value> y;
};

template <class Check> void for_random_functions(std::uint64_t count, const Check& check) {
  std::uint64_t checked = 0;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    CAPTURE(seed);
    Recorded f(seed);
    if (f.y.size() < 2) continue;
    check(f);
    ++checked;
  }
  CHECK(checked >= count * 3 / 4);
}

}  // namespace

// ---- Of first order ----

TEST_CASE("⟨u, J·v⟩ by a forward sweep is ⟨uᵀ·J, v⟩ by a reverse one") {
  for_random_functions(300, [](Recorded& f) {
    const Numbers u = f.direction(f.y.size()), v = f.direction(f.x.size());
    const double forward = inner(u, jacobian_vector_product(f.y, f.x, v));
    const double reverse = inner(vector_jacobian_product(f.y, f.x, u), v);
    CHECK(difference_of(forward, reverse) <= cancelled);
  });
}

TEST_CASE("the Jacobian has the gradients as rows and the products with it are sums over it") {
  for_random_functions(200, [](Recorded& f) {
    const Matrix j = jacobian(f.y, f.x);
    Numbers jv, v = f.direction(f.x.size());
    for (std::size_t k = 0; k < f.y.size(); ++k) {
      CHECK(difference_of(j.row(k), f.gradient_of(f.y[k])) <= cancelled);
      jv.push_back(inner(j.row(k), v));
    }
    CHECK(difference_of(jv, jacobian_vector_product(f.y, f.x, v)) <= cancelled);
    Numbers dense(f.x.size());  // Jᵀ·(J·v)
    for (std::size_t k = 0; k < f.y.size(); ++k)
      for (std::size_t i = 0; i < f.x.size(); ++i) dense[i] += j(k, i) * jv[k];
    CHECK(difference_of(dense, gauss_newton_product(f.y, f.x, v)) <= cancelled);
  });
}

TEST_CASE("a sweep from several seeds is the sum of the sweeps from each") {
  for_random_functions(200, [](Recorded& f) {
    const Numbers a = f.gradient_of(f.y[0]), b = f.gradient_of(f.y[1]);
    Numbers sum;
    for (std::size_t i = 0; i < a.size(); ++i) sum.push_back(1.5 * a[i] - 0.3 * b[i]);
    CHECK(difference_of(f.gradient_of({{f.y[0], 1.5}, {f.y[1], -0.3}}), sum) <= cancelled);
    CHECK(difference_of(f.gradient_of({{f.y[0], 0.75}, {f.y[1], -0.3}, {f.y[0], 0.75}}), sum) <=
          cancelled);
  });
}

TEST_CASE("seeds and directions scaled by a power of two scale the results, to the bit") {
  for_random_functions(200, [](Recorded& f) {
    const double scale = f.random.below(2) == 0 ? 0x1p-7 : 0x1p12;
    const auto scaled = [&](Numbers numbers) {
      for (double& number : numbers) number *= scale;
      return numbers;
    };
    const Numbers one = f.gradient_of({{f.y[0], 0.7}, {f.y[1], 1.1}});
    CHECK(f.gradient_of({{f.y[0], 0.7 * scale}, {f.y[1], 1.1 * scale}}) == scaled(one));
    const Numbers u = f.direction(f.y.size()), v = f.direction(f.x.size());
    CHECK(vector_jacobian_product(f.y, f.x, scaled(u)) ==
          scaled(vector_jacobian_product(f.y, f.x, u)));
    CHECK(jacobian_vector_product(f.y, f.x, scaled(v)) ==
          scaled(jacobian_vector_product(f.y, f.x, v)));
    CHECK(hessian_vector_product(f.y[0], f.x, scaled(v)) ==
          scaled(hessian_vector_product(f.y[0], f.x, v)));
  });
}

namespace {

// Of any number of inputs, with all mixed derivatives.
Value outer_function(X z) {
  Value total = 0.5;
  for (std::size_t k = 0; k < z.size(); ++k) total = total * 0.5 + sin(z[k] * 0.25 + total);
  return total;
}

Numbers values_of(X z) {
  Numbers values;
  for (const Value& zi : z) values.push_back(zi.value());
  return values;
}

}  // namespace

TEST_CASE("the gradient of g(f(x)) is the gradient of g through the Jacobian of f") {
  for_random_functions(200, [](Recorded& f) {
    const Numbers whole = f.gradient_of(outer_function(f.y));
    const Numbers outer = gradient(outer_function, values_of(f.y)).gradient;
    CHECK(difference_of(whole, vector_jacobian_product(f.y, f.x, outer)) <= cancelled);
  });
}

// ---- Of second order ----

TEST_CASE("vᵀ·H·w is wᵀ·H·v") {
  for_random_functions(300, [](Recorded& f) {
    const Numbers v = f.direction(f.x.size()), w = f.direction(f.x.size());
    const double one = inner(v, hessian_vector_product(f.y[0], f.x, w));
    const double other = inner(w, hessian_vector_product(f.y[0], f.x, v));
    CHECK(difference_of(one, other) <= cancelled);
  });
}

TEST_CASE("H·v is linear in v, and in the seeds") {
  for_random_functions(200, [](Recorded& f) {
    const std::size_t n = f.x.size();
    const Numbers v = f.direction(n), w = f.direction(n);
    const Numbers hv = hessian_vector_product(f.y[0], f.x, v);
    const Numbers hw = hessian_vector_product(f.y[0], f.x, w);
    const Numbers other = hessian_vector_product(f.y[1], f.x, v);
    Numbers direction, sum_over_directions, sum_over_seeds, by_seeds(n);
    for (std::size_t i = 0; i < n; ++i) {
      direction.push_back(0.7 * v[i] + w[i]);
      sum_over_directions.push_back(0.7 * hv[i] + hw[i]);
      sum_over_seeds.push_back(0.7 * hv[i] - 2 * other[i]);
    }
    CHECK(difference_of(hessian_vector_product(f.y[0], f.x, direction), sum_over_directions) <=
          cancelled);
    const std::array seeds{Seed{f.y[0], 0.7}, Seed{f.y[1], -2}};
    f.tape.hessian_vector_products(seeds, f.x, v, by_seeds);
    CHECK(difference_of(by_seeds, sum_over_seeds) <= cancelled);
  });
}

TEST_CASE("directional_second gives y, gradient·v and vᵀ·H·v") {
  for_random_functions(200, [](Recorded& f) {
    const Value y = f.y[0];
    const Numbers v = f.direction(f.x.size());
    const AlongDirection along = directional_second(y, f.x, v);
    const Matrix h = hessian(y, f.x);
    double vhv = 0;
    for (std::size_t i = 0; i < v.size(); ++i) vhv += v[i] * inner(h.row(i), v);
    CHECK(along.value == y.value());
    CHECK(difference_of(along.first, inner(f.gradient_of(y), v)) <= cancelled);
    CHECK(difference_of(along.first, directional(y, f.x, v)) <= cancelled);
    CHECK(difference_of(along.second, vhv) <= cancelled);
  });
}

TEST_CASE("the derivatives of a product of functions are those of the product rule") {
  for_random_functions(200, [](Recorded& f) {
    const Value a = f.y[0], b = f.y[1];
    const Numbers v = f.direction(f.x.size());
    const Numbers ga = f.gradient_of(a), gb = f.gradient_of(b);
    const Numbers ha = hessian_vector_product(a, f.x, v), hb = hessian_vector_product(b, f.x, v);
    const double av = inner(ga, v), bv = inner(gb, v);
    Numbers first, second;
    for (std::size_t i = 0; i < v.size(); ++i) {
      first.push_back(a.value() * gb[i] + b.value() * ga[i]);
      second.push_back(a.value() * hb[i] + b.value() * ha[i] + ga[i] * bv + gb[i] * av);
    }
    const Value product = a * b;
    CHECK(difference_of(f.gradient_of(product), first) <= cancelled);
    CHECK(difference_of(hessian_vector_product(product, f.x, v), second) <= cancelled);
  });
}

TEST_CASE("the Hessian of g(A·x) is Aᵀ·H·A") {
  Random random(5);
  for (int time = 0; time < 20; ++time) {
    const std::size_t n = 1 + random.below(10), m = 1 + random.below(10);
    Matrix a(m, n);
    for (double& number : a.numbers) number = random.uniform(-1, 1);
    Tape tape;
    Numbers point(n);
    for (double& xi : point) xi = random.uniform(-1, 1);
    const std::vector<Value> x = tape.variables(point);
    std::vector<Value> z;
    for (std::size_t k = 0; k < m; ++k)
      z.push_back(dot(std::vector<Value>(a.row(k).begin(), a.row(k).end()), x));
    const Matrix whole = hessian(outer_function(z), x);
    const Matrix of_g = hessian(outer_function, values_of(z));
    Matrix expected(n, n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        for (std::size_t k = 0; k < m; ++k)
          for (std::size_t l = 0; l < m; ++l) expected(i, j) += a(k, i) * of_g(k, l) * a(l, j);
    CHECK(difference_of(whole.numbers, expected.numbers) <= 1e-14);
  }
}

TEST_CASE("a factor of 0 hides a curvature of infinity") {
  // ∂²/∂x² of z·(x - 2)^1.5 is z·∞ at x = 2.
  const auto f = [](X x) { return x[0] * x[0] + x[1] * pow(x[0] - 2, 1.5); };
  const auto [value, g, h] = value_gradient_hessian(f, Numbers{2, 0});
  CHECK(g == Numbers{4, 0});
  CHECK(h.numbers == Numbers{2, 0, 0, 0});
}

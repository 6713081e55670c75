// Hessian-vector products of batches, against Hessians, differences of gradients, and by hand.

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

#include "mixed_function.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/program/batch.hpp"
#include "tapegrad/program/compile.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using proof::mixed, proof::mixed_point, proof::mixed_inputs, proof::Numbers;
using proof::parameters_0_and_2, proof::wave;
using X = std::span<const Value>;

}  // namespace

TEST_CASE("products are those of the Hessian, of each point and summed by uniform inputs") {
  BatchHessianVectorProduct batch(compile(mixed, mixed_point), parameters_0_and_2);
  for (const std::size_t points : {0u, 1u, 65u}) {
    const Numbers varying = wave(2 * points), directions = wave(2 * points, 2);
    const Numbers uniform{0.4, -0.6}, uniform_direction{1.5, -2};
    Numbers products(2 * points), summed(2, 99);
    batch.run({.points = points,
               .inputs = varying,
               .uniform = uniform,
               .directions = directions,
               .uniform_direction = uniform_direction,
               .products = products,
               .uniform_product = summed});
    Numbers expected(2);
    for (std::size_t p = 0; p < points; ++p) {
      const Matrix H = hessian(mixed, mixed_inputs(uniform, varying, p));
      const Numbers v = mixed_inputs(uniform_direction, directions, p);
      Numbers Hv(4);
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 4; ++j) Hv[i] += H(i, j) * v[j];
      // Rows and columns of a Hessian round otherwise than one product does.
      CHECK(products[2 * p] == doctest::Approx(Hv[1]).epsilon(1e-12));
      CHECK(products[2 * p + 1] == doctest::Approx(Hv[3]).epsilon(1e-12));
      expected[0] += Hv[0];
      expected[1] += Hv[2];
    }
    CHECK(summed[0] == doctest::Approx(expected[0]).epsilon(1e-12));
    CHECK(summed[1] == doctest::Approx(expected[1]).epsilon(1e-12));
  }
}

TEST_CASE("a product is what a small step changes in the gradient") {
  const auto f = [](X x) { return exp(x[0] * x[1]) / (1.0 + x[2] * x[2]) + sin(x[1] * x[2]); };
  const Numbers x{0.4, -0.3, 1.2}, v{0.5, 1, -2};
  BatchHessianVectorProduct batch(compile(f, x));
  Numbers Hv(3);
  batch.run({.points = 1, .inputs = x, .directions = v, .products = Hv});
  const double h = 1e-5;
  Numbers right = x, left = x;
  for (std::size_t i = 0; i < 3; ++i) {
    right[i] += h * v[i];
    left[i] -= h * v[i];
  }
  const Numbers at_right = gradient(f, right).gradient, at_left = gradient(f, left).gradient;
  for (std::size_t i = 0; i < 3; ++i)  // truncation h², rounding epsilon / h
    CHECK(Hv[i] == doctest::Approx((at_right[i] - at_left[i]) / (2 * h)).epsilon(1e-8));
}

TEST_CASE("inactive inputs do not move: the product is that of the others' block of the Hessian") {
  BatchHessianVectorProduct batch(compile(mixed, mixed_point),
                                  {.uniform_inputs = {0, 2}, .inactive_inputs = {1, 2, 3}});
  CHECK(batch.counts().active_varying == 0);
  CHECK(batch.counts().active_uniform == 1);
  const Numbers varying{1.5, 0.7}, uniform{0.3, -0.2}, w{2};
  Numbers summed(1);
  batch.run({.points = 1,
             .inputs = varying,
             .uniform = uniform,
             .uniform_direction = w,
             .uniform_product = summed});
  // ∂²/∂u² y·tanh(u·x + w) = y·x²·(-2·a·(1 - a²))
  const double a = std::tanh(0.3 * 1.5 - 0.2);
  CHECK(summed[0] == doctest::Approx(2 * 0.7 * 1.5 * 1.5 * -2 * a * (1 - a * a)).epsilon(1e-13));
}

TEST_CASE("whatever has another length is named for products as well") {
  BatchHessianVectorProduct batch(compile(mixed, mixed_point), parameters_0_and_2);
  const Numbers four(4), two(2);
  Numbers products(4), summed(2);
  const BatchHessianVectorProduct::Spans fitting{.points = 2,
                                                 .inputs = four,
                                                 .uniform = two,
                                                 .directions = four,
                                                 .uniform_direction = two,
                                                 .products = products,
                                                 .uniform_product = summed};
  BatchHessianVectorProduct::Spans spans = fitting;
  const auto refuses = [&](const char* what) {
    CHECK_THROWS_WITH_AS(batch.run(spans), doctest::Contains(what), ShapeError);
    spans = fitting;
  };
  batch.run(spans);
  spans.inputs = two;
  refuses("2 numbers of inputs; it takes 2 for each of 2 points");
  spans.uniform = four;
  refuses("4 numbers of uniform; it takes 2");
  spans.directions = two;
  refuses("2 numbers of directions; it takes 2 for each of 2 points");
  spans.uniform_direction = {};
  refuses("0 numbers of uniform_direction; it takes 2");
  spans.products = summed;
  refuses("2 numbers of products; it takes 2 for each of 2 points");
  spans.uniform_product = products;
  refuses("4 numbers of uniform_product; it takes 2");
}

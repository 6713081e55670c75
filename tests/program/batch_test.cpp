// Values, gradients and Hessian-vector products of batches, against the tape's one by one.

#include "tapegrad/program/batch.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "../core/same.hpp"
#include "allocations.hpp"
#include "bench/kernels.hpp"
#include "mixed_function.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/program/compile.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using proof::mixed, proof::mixed_point, proof::mixed_inputs, proof::Numbers;
using proof::parameters_0_and_2, proof::wave;
using X = std::span<const Value>;

}  // namespace

TEST_CASE("values and gradients of a batch are the tape's, to the bit, whatever their number") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const Numbers x = kernel.inputs();
    const Program program = compile(kernel, x);
    if (program.instructions().size() > 10'000) return;
    BatchGradient batch(program);
    const std::size_t n = x.size();
    for (const std::size_t points : {std::size_t{1}, std::size_t{67}}) {  // and a ragged block
      Numbers inputs, values(points), gradients(points * n);
      for (std::size_t p = 0; p < points; ++p)
        for (const double xi : x) inputs.push_back(xi * (1 + 1e-5 * double(p)));
      batch.run({.points = points, .inputs = inputs, .values = values, .gradients = gradients});
      for (const std::size_t p : {std::size_t{0}, points - 1}) {
        const auto [value, by_tape] = gradient(kernel, std::span(inputs).subspan(p * n, n));
        CHECK(proof::same_bits(values[p], value));
        CHECK(proof::all_same_adjoints(std::span(gradients).subspan(p * n, n), by_tape));
      }
    }
  });
}

TEST_CASE("the gradient by uniform inputs, and the returned value, are sums over the batch") {
  BatchGradient batch(compile(mixed, mixed_point), parameters_0_and_2);
  CHECK(batch.counts().varying == 2);
  CHECK(batch.counts().uniform == 2);
  CHECK(batch.counts().active_varying == 2);
  CHECK(batch.counts().active_uniform == 2);
  for (const std::size_t points : {0u, 1u, 64u, 150u}) {
    CAPTURE(points);
    const Numbers varying = wave(2 * points), uniform{0.4, -0.6};
    Numbers values(points), gradients(2 * points), summed(2, 99);
    const double sum = batch.run({.points = points,
                                  .inputs = varying,
                                  .uniform = uniform,
                                  .values = values,
                                  .gradients = gradients,
                                  .uniform_gradient = summed});
    double expected_sum = 0;
    Numbers expected(2);
    for (std::size_t p = 0; p < points; ++p) {
      const auto [value, by_tape] = gradient(mixed, mixed_inputs(uniform, varying, p));
      expected_sum += value;
      expected[0] += by_tape[0];
      expected[1] += by_tape[2];
      CHECK(values[p] == value);
      CHECK(gradients[2 * p] == by_tape[1]);
      CHECK(gradients[2 * p + 1] == by_tape[3]);
    }
    // summed in another order
    CHECK(sum == doctest::Approx(expected_sum).epsilon(1e-13));
    CHECK(summed[0] == doctest::Approx(expected[0]).epsilon(1e-13));
    CHECK(summed[1] == doctest::Approx(expected[1]).epsilon(1e-13));
  }
}

TEST_CASE("inactive inputs have no derivative, varying or uniform") {
  BatchGradient batch(compile(mixed, mixed_point),
                      {.uniform_inputs = {0, 2}, .inactive_inputs = {3, 0}});
  CHECK(batch.counts().varying == 2);
  CHECK(batch.counts().active_varying == 1);
  CHECK(batch.counts().active_uniform == 1);
  const Numbers varying{1.5, 0.7}, uniform{0.3, -0.2};
  Numbers values(1), gradients(1), summed(1);
  batch.run({.points = 1,
             .inputs = varying,
             .uniform = uniform,
             .values = values,
             .gradients = gradients,
             .uniform_gradient = summed});
  const auto [value, by_tape] = gradient(mixed, mixed_point);
  CHECK(values[0] == value);
  CHECK(gradients[0] == by_tape[1]);
  CHECK(summed[0] == by_tape[2]);
}

TEST_CASE("values need not be taken, also where they would be all there is of a point") {
  const Program program = compile(mixed, mixed_point);
  const Numbers varying = wave(2 * 70), uniform{0.4, -0.6};
  BatchGradient batch(program, {.uniform_inputs = {0, 2}, .inactive_inputs = {1, 3}});
  Numbers values(70), summed(2), again(2);
  const double sum = batch.run({.points = 70,
                                .inputs = varying,
                                .uniform = uniform,
                                .values = values,
                                .uniform_gradient = summed});
  const double same =
      batch.run({.points = 70, .inputs = varying, .uniform = uniform, .uniform_gradient = again});
  CHECK(sum == same);
  CHECK(summed == again);
  double by_values = 0;
  for (const double value : values) by_values += value;
  CHECK(sum == doctest::Approx(by_values).epsilon(1e-13));
}

TEST_CASE("sums are the same to the bit on any number of threads, and in copies") {
  const Program program = compile(mixed, mixed_point);
  const std::size_t points = 64 * 300 + 7;
  const Numbers varying = wave(2 * points), directions = wave(2 * points, 1), uniform{0.4, -0.6};
  const auto gradients_by = [&](BatchGradient batch) {
    Numbers all(3 * points + 2);
    const std::span<double> rest(all);
    all.push_back(batch.run({.points = points,
                             .inputs = varying,
                             .uniform = uniform,
                             .values = rest.first(points),
                             .gradients = rest.subspan(points, 2 * points),
                             .uniform_gradient = rest.subspan(3 * points, 2)}));
    return all;
  };
  const auto products_by = [&](BatchHessianVectorProduct batch) {
    Numbers all(2 * points + 2);
    batch.run({.points = points,
               .inputs = varying,
               .uniform = uniform,
               .directions = directions,
               .uniform_direction = uniform,
               .products = std::span(all).first(2 * points),
               .uniform_product = std::span(all).last(2)});
    return all;
  };
  const auto on = [](std::size_t threads) {
    return BatchOptions{.uniform_inputs = {0, 2}, .threads = threads};
  };
  const BatchGradient original(program, on(1));
  const Numbers one = gradients_by(original);
  CHECK(gradients_by(original) == one);
  CHECK(gradients_by(BatchGradient(program, on(2))) == one);
  CHECK(gradients_by(BatchGradient(program, on(5))) == one);
  const BatchHessianVectorProduct products(program, on(1));
  const Numbers other = products_by(products);
  CHECK(products_by(products) == other);
  CHECK(products_by(BatchHessianVectorProduct(program, on(3))) == other);
}

TEST_CASE("a point off the recorded branch is named, or marked and left out of sums") {
  const auto f = [](X x) { return x[0] > 0.0 ? x[0] * x[0] * x[1] : x[1]; };
  const Program program = compile(f, Numbers{1, 2});
  const BatchOptions options{.uniform_inputs = {1}};
  const Numbers varying{1, -2, 3}, uniform{10}, directions{1, 1, 1}, w{1};
  std::vector<std::uint8_t> off(3, 9);
  BatchGradient gradients(program, options);
  Numbers values(3), rows(3), summed(1);
  BatchGradient::Spans spans{.points = 3,
                             .inputs = varying,
                             .uniform = uniform,
                             .values = values,
                             .gradients = rows,
                             .uniform_gradient = summed};
  CHECK_THROWS_WITH_AS(gradients.run(spans), doctest::Contains("(point 1 of the batch)"),
                       GuardError);
  spans.off = off;
  CHECK(gradients.run(spans) == 10 + 90);
  CHECK(off == std::vector<std::uint8_t>{0, 1, 0});
  CHECK(summed[0] == 1 + 9);
  CHECK(rows[2] == 60);

  BatchHessianVectorProduct products(program, options);
  BatchHessianVectorProduct::Spans of_products{.points = 3,
                                               .inputs = varying,
                                               .uniform = uniform,
                                               .directions = directions,
                                               .uniform_direction = w,
                                               .products = rows,
                                               .uniform_product = summed};
  CHECK_THROWS_AS(products.run(of_products), GuardError);
  of_products.off = off;
  products.run(of_products);
  CHECK(rows[2] == 2 * 10 + 2 * 3);  // 2·y·v + 2·x·w
  CHECK(summed[0] == 2 * 1 + 2 * 3);
}

TEST_CASE("a constant function, one of no inputs, and inputs that do nothing have derivatives 0") {
  BatchGradient nothing(compile([](X) { return Value(5); }, Numbers{}));
  Numbers values(3);
  CHECK(nothing.run({.points = 3, .values = values}) == 15);
  CHECK(values == Numbers{5, 5, 5});
  const Program unused = compile([](X x) { return x[0] * 2.0; }, Numbers{1, 1});
  BatchGradient batch(unused, {.uniform_inputs = {1}});
  BatchHessianVectorProduct products(unused, {.uniform_inputs = {1}});
  const Numbers x{4, 6}, uniform{1};
  Numbers gradients(2), summed(1, 99), rows(2, 99);
  CHECK(batch.run({.points = 2,
                   .inputs = x,
                   .uniform = uniform,
                   .gradients = gradients,
                   .uniform_gradient = summed}) == 20);
  CHECK(gradients == Numbers{2, 2});
  CHECK(summed[0] == 0);
  products.run({.points = 2,
                .inputs = x,
                .uniform = uniform,
                .directions = x,
                .uniform_direction = uniform,
                .products = rows,
                .uniform_product = summed});
  CHECK(rows == Numbers{0, 0});
  CHECK(summed[0] == 0);
}

TEST_CASE("whatever has another length is named, and nothing is written then") {
  BatchGradient batch(compile(mixed, mixed_point), parameters_0_and_2);
  const Numbers four(4), two(2), three(3);
  Numbers values(2, 7), gradients(4, 7), summed(2, 7);
  const BatchGradient::Spans fitting{.points = 2,
                                     .inputs = four,
                                     .uniform = two,
                                     .values = values,
                                     .gradients = gradients,
                                     .uniform_gradient = summed};
  BatchGradient::Spans spans = fitting;
  const auto refuses = [&](const char* message) {
    CHECK_THROWS_WITH_AS(batch.run(spans), message, ShapeError);
    CHECK(summed == Numbers{7, 7});
    spans = fitting;
  };
  spans.inputs = three;
  refuses("BatchGradient::run: 3 numbers of inputs; it takes 2 for each of 2 points");
  spans.uniform = three;
  refuses("BatchGradient::run: 3 numbers of uniform; it takes 2");
  spans.values = std::span(values).first(1);
  refuses("BatchGradient::run: 1 numbers of values; it takes 2");
  spans.gradients = {};
  refuses("BatchGradient::run: 0 numbers of gradients; it takes 2 for each of 2 points");
  spans.uniform_gradient = gradients;
  refuses("BatchGradient::run: 4 numbers of uniform_gradient; it takes 2");
  std::vector<std::uint8_t> off(1);
  spans.off = off;
  refuses("BatchGradient::run: 1 numbers of off; it takes 2");
  spans.points = std::size_t{1} << 63;  // times 2 it is 0 again
  spans.inputs = {};
  refuses(
      "BatchGradient::run: 0 numbers of inputs; it takes 2 for each of 9223372036854775808 points");
}

TEST_CASE("a program that does not fit and options that make no sense are told") {
  const Program program = compile(mixed, mixed_point);
  const auto refuses = [&](const BatchOptions& options, const char* message) {
    CHECK_THROWS_WITH_AS(BatchGradient(program, options), doctest::Contains(message),
                         ArgumentError);
    CHECK_THROWS_WITH_AS(BatchHessianVectorProduct(program, options), doctest::Contains(message),
                         ArgumentError);
  };
  refuses({.uniform_inputs = {4}}, "there is no input 4 to be uniform; the program has 4");
  refuses({.inactive_inputs = {7}}, "there is no input 7 to be inactive; the program has 4");
  refuses({.uniform_inputs = {1, 1}}, "uniform input 1 is named twice");
  refuses({.threads = 0}, "0 threads");
  const Program two = compile([](X x) { return std::vector<Value>{x[0], x[0]}; }, Numbers{1});
  CHECK_THROWS_AS(BatchGradient{two}, ShapeError);
  CHECK_THROWS_AS(BatchHessianVectorProduct{two}, ShapeError);
}

TEST_CASE("a run allocates nothing once there was one as large") {
  const Program program = compile(mixed, mixed_point);
  BatchGradient batch(program, parameters_0_and_2);
  BatchHessianVectorProduct hessian(program, parameters_0_and_2);
  const Numbers varying = wave(600), uniform{0.4, -0.6};
  Numbers values(300), gradients(600), summed(2);
  const auto run = [&](std::size_t points) {
    const std::span<const double> inputs = std::span(varying).first(2 * points);
    const std::span<double> rows = std::span(gradients).first(2 * points);
    batch.run({.points = points,
               .inputs = inputs,
               .uniform = uniform,
               .values = std::span(values).first(points),
               .gradients = rows,
               .uniform_gradient = summed});
    hessian.run({.points = points,
                 .inputs = inputs,
                 .uniform = uniform,
                 .directions = inputs,
                 .uniform_direction = uniform,
                 .products = rows,
                 .uniform_product = summed});
  };
  const std::size_t at_start = proof::allocations();
  run(300);
  CHECK(proof::allocations() > at_start);  // the counter counts
  const std::size_t before = proof::allocations();
  for (const std::size_t points : {300u, 1u, 0u, 65u, 300u}) run(points);
  CHECK(proof::allocations() == before);
}

// Random programs without any care for where operations are smooth or finite: zeros of either sign,
// infinities, NaN, numbers that overflow and that vanish. There is nothing to compare derivatives
// with, but all ways to them must agree to the bit.

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "../core/functions.hpp"
#include "../core/same.hpp"
#include "core/sweep.hpp"
#include "random_graph.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

double any_number(Random& random) {
  const std::array<double, 20> edges{
      0,      -0.0,   1,     -1,     2,
      -3,     0.5,    -0.5,  1e-310, -1e-310,
      5e-324, 1e-160, 1e160, -1e160, 1e300,
      -1e300, 800,    inf,   -inf,   std::numeric_limits<double>::quiet_NaN()};
  return random.below(3) == 0 ? edges[random.below(edges.size())] : random.uniform(-4, 4);
}

std::size_t operands_of_wild(Op op, Random& random) {
  const int arity = info(op).arity;
  if (arity != variadic) return static_cast<std::size_t>(arity);
  const std::size_t n = 1 + random.below(4);
  return op == Op::Dot ? 2 * n : op == Op::WeightedSum ? 2 * n - 1 : n;
}

Program generate_wild(std::uint64_t seed) {
  Random random(seed);
  Program program;
  for (std::size_t n = 1 + random.below(4); program.point.size() < n;)
    program.point.push_back(any_number(random));
  for (std::size_t size = 3 + random.below(25); program.instructions.size() < size;) {
    const auto table = functions();
    const Op op = table[random.below(table.size())].op;
    if (op == Op::Copysign) continue;  // shows the sign of a NaN, which is the compiler's affair
    Instruction step{.op = op, .operands = {}};
    for (std::size_t n = operands_of_wild(op, random); step.operands.size() < n;) {
      const std::size_t places = program.places();
      const bool is_order = op == Op::Polygamma && step.operands.empty();
      if (is_order)
        step.operands.push_back({.constant = static_cast<double>(random.below(4))});
      else if (random.below(6) == 0)
        step.operands.push_back({.constant = any_number(random)});
      else
        step.operands.push_back(
            {.place = random.below(2) == 0 ? places - 1 : random.below(places)});
    }
    const bool has_operator = op == Op::Add || op == Op::Sub || op == Op::Mul || op == Op::Div;
    step.plain_constants = (has_operator || op == Op::Pow) && random.below(2) == 0;
    step.in_place = has_operator && random.below(2) == 0;
    program.instructions.push_back(step);
  }
  return program;
}

// Directions of any numbers, for `count` values each.
std::vector<double> any_directions(Random& random, std::size_t directions, std::size_t count) {
  std::vector<double> numbers(directions * count);
  for (double& number : numbers) number = random.below(4) == 0 ? 0 : any_number(random);
  return numbers;
}

class Wild {
 public:
  explicit Wild(std::uint64_t seed)
      : random_(seed),
        program_(generate_wild(seed)),
        values_(record(program_, tape_, program_.point)),
        x_(std::span(values_).first(program_.point.size())) {
    for (std::size_t place = values_.size(); place-- > x_.size() && y_.size() < 3;)
      if (!values_[place].is_constant()) y_.push_back(values_[place]);
  }

  bool has_outputs() const { return !y_.empty(); }

  bool values_are_those_of_the_rules() const {
    const std::vector<double> plain = evaluate<double>(program_, program_.point);
    for (std::size_t place = 0; place < plain.size(); ++place)
      if (!same_bits(values_[place].value(), plain[place])) return false;
    return true;
  }

  bool fast_sweep_is_the_plain_one() const {
    const std::size_t node = y_[0].node();
    std::vector<double> fast(tape_.size() + 1), plain(tape_.size() + 1);
    fast[node] = plain[node] = 1;
    sweep_fast(tape_.recording(), {}, fast, node);
    sweep_plain(tape_.recording(), {}, plain.data(), node);
    return all_same_adjoints(std::span(fast).subspan(1), std::span(plain).subspan(1));
  }

  bool pull_back_is_backward() {
    const auto seeds = any_directions(random_, directions, y_.size());
    std::vector<double> together(directions * x_.size()), alone(x_.size());
    tape_.pull_back(y_, seeds, x_, together);
    for (std::size_t d = 0; d < directions; ++d) {
      std::vector<Seed> seeded;
      for (std::size_t k = 0; k < y_.size(); ++k)
        seeded.push_back({y_[k], seeds[d * y_.size() + k]});
      tape_.backward(seeded);
      tape_.adjoints(x_, alone);
      if (!all_same_adjoints(std::span(together).subspan(d * x_.size(), x_.size()), alone))
        return false;
    }
    return true;
  }

  bool push_forward_is_each_direction_alone() {
    const auto tangents = any_directions(random_, directions, x_.size());
    std::vector<double> together(directions * y_.size()), alone(y_.size());
    tape_.push_forward(x_, tangents, y_, together);
    for (std::size_t d = 0; d < directions; ++d) {
      tape_.push_forward(x_, std::span(tangents).subspan(d * x_.size(), x_.size()), y_, alone);
      if (!all_same_adjoints(std::span(together).subspan(d * y_.size(), y_.size()), alone))
        return false;
    }
    return true;
  }

  bool products_are_each_direction_alone() {
    const auto v = any_directions(random_, directions, x_.size());
    const std::array seeds{Seed{y_[0], 1}, Seed{y_.back(), -0.5}};
    std::vector<double> together(v.size()), alone(x_.size());
    tape_.hessian_vector_products(seeds, x_, v, together);
    for (std::size_t d = 0; d < directions; ++d) {
      tape_.hessian_vector_products(seeds, x_, std::span(v).subspan(d * x_.size(), x_.size()),
                                    alone);
      if (!all_same_adjoints(std::span(together).subspan(d * x_.size(), x_.size()), alone))
        return false;
    }
    return true;
  }

  std::string text() const { return print_program(program_); }

 private:
  static constexpr std::size_t directions = 6;  // not as many as any block of lanes

  Random random_;
  Program program_;
  Tape tape_;
  std::vector<Value> values_;
  std::span<const Value> x_;
  std::vector<Value> y_;
};

}  // namespace

TEST_CASE("whatever the numbers are, all sweeps of a random program agree to the bit") {
  const auto [first, count] = seeds_to_run(5000);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    Wild wild(seed);
    if (!wild.has_outputs()) continue;
    const auto text = [&] { return wild.text(); };
    INFO("seed ", seed, "\n", text());
    CHECK(wild.values_are_those_of_the_rules());
    CHECK(wild.fast_sweep_is_the_plain_one());
    CHECK(wild.pull_back_is_backward());
    CHECK(wild.push_forward_is_each_direction_alone());
    CHECK(wild.products_are_each_direction_alone());
  }
}

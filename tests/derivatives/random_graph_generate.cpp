// The random programs themselves.

#include <algorithm>
#include <array>
#include <cmath>

#include "../core/functions.hpp"
#include "random_graph.hpp"
#include "tapegrad/nn/random.hpp"

namespace tapegrad::testing {
namespace {

bool is_one_of(Op op, std::initializer_list<Op> ops) { return std::ranges::count(ops, op) != 0; }

bool is_comparison(Op op) { return op >= Op::Less && op <= Op::NotEqual; }
// Smooth wherever their operands are apart, so that the domains may be exchanged; and with both
// operands the same.
bool is_symmetric(Op op) { return is_comparison(op) || is_one_of(op, {Op::Max, Op::Min}); }
// As smooth with the sign of any operand turned.
bool may_turn(Op op, std::size_t operand) {
  if (is_one_of(op, {Op::LeakyRelu, Op::Elu, Op::Fmod})) return operand == 0;
  if (op == Op::Div) return operand == 1;
  return is_one_of(op, {Op::Cbrt, Op::Hypot, Op::Abs, Op::Relu, Op::Copysign, Op::Floor, Op::Ceil,
                        Op::Trunc, Op::Atan2, Op::Norm});
}
bool has_operator(Op op) { return is_one_of(op, {Op::Add, Op::Sub, Op::Mul, Op::Div}); }

class Generator {
 public:
  Generator(std::uint64_t seed, std::span<const Op> ops) : random_(seed), ops_(ops) {}

  Program run() {
    const std::size_t inputs = chance(32) ? 9 + below(12) : 1 + below(5);
    for (std::size_t i = 0; i < inputs; ++i) {
      program_.point.push_back(number_in({-2, 2}));
      values_.push_back(program_.point.back());
      gains_.push_back(1);
      is_used_.push_back(false);
      is_usable_.push_back(true);
      is_constant_.push_back(false);
    }
    reach_ = std::array<std::size_t, 3>{3, 10, 1000}[below(3)];  // deep, middling, wide
    const std::size_t size = 4 + below(chance(2) ? 12 : 52);
    while (program_.instructions.size() < size) add_random();
    join_loose_ends();
    return std::move(program_);
  }

 private:
  std::size_t below(std::size_t n) { return random_.below(n); }
  bool chance(std::size_t n) { return below(n) == 0; }  // one in n

  // Short numbers, for the sake of whoever reads the program.
  double number_in(Domain domain) {
    return std::round(random_.uniform(domain.low, domain.high) * 1024) / 1024 + 0.0;  // not -0
  }

  Source constant_in(Domain domain) {
    const std::array<double, 5> special{0, 1, -1, 2, -0.5};
    const double number = chance(4) ? special[below(special.size())] : number_in(domain);
    const bool fits = domain.low <= number && number <= domain.high;
    return {.constant = fits ? number : number_in(domain)};
  }

  Source recent() {
    for (;;) {
      const std::size_t places = values_.size();
      const std::size_t back = chance(5) ? places : std::min(reach_, places);
      const std::size_t place = places - 1 - below(back);
      if (is_usable_[place]) return {.place = place};
    }
  }

  // ---- Adding an instruction ----

  double value(const Source& x) const { return x.is_constant() ? x.constant : values_[x.place]; }

  Source add(Op op, std::vector<Source> operands, bool plain = false, bool in_place = false) {
    std::vector<double> x;
    for (const Source& source : operands) x.push_back(value(source));
    const auto rule = with_rule(op, [&]<class Rule>() { return evaluate<Rule, double>(x); });
    double gain = 0;
    bool is_constant = true;
    for (std::size_t k = 0; k < operands.size(); ++k) {
      if (operands[k].is_constant()) continue;
      is_constant = is_constant && is_constant_[operands[k].place];
      is_used_[operands[k].place] = true;
      gain += std::abs(rule.partials[k]) * gains_[operands[k].place];
    }
    values_.push_back(rule.value);
    gains_.push_back(gain);
    is_used_.push_back(false);
    is_usable_.push_back(true);
    is_constant_.push_back(is_constant);
    program_.instructions.push_back({op, std::move(operands), plain, in_place});
    return {.place = values_.size() - 1};
  }

  // middle + half·s(v) with s from -1 to 1, written in one of several ways.
  Source squash(Source v, Domain domain) {
    const double half = (domain.high - domain.low) * 0.46875;
    const Source middle{.constant = (domain.low + domain.high) / 2}, width{.constant = half};
    const Source s = add(chance(2) ? Op::Sin : Op::Tanh, {v});
    if (chance(3)) return add(Op::Fma, {width, s, middle});
    const bool plain = !chance(4);
    const Source product =
        chance(2) ? add(Op::Mul, {s, width}, plain, chance(3)) : add(Op::Mul, {width, s}, plain);
    if (middle.constant == 0) return product;
    return chance(2) ? add(Op::Add, {product, middle}, plain, chance(3))
                     : add(Op::Add, {middle, product}, plain);
  }

  // Values and their derivatives stay below 16, so that differences over a step see a smooth
  // function.
  Source calm(Source v) {
    const double size = std::max(std::abs(values_[v.place]), gains_[v.place]);
    if (size < 16) return v;
    const int shift = -static_cast<int>(std::ceil(std::log2(size)));
    is_usable_[v.place] = false;
    const bool plain = chance(2);
    const Source scaled = add(Op::Mul, {v, {.constant = std::ldexp(1.0, shift)}}, plain, chance(2));
    return chance(2) ? scaled : add(chance(2) ? Op::Sin : Op::Atan, {scaled});
  }

  Source into(Domain domain, Source v) {
    if (v.is_constant()) return v;
    const double x = values_[v.place];
    return domain.low <= x && x <= domain.high ? v : squash(v, domain);
  }

  // ---- Choosing one ----

  void add_random() {
    if (chance(40)) return void(pole());  // as a dead end
    const Op op = ops_[below(ops_.size())];
    if (info(op).arity == variadic) return add_variadic(op);
    if (op == Op::Select) return add_select();
    if (op == Op::Polygamma)
      calm(add(op, {{.constant = static_cast<double>(below(4))}, operand(op, 1)}));
    else if (op == Op::Pow && chance(3))
      add_integer_power();
    else if (info(op).arity == 2)
      add_binary(op);
    else
      add_plain(op);
  }

  Domain domain_of(Op op, std::size_t operand) const {
    return operand == 1 && info(op).arity != variadic ? info(op).domain_b : info(op).domain;
  }

  Source operand_in(Domain domain) {
    return chance(8) ? constant_in(domain) : into(domain, recent());
  }
  Source operand(Op op, std::size_t k) {
    Domain domain = domain_of(op, k);
    if (may_turn(op, k) && chance(2)) domain = {-domain.high, -domain.low};
    return operand_in(domain);
  }

  void add_plain(Op op) {
    std::vector<Source> operands;
    for (int k = 0; k < info(op).arity; ++k)
      operands.push_back(operand(op, static_cast<std::size_t>(k)));
    calm(add(op, operands));
  }

  void add_binary(Op op) {
    Domain first = domain_of(op, 0), second = domain_of(op, 1);
    const bool plain = (has_operator(op) || op == Op::Pow) && chance(2);
    const bool in_place = has_operator(op) && chance(3);
    if (chance(6)) {
      const Domain both{std::max(first.low, second.low), std::min(first.high, second.high)};
      if (is_symmetric(op) || both.high - both.low > 0.5) {
        const Source x = is_symmetric(op) ? recent() : into(both, recent());
        calm(add(op, {x, x}, false, in_place));
        return;
      }
    }
    const bool exchanged = is_symmetric(op) && chance(2);
    const Source a = exchanged ? operand_in(second) : operand(op, 0);
    const Source b = exchanged ? operand_in(first) : operand(op, 1);
    calm(add(op, {a, b}, plain, in_place));
  }

  // Of a base of either sign.
  void add_integer_power() {
    const Source base = chance(2) ? into({-4, -0.25}, recent()) : into({0.25, 4}, recent());
    const Source exponent{.constant = static_cast<double>(below(7)) - 3};
    calm(add(Op::Pow, {base, exponent}, chance(2)));
  }

  // The condition is a comparison, true or false.
  void add_select() {
    const Op op = static_cast<Op>(static_cast<int>(Op::Less) + static_cast<int>(below(6)));
    const Source low = operand_in({-4, 1}), high = operand_in({2, 4});
    const Source condition = chance(2) ? add(op, {low, high}) : add(op, {high, low});
    const Source a = operand_in({}), b = chance(4) ? pole() : operand_in({});
    const bool takes_a = value(condition) != 0;
    // A pole is never the side that is taken.
    if (!b.is_constant() && !is_usable_[b.place] && !takes_a)
      calm(add(Op::Select, {condition, b, a}));
    else
      calm(add(Op::Select, {condition, a, b}));
  }

  void add_variadic(Op op) {
    const std::array<std::size_t, 8> sizes{1, 2, 2, 3, 4, 5, 8, 17};
    std::size_t n = sizes[below(sizes.size())];
    if (op == Op::Dot) n = 2 * std::min<std::size_t>(n, 6);
    if (op == Op::WeightedSum) n = 2 * std::min<std::size_t>(n - 1, 6) + 1;
    std::vector<Source> operands;
    for (std::size_t k = 0; k < n; ++k) operands.push_back(operand(op, k));
    calm(add(op, operands));
  }

  // ---- Ends ----

  // x - x is 0, and sqrt, log and division have an infinite partial there. As nothing that counts
  // depends on it, it must not show in any derivative.
  Source pole() {
    const Source x = recent();
    const Source zero = add(Op::Sub, {x, x}, false, chance(2));
    const Source steep = chance(3)   ? add(Op::Sqrt, {zero})
                         : chance(2) ? add(Op::Log, {zero})
                                     : add(Op::Div, {{.constant = 1}, zero}, chance(2));
    is_usable_[steep.place] = is_usable_[zero.place] = false;
    is_used_[steep.place] = true;
    return steep;
  }

  // The output depends on most results; some stay dead code.
  void join_loose_ends() {
    std::vector<Source> loose;
    for (std::size_t place = 0; place < values_.size(); ++place)
      if (!is_used_[place] && is_usable_[place] && !chance(8)) loose.push_back({.place = place});
    if (loose.size() < 2) return finish();
    if (chance(3)) {
      calm(add(Op::Sum, loose));
    } else if (chance(2)) {
      std::vector<Source> operands;
      for (std::size_t k = 0; k < loose.size(); ++k) operands.push_back(constant_in({0.25, 1}));
      operands.insert(operands.end(), loose.begin(), loose.end());
      calm(add(Op::Dot, operands));
    } else {
      Source total = loose[0];
      for (std::size_t k = 1; k < loose.size(); ++k)
        total = chance(3) ? add(Op::Sub, {total, loose[k]}, false, chance(2))
                          : add(Op::Add, {total, loose[k]}, false, chance(2));
    }
    finish();
  }

  // The output is neither a dead end nor a constant.
  void finish() {
    if (!is_usable_.back() || is_constant_.back()) add(Op::Add, {recent(), {.place = 0}});
  }

  Random random_;
  std::span<const Op> ops_;
  Program program_;
  std::size_t reach_ = 0;
  // By place.
  std::vector<double> values_;
  std::vector<double> gains_;  // how far it moves, at most, when all inputs move by 1
  std::vector<bool> is_used_;
  std::vector<bool> is_usable_;  // neither a pole nor too large
  std::vector<bool> is_constant_;
};

}  // namespace

Program generate(std::uint64_t seed, std::span<const Op> ops) { return Generator(seed, ops).run(); }

Program generate(std::uint64_t seed) {
  static const std::vector<Op> all = [] {
    std::vector<Op> ops;
    for (const Function& function : functions()) ops.push_back(function.op);
    return ops;
  }();
  return generate(seed, all);
}

}  // namespace tapegrad::testing

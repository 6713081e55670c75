// Bytes as a graph over all operations at numbers of every kind: all ways to its values and
// derivatives agree, to the last bit where they add the same numbers in the same order.
//
//   next_case()         bytes as a program of tests/derivatives/random_graph.hpp, with outputs
//   check_sweeps()      the fast sweep, the plain one, the Stepper and explain()
//   check_directions()  1, 4, 8, 16 and more at once, against each alone; and uᵀ(Jv) = (uᵀJ)v
//   check_program()     compiled, differentiated, optimised, replayed
//   check_file()        saved and loaded

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "../core/functions.hpp"
#include "../core/same.hpp"
#include "../derivatives/random_graph.hpp"
#include "../inspect/saved_tape.hpp"
#include "choices.hpp"
#include "core/sweep.hpp"
#include "files/section_bytes.hpp"
#include "fuzz.hpp"
#include "ops/operand_count.hpp"
#include "outcome.hpp"
#include "tapegrad/inspect/anomaly.hpp"
#include "tapegrad/inspect/audit.hpp"
#include "tapegrad/inspect/dump.hpp"
#include "tapegrad/inspect/explain.hpp"
#include "tapegrad/inspect/stepper.hpp"
#include "tapegrad/inspect/tape_file.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad::fuzz {
namespace {

// ---- Bytes as a program ----

double next_number(Choices& choices) {
  constexpr std::array more_numbers{1e-310, -5e-324, 1e160, -1e160, 1e-160, 800.0, -800.0, 1e16,
                                    4.0,    -0.5,    1.5,   -3.0,   170.0,  1e-16, 0.25,   -1e308};
  const std::size_t choice = choices.next(256);
  if (choice >= 248) return choices.number();
  return choice % 32 < 16 ? common_numbers[choice % 16] : more_numbers[choice % 16];
}

// From the newest on, so that short inputs make deep programs.
testing::Source next_source(Choices& choices, std::size_t places) {
  const std::size_t choice = choices.next(256);
  if (choice < 48) return {.constant = next_number(choices)};
  return {.place = places - 1 - (choice - 48) % places};
}

std::size_t next_operand_count(Choices& choices, Op op) {
  if (info(op).arity != variadic) return static_cast<std::size_t>(info(op).arity);
  const std::size_t count = 1 + choices.next(6);
  return can_have(op, count) ? count : count + 1;
}

testing::Instruction next_instruction(Choices& choices, std::size_t places) {
  const auto table = testing::functions();
  const Op op = table[choices.next(table.size())].op;
  testing::Instruction step{.op = op, .operands = {}};
  for (std::size_t n = next_operand_count(choices, op); step.operands.size() < n;) {
    const bool is_order = op == Op::Polygamma && step.operands.empty();
    step.operands.push_back(is_order
                                ? testing::Source{.constant = static_cast<double>(choices.next(5))}
                                : next_source(choices, places));
  }
  const bool has_operator = op >= Op::Add && op <= Op::Div;
  const std::size_t way = has_operator || op == Op::Pow ? choices.next(4) : 0;
  step.plain_constants = way % 2 == 1;
  step.in_place = has_operator && way >= 2;
  return step;
}

struct Case {
  unsigned int directions = 1;        // begins their numbers
  bool is_saved = false;              // it takes a disk
  std::array<std::size_t, 4> back{};  // outputs, by their distance from the last place
  std::size_t outputs = 1;
  testing::Program program = {};
};

Case next_case(Choices& choices) {
  Case made;
  made.directions = static_cast<unsigned int>(1 + choices.next(256));
  made.is_saved = choices.next(64) == 63;
  made.outputs = 1 + choices.next(made.back.size());
  for (std::size_t& back : made.back) back = choices.next(256);
  testing::Program& program = made.program;
  for (std::size_t n = 1 + choices.next(4); program.point.size() < n;)
    program.point.push_back(next_number(choices));
  while (!choices.at_end() && program.instructions.size() < 40)
    program.instructions.push_back(next_instruction(choices, program.places()));
  return made;
}

// The sign of a NaN is nobody's, and copysign() shows it.
bool copies_sign_of_nan(const testing::Program& program) {
  const Numbers values = testing::evaluate<double>(program, program.point);
  return std::ranges::any_of(program.instructions, [&](const testing::Instruction& step) {
    return step.op == Op::Copysign && std::isnan(testing::operands_of<double>(step, values)[1]);
  });
}

// ---- What must agree ----

class Expression {
 public:
  explicit Expression(const Case& made)
      : made_(made),
        program_(made.program),
        random_(made.directions),
        values_(testing::record(program_, tape_, program_.point)),
        x_(std::span(values_).first(program_.point.size())) {
    for (std::size_t k = 0; k < made.outputs; ++k)
      y_.push_back(values_[values_.size() - 1 - made.back[k] % values_.size()]);
  }

  void check() {
    check_values();
    check_look();
    for (const Value y : y_)
      if (!y.is_constant()) check_sweeps(y);
    if (!std::ranges::all_of(y_, &Value::is_constant)) {
      for (const std::size_t directions : std::array<std::size_t, 5>{1, 4, 8, 16, 21})
        check_directions(directions);
      check_identity();
    }
    check_program();
    if (made_.is_saved) check_file();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    std::string outputs;
    for (const Value y : y_) outputs += fmt::format(" #{}", y.node());
    throw Finding(what + ", of\n" + dump(tape_) + "with outputs" + outputs);
  }
  void require_same(double found, double expected, const char* what) const {
    if (!testing::same_adjoint(found, expected))
      fail(fmt::format("{}: {}, not {}", what, found, expected));
  }
  void require_same(std::span<const double> found, std::span<const double> expected,
                    const char* what) const {
    for (std::size_t k = 0; k < found.size(); ++k) require_same(found[k], expected[k], what);
  }

  /// Numbers of every kind.
  Numbers any(std::size_t count) {
    Numbers numbers(count);
    for (double& one : numbers) one = common_numbers[random_() / 64 % common_numbers.size()];
    return numbers;
  }
  Numbers adjoints(std::span<const double> seeds) {
    std::vector<Seed> seeded;
    for (std::size_t k = 0; k < y_.size(); ++k) seeded.push_back({y_[k], seeds[k]});
    tape_.backward(seeded);
    Numbers found(x_.size());
    tape_.adjoints(x_, found);
    return found;
  }

  void check_values() const {
    const Numbers plain = testing::evaluate<double>(program_, program_.point);
    for (std::size_t place = 0; place < plain.size(); ++place)
      if (!testing::same_bits(values_[place].value(), plain[place]))
        fail(fmt::format("the value at place {} is {}, not {}", place, values_[place].value(),
                         plain[place]));
  }

  // Only that it ends well.
  void check_look() const {
    const Node last = tape_.node(tape_.size());
    static_cast<void>(overview(tape_) + dump(tape_) + tree(last) + dot(last));
    static_cast<void>(to_string(find_anomalies(last)) + to_string(audit(last)));
  }

  void check_sweeps(Value y) {
    const std::size_t node = y.node();
    tape_.backward(y);
    Numbers fast(tape_.size() + 1), plain(tape_.size() + 1);
    fast[node] = plain[node] = 1;
    sweep_fast(tape_.recording(), {}, fast, node);
    sweep_plain(tape_.recording(), {}, plain.data(), node);
    for (std::size_t k = 1; k <= node; ++k) {
      require_same(fast[k], plain[k], "adjoint of the fast sweep, and of the plain one");
      require_same(*tape_.find_adjoint(k), plain[k], "adjoint of backward, and of the plain sweep");
    }
    check_stepper(y, plain);
    for (const Value x : x_) {
      const Explanation found = explain(y, x);
      static_cast<void>(to_string(found));
      require_same(found.derivative, tape_.adjoint(x), "derivative of explain, and adjoint");
    }
  }

  void check_stepper(Value y, const Numbers& adjoints) const {
    Stepper stepper(tape_.node(y));
    const auto all = [&] {
      Numbers found{0};
      for (std::size_t k = 1; k <= y.node(); ++k) found.push_back(stepper.adjoint(tape_.node(k)));
      return found;
    };
    const Numbers before = all();
    stepper.finish();
    const Numbers there = all();
    require_same(there, adjoints, "adjoint of the Stepper, and of the sweep");
    while (stepper.back()) continue;
    if (!testing::all_same(all(), before)) fail("the Stepper does not come back to its beginning");
    stepper.finish();
    if (!testing::all_same(all(), there)) fail("the Stepper comes to another end");
  }

  void check_directions(std::size_t directions) {
    const std::size_t n = x_.size(), m = y_.size();
    const Numbers seeds = any(directions * m), tangents = any(directions * n);
    Numbers back(directions * n), forward(directions * m), products(directions * n);
    const std::vector<Seed> second{{y_.front(), 1}, {y_.back(), -0.5}};
    const bool has_second = !y_.front().is_constant() || !y_.back().is_constant();
    tape_.pull_back(y_, seeds, x_, back);
    tape_.push_forward(x_, tangents, y_, forward);
    if (has_second) tape_.hessian_vector_products(second, x_, tangents, products);
    for (std::size_t d = 0; d < directions; ++d) {
      const auto along = std::span(tangents).subspan(d * n, n);
      Numbers one_forward(m), one_product(n);
      require_same(std::span(back).subspan(d * n, n), adjoints(std::span(seeds).subspan(d * m, m)),
                   "lane of pull_back, and backward");
      tape_.push_forward(x_, along, y_, one_forward);
      require_same(std::span(forward).subspan(d * m, m), one_forward,
                   "lane of push_forward, and that direction alone");
      if (has_second) tape_.hessian_vector_products(second, x_, along, one_product);
      require_same(std::span(products).subspan(d * n, n), one_product,
                   "lane of hessian_vector_products, and that direction alone");
    }
  }

  /// Σ over all paths of |u|·|partials|·|v|, of which the two sides are off by a rounding a step;
  /// nothing where a partial is not finite, or where a product of partials may over- or underflow.
  std::optional<double> sum_of_magnitudes(std::span<const double> u, std::span<const double> v) {
    Numbers sums(tape_.size() + 1);
    double exponents = 0;  // no product of partials is further from 1 than 2 to that
    for (std::size_t k = 0; k < y_.size(); ++k) sums[y_[k].node()] += std::abs(u[k]);
    for (std::size_t node = tape_.size(); node > 0; --node) {
      double most = 0;
      for (const Operand& operand : tape_.node(node).operands()) {
        if (operand.node == 0 || operand.partial == 0) continue;
        if (!std::isfinite(operand.partial)) return std::nullopt;
        most = std::max(most, std::abs(std::log2(std::abs(operand.partial))));
        sums[operand.node] += sums[node] * std::abs(operand.partial);
      }
      exponents += most;
    }
    double sum = 0;
    for (std::size_t i = 0; i < x_.size(); ++i) sum += sums[x_[i].node()] * std::abs(v[i]);
    return exponents < 900 && std::isfinite(sum) ? std::optional(sum) : std::nullopt;
  }

  void check_identity() {
    Numbers u(y_.size()), v(x_.size()), jv(y_.size());
    for (Numbers* const numbers : {&u, &v})
      for (double& one : *numbers) one = static_cast<double>(random_() / 64 % 16) * 0.375 - 2.625;
    const auto magnitude = sum_of_magnitudes(u, v);
    if (!magnitude) return;
    const Numbers uj = adjoints(u);
    tape_.push_forward(x_, v, y_, jv);
    double forward = 0, reverse = 0;
    for (std::size_t k = 0; k < y_.size(); ++k)
      if (!y_[k].is_constant()) forward += u[k] * jv[k];
    for (std::size_t i = 0; i < x_.size(); ++i) reverse += uj[i] * v[i];
    const double tolerance =
        testing::roundings(program_) * std::numeric_limits<double>::epsilon() * *magnitude;
    if (!(std::abs(forward - reverse) <= tolerance))
      fail(fmt::format("u(Jv) is {}, and (uJ)v {}", forward, reverse));
  }

  // ---- The Program ----

  void check_program() {
    const Program compiled = compile(tape_, x_, y_, {.no_branches = true});
    if (shows_sign_of_nan(compiled, program_.point)) return;
    Numbers values;
    for (const Value y : y_) values.push_back(y.value());
    check_ways(compiled, program_.point, values, values.size(), "compiled");
    if (std::ranges::all_of(y_, &Value::is_constant)) return;

    const Numbers seeds = any(y_.size()), along = any(x_.size());
    Numbers expected = values, tangents(y_.size());
    const Numbers found = adjoints(seeds);
    expected.insert(expected.end(), found.begin(), found.end());
    check_ways(pull_back(compiled), joined(program_.point, seeds), expected, values.size(),
               "pull_back");

    tape_.push_forward(x_, along, y_, tangents);
    check_ways(tangent(compiled), joined(program_.point, along), joined(values, tangents),
               values.size(), "tangent");
    check_gradient(compiled);
  }

  void check_gradient(const Program& compiled) {
    if (y_[0].is_constant()) return;
    tape_.backward(y_[0]);
    Numbers expected{y_[0].value()};
    for (const Value x : x_) expected.push_back(tape_.adjoint(x));
    check_ways(differentiate(keep_outputs(compiled, std::array<std::size_t, 1>{0})), program_.point,
               expected, 1, "differentiate");
  }

  static Numbers joined(Numbers a, const Numbers& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  /// As it is, optimised and replayed.
  /// @param sure  how many outputs are values, of which the sign of 0 counts
  void check_ways(const Program& program, const Numbers& x, const Numbers& expected,
                  std::size_t sure, const std::string& what) const {
    require_well_formed(program, what);
    const Program faster = optimise(program).program;
    require_well_formed(faster, what + ", optimised");
    if (shows_sign_of_nan(program, x) || shows_sign_of_nan(faster, x)) return;
    fuzz::require_same({.outputs = expected}, outcome_of(program, x), sure, what, program);
    fuzz::require_same({.outputs = expected}, outcome_of(faster, x), sure, what + ", optimised",
                       program);
    fuzz::require_same({.outputs = expected}, outcome_of(Replay(faster), x), sure,
                       what + ", replayed", program);
  }

  // ---- The file ----

  void check_file() const {
    const testing::ScratchFile file;
    save_tape(tape_, file.path());
    const auto loaded = load_tape(file.path());
    if (dump(*loaded) != dump(tape_)) fail("a loaded tape has another dump");
    for (const Node& node : tape_.nodes())
      if (testing::everything_of(node) != testing::everything_of(loaded->node(node.index())))
        fail("a loaded tape has another " + to_string(node));
  }

  const Case& made_;
  const testing::Program& program_;
  std::minstd_rand random_;
  Tape tape_{{.guards = true}};
  std::vector<Value> values_;
  std::span<const Value> x_;
  std::vector<Value> y_;
};

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  // Every operation, of results and constants on either side, and in place.
  const std::size_t operations = testing::functions().size();
  for (std::size_t op = 0; op < operations; ++op) {
    std::string bytes{"\1\0\1\0\1\0\0\1\5\7", 10};
    for (const char way : {'\0', '\1', '\2', '\3'})
      bytes +=
          {static_cast<char>(op), '\x31', '\x5', way, static_cast<char>(op), '\4', '\x32', way};
    all.push_back(bytes);
  }
  // And any.
  std::minstd_rand random(1);
  for (std::size_t k = 0; k < 100; ++k) {
    std::string& bytes = all.emplace_back();
    while (bytes.size() < 30 + 2 * k) bytes += static_cast<char>(random() >> 8 & 0xFF);
  }
  return all;
}

}  // namespace tapegrad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tapegrad::fuzz;
  Choices choices(data, size);
  const Case made = next_case(choices);
  if (!copies_sign_of_nan(made.program)) Expression(made).check();
  return 0;
}

// The reverse sweep with tangents: what each adjoint is, and how it changes as the inputs move in
// some directions. The second partials are those of the rules, computed with numbers that carry
// tangents (Dual): of few operands one run of the rule for each, which serves all directions; of
// many one run with the tangents of all directions.

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <vector>

#include "partials.hpp"
#include "sweep.hpp"
#include "tapegrad/ops/dual.hpp"
#include "widest.hpp"

namespace tapegrad {
namespace {

template <std::size_t lanes> struct SecondOrder {
  using Lanes = Tangents<lanes>;
  using Number = Dual<double, Lanes>;
  using One = Dual<double>;

  const Recording& recording;
  const Externals& externals;
  const double* tangents;
  double* adjoints;
  double* adjoint_tangents;
  std::size_t rows;
  std::size_t last;

  // The partials of one node; of three operands and more they are in the vectors.
  struct Links {
    std::array<std::uint32_t, 2> own_operands{};
    std::array<Number, 2> own_partials;
    std::vector<Number> operand_numbers{};
    std::vector<Number> many_partials{};
    const std::uint32_t* operands = nullptr;
    const Number* partials = nullptr;
    std::size_t count = 0;
    bool cuts = false;
  };
  Links links;

  Number number(std::size_t node) const {
    Number x(recording.value(node));
    std::copy_n(tangents + node * lanes, lanes, x.tangent.of.begin());
    return x;
  }

  // Inlined into functions for one kind of processor each (widest.hpp).
  TAPEGRAD_INLINE void run() {
    for (std::size_t node = last; node > 0; --node) {
      if (is_zero(node)) {
        if (recording.op(node) == Op::External) pull_external(node);  // its results may have some
        continue;
      }
      switch (recording.opcode(node)) {
#define TAPEGRAD_STEPS(Rule)                        \
  case make_opcode(Op::Rule):                       \
    step<rule::Rule, Form::variables>(node);        \
    break;                                          \
  case make_opcode(Op::Rule, Form::constant_right): \
    step<rule::Rule, Form::constant_right>(node);   \
    break;                                          \
  case make_opcode(Op::Rule, Form::constant_left):  \
    step<rule::Rule, Form::constant_left>(node);    \
    break;
        TAPEGRAD_STEPS(Add)
        TAPEGRAD_STEPS(Sub)
        TAPEGRAD_STEPS(Mul)
#undef TAPEGRAD_STEPS
        default:
          step_any(node);
      }
    }
  }

  TAPEGRAD_INLINE bool is_zero(std::size_t node) const {
    double any = std::abs(adjoints[node]);  // NaN is not 0
    for (std::size_t d = 0; d < lanes; ++d) any += std::abs(adjoint_tangents[node * lanes + d]);
    return any == 0;
  }

  // An operation of which most recordings consist, without the way through Links.
  template <class Rule, Form form> TAPEGRAD_INLINE void step(std::size_t node) {
    const Row& row = recording.row(node);
    const auto partials = partials_of<Rule, form>(&recording.row(0), row);
    constexpr bool is_product = std::same_as<Rule, rule::Mul>;
    constexpr bool has_two = form == Form::variables;
    const double* const by_b = is_product && has_two ? tangents + row.b * lanes : nullptr;
    hand_on(node, row.a, partials[0], by_b);
    if constexpr (has_two) {
      const double* const by_a = is_product ? tangents + row.a * lanes : nullptr;
      hand_on(node, row.b, partials[1], by_a);
    }
  }

  void step_any(std::size_t node) {
    const Op op = recording.op(node);
    if (op == Op::External) return pull_external(node);
    if (!has_rule(op)) return;
    with_rule(op, [&]<class Rule>() { find_links<Rule>(node); });
    for (std::size_t k = 0; k < links.count; ++k) {
      const Number& partial = links.partials[k];
      if (links.operands[k] == 0 || (links.cuts && partial.value == 0)) continue;
      hand_on(node, links.operands[k], partial.value, partial.tangent.of.data());
    }
  }

  // The product rule, in each direction; the partial may be one that does not move.
  TAPEGRAD_INLINE void hand_on(std::size_t node, std::size_t operand, double partial,
                               const double* partial_tangents) {
    const double adjoint = adjoints[node];
    adjoints[operand] += rule::Chain::value(adjoint, partial);
    std::array<double, lanes> given;  // first, as the compiler must think that `to` is anywhere
    for (std::size_t d = 0; d < lanes; ++d)
      given[d] = rule::Chain::value(adjoint_tangents[node * lanes + d], partial);
    if (partial_tangents != nullptr)
      for (std::size_t d = 0; d < lanes; ++d)
        given[d] += rule::Chain::value(adjoint, partial_tangents[d]);
    double* const to = adjoint_tangents + operand * lanes;
    for (std::size_t d = 0; d < lanes; ++d) to[d] += given[d];
  }

  template <class Rule> void find_links(std::size_t node) {
    links.cuts = Rule::info.cuts;
    if constexpr (fits_row<Rule>)
      find_few<Rule>(node);
    else
      find_many<Rule>(node);
  }

  // The second partials are numbers, the same for all directions: how the partials change as one
  // operand moves by 1, and the result with it.
  template <class Rule> void find_few(std::size_t node) {
    const Row& row = recording.row(node);
    const double* const by_a = tangents + row.a * lanes;
    const Form form = form_of(row.opcode);
    links.own_operands = {row.a, 0};
    links.count = 1;
    links.operands = links.own_operands.data();
    links.partials = links.own_partials.data();
    const double a = recording.value(row.a), y = row.value;
    const auto moved = [&](auto... operands) { return Rule::partials(operands...); };
    if constexpr (Rule::info.arity == 1) {
      const double partial = Rule::partials(a, y)[0];
      set_partial(0, moved(One(a, 1), One(y, partial))[0], by_a);
    } else if (form == Form::constant_right) {
      const double b = row.number, partial = Rule::partials(a, b, y)[0];
      set_partial(0, moved(One(a, 1), One(b), One(y, partial))[0], by_a);
    } else if (form == Form::constant_left) {
      const double b = row.number, partial = Rule::partials(b, a, y)[1];
      set_partial(0, moved(One(b), One(a, 1), One(y, partial))[1], by_a);
    } else {
      const double b = recording.value(row.b);
      const double* const by_b = tangents + row.b * lanes;
      const auto partials = Rule::partials(a, b, y);
      const auto as_a_moves = moved(One(a, 1), One(b), One(y, partials[0]));
      const auto as_b_moves = moved(One(a), One(b, 1), One(y, partials[1]));
      for (std::size_t k = 0; k < 2; ++k) {
        set_partial(k, as_a_moves[k], by_a);
        add_change(k, as_b_moves[k].tangent, by_b);
      }
      links.own_operands[1] = row.b;
      links.count = 2;
    }
  }

  void set_partial(std::size_t k, One moved, const double* tangent) {
    links.own_partials[k] = Number(moved.value);
    add_change(k, moved.tangent, tangent);
  }
  void add_change(std::size_t k, double second, const double* tangent) {
    if (second == 0) return;  // also where a tangent is ∞: of what a max() did not choose, say
    for (std::size_t d = 0; d < lanes; ++d)
      links.own_partials[k].tangent.of[d] += rule::Chain::value(tangent[d], second);
  }

  template <class Rule> void find_many(std::size_t node) {
    const Row& row = recording.row(node);
    const auto operands = recording.side_operands(row);
    const auto constants = recording.side_partials(row);
    std::vector<Number>& x = links.operand_numbers;
    x.clear();
    for (std::size_t k = 0; k < operands.size(); ++k)
      x.push_back(operands[k] == 0 ? Number(constants[k]) : number(operands[k]));
    links.many_partials.resize(x.size());
    if constexpr (Rule::info.arity == 3) {
      std::ranges::copy(Rule::partials(x[0], x[1], x[2], number(node)),
                        links.many_partials.begin());
    } else {
      Rule::partials(std::span<const Number>(x), number(node), std::span(links.many_partials));
    }
    links.operands = operands.data();
    links.partials = links.many_partials.data();
    links.count = operands.size();
  }

  // A user's operation: the adjoints, and in each direction its pull_back() of their tangents and
  // the derivative of its pull_back().
  void pull_external(std::size_t node) {
    const std::size_t results = result_count(recording, node, rows);
    const auto operation = operation_of(recording, externals, node);
    const std::vector<double> values = external_operands(recording, node);
    const auto operands = recording.side_operands(recording.row(node));
    const std::span<const double> result_adjoints(adjoints + node + 1, results);
    std::vector<double> given(values.size()), operand_tangents(values.size()),
        result_adjoint_tangents(results);
    const auto is_zero = [](std::span<const double> x) {
      return std::ranges::all_of(x, [](double one) { return one == 0; });
    };
    for (std::size_t d = 0; d < lanes; ++d) {
      for (std::size_t k = 0; k < operands.size(); ++k)
        operand_tangents[k] = operands[k] == 0 ? 0 : tangents[operands[k] * lanes + d];
      for (std::size_t j = 0; j < results; ++j)
        result_adjoint_tangents[j] = adjoint_tangents[(node + 1 + j) * lanes + d];
      given.assign(given.size(), 0);
      if (!is_zero(result_adjoint_tangents))
        operation->pull_back(values, result_adjoint_tangents, given);
      if (!is_zero(result_adjoints) && !is_zero(operand_tangents))
        add_derivative(*operation, values, operand_tangents, result_adjoints, given);
      for (std::size_t k = 0; k < operands.size(); ++k)
        if (operands[k] != 0) adjoint_tangents[operands[k] * lanes + d] += given[k];
    }
    ask_external(recording, *operation, {adjoints, rows}, node);
  }

  // Into numbers of its own, zero on entry as pull_back_derivative() is promised.
  static void add_derivative(const External& operation, std::span<const double> values,
                             std::span<const double> operand_tangents,
                             std::span<const double> result_adjoints, std::span<double> given) {
    std::vector<double> derivative(given.size());
    operation.pull_back_derivative(values, operand_tangents, result_adjoints, derivative);
    for (std::size_t k = 0; k < given.size(); ++k) given[k] += derivative[k];
  }
};

}  // namespace

void sweep_second_order(const Recording& recording, const Externals& externals,
                        std::span<const double> tangents, std::span<double> adjoints,
                        std::span<double> adjoint_tangents, std::size_t lanes, std::size_t last) {
  const auto of_lanes = [&]<std::size_t n>() {
    return SecondOrder<n>{.recording = recording,
                          .externals = externals,
                          .tangents = tangents.data(),
                          .adjoints = adjoints.data(),
                          .adjoint_tangents = adjoint_tangents.data(),
                          .rows = adjoints.size(),
                          .last = last,
                          .links = {}};
  };
  if (lanes == 1) run_alone(of_lanes.operator()<1>());
  if (lanes == 8) run_widest(of_lanes.operator()<8>());
}

}  // namespace tapegrad

// The reverse sweep with tangents: what each adjoint is, and how it changes as the inputs move in
// some directions. The second partials are those of the rules, computed with numbers that carry
// tangents (Dual): of few operands one run of the rule for each, which serves all directions; of
// many one run with the tangents of all directions.

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <vector>

#include "adjoint_rows.hpp"
#include "lanes.hpp"
#include "sweep.hpp"
#include "tapegrad/ops/dual.hpp"
#include "widest.hpp"

namespace tapegrad {
namespace {

template <std::size_t lanes> struct SecondOrder {
  using Moves = Tangents<lanes>;
  using Number = Dual<double, Moves>;
  using One = Dual<double>;

  const Recording& recording;
  const Externals& externals;
  const double* tangents;
  double* adjoints;
  AdjointRows& rows;  // of the tangents of adjoints
  std::size_t last;
  std::size_t first;

  // What is known of a node whose adjoint is complete.
  struct Own {
    double adjoint;
    Lanes<lanes> adjoint_tangents;
  };

  // to = x + own.adjoint_tangents · partial + own.adjoint · partial_tangents; what is 0 of the
  // three hands nothing on. `to` may be x. By two calls of add_product() eight directions took 1.1
  // times as long.
  TAPEGRAD_INLINE static void add_products(const double* x, const Own& own, double partial,
                                           const double* partial_tangents, double* to) {
    Lanes<lanes> given;
    if (partial - partial == 0) [[likely]] {  // then 0 · partial is 0
      for (std::size_t d = 0; d < lanes; ++d) given[d] = own.adjoint_tangents[d] * partial;
    } else {
      for (std::size_t d = 0; d < lanes; ++d)
        given[d] = rule::Chain::value(own.adjoint_tangents[d], partial);
    }
    if (partial_tangents != nullptr && own.adjoint != 0) {
      if (own.adjoint - own.adjoint == 0) [[likely]] {
        for (std::size_t d = 0; d < lanes; ++d) given[d] += own.adjoint * partial_tangents[d];
      } else {
        for (std::size_t d = 0; d < lanes; ++d)
          given[d] += rule::Chain::value(partial_tangents[d], own.adjoint);
      }
    }
    for (std::size_t d = 0; d < lanes; ++d) given[d] += x[d];
    for (std::size_t d = 0; d < lanes; ++d) to[d] = given[d];
  }

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
    std::uint32_t* free_end = rows.free_end();
    for (std::size_t node = last; node >= first; --node) visit(node, free_end);
    rows.set_free_end(free_end);
  }

  TAPEGRAD_INLINE void visit(std::size_t node, std::uint32_t*& free_end) {
    const std::uint32_t own_row = rows.row_of(node);
    if (recording.op(node) == Op::External) {
      free_end = ask(node, free_end);
      return;
    }
    if (own_row == AdjointRows::none) return;
    switch (recording.opcode(node)) {
      TAPEGRAD_LANE_STEPS(Add, node, own_row, free_end)
      TAPEGRAD_LANE_STEPS(Sub, node, own_row, free_end)
      TAPEGRAD_LANE_STEPS(Mul, node, own_row, free_end)
      case make_opcode(Op::Leaf):
      case make_opcode(Op::Result):
        return;
      default:
        step_any(node, own_row, free_end);
    }
  }

  // An operation of which most recordings consist, without the way through Links.
  template <class Rule, Form form>
  TAPEGRAD_INLINE void step(std::size_t node, std::uint32_t own_row, std::uint32_t*& free_end) {
    const Row& row = recording.row(node);
    const auto partials = partials_of<Rule, form>(&recording.row(0), row);
    constexpr bool is_product = std::same_as<Rule, rule::Mul>;
    constexpr bool has_two = form == Form::variables;
    const Own own = take_own(node, own_row, free_end);
    rows.make_room(partials.size(), free_end);
    const double* const by_b = is_product && has_two ? tangents + row.b * lanes : nullptr;
    hand_on(own, row.a, partials[0], by_b, free_end);
    if constexpr (has_two) {
      const double* const by_a = is_product ? tangents + row.a * lanes : nullptr;
      hand_on(own, row.b, partials[1], by_a, free_end);
    }
  }

  TAPEGRAD_INLINE void step_any(std::size_t node, std::uint32_t own_row, std::uint32_t*& free_end) {
    with_rule(recording.op(node), [&]<class Rule>() { find_links<Rule>(node); });
    const Own own = take_own(node, own_row, free_end);
    for (std::size_t k = 0; k < links.count; ++k) {
      const Number& partial = links.partials[k];
      if (links.operands[k] == 0 || (links.cuts && partial.value == 0)) continue;
      rows.make_room(1, free_end);
      hand_on(own, links.operands[k], partial.value, partial.tangent.of.data(), free_end);
    }
  }

  TAPEGRAD_INLINE Own take_own(std::size_t node, std::uint32_t own_row, std::uint32_t*& free_end) {
    *free_end++ = own_row;
    return {adjoints[node], load<lanes>(rows.row(own_row, lanes))};
  }

  // The product rule, in each direction; the partial may be one that does not move.
  TAPEGRAD_INLINE void hand_on(const Own& own, std::size_t operand, double partial,
                               const double* partial_tangents, std::uint32_t*& free_end) {
    adjoints[operand] += rule::Chain::value(own.adjoint, partial);
    const double* const before = rows.row(rows.row_of(operand), lanes);
    double* const after = rows.row(rows.take(operand, free_end), lanes);
    add_products(before, own, partial, partial_tangents, after);
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
    x.reserve(operands.size());
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
  TAPEGRAD_NOINLINE std::uint32_t* ask(std::size_t node, std::uint32_t* free_end) {
    rows.set_free_end(free_end);
    const std::size_t results = result_count(recording, node, recording.size() + 1);
    const External& operation = operation_of(recording, externals, node);
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
        result_adjoint_tangents[j] = rows.find(node + 1 + j)[d];
      given.assign(given.size(), 0);
      if (!is_zero(result_adjoint_tangents))
        operation.pull_back(values, result_adjoint_tangents, given);
      if (!is_zero(result_adjoints) && !is_zero(operand_tangents))
        add_derivative(operation, values, operand_tangents, result_adjoints, given);
      for (std::size_t k = 0; k < operands.size(); ++k)
        if (operands[k] != 0) rows.find_or_take(operands[k])[d] += given[k];
    }
    ask_external(recording, operation, {adjoints, recording.size() + 1}, node);
    return rows.give_back_results(node, results);
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
                        AdjointRows& rows, std::size_t lanes, std::size_t last, std::size_t first) {
  const auto of_lanes = [&]<std::size_t n>() {
    return SecondOrder<n>{.recording = recording,
                          .externals = externals,
                          .tangents = tangents.data(),
                          .adjoints = adjoints.data(),
                          .rows = rows,
                          .last = last,
                          .first = first,
                          .links = {}};
  };
  if (lanes == 1) run_alone(of_lanes.operator()<1>());
  if (lanes == 8) run_widest(of_lanes.operator()<8>());
  if (lanes == 16) run_widest(of_lanes.operator()<16>());
}

}  // namespace tapegrad

// The reverse sweep with tangents: what each adjoint is, and how it changes as the inputs move in
// some directions. Both come from one run of each rule, with numbers that carry tangents (Dual):
// a partial's tangent is what the second partials make of the operands' tangents.

#include <algorithm>
#include <array>
#include <vector>

#include "partials.hpp"
#include "sweep.hpp"
#include "tapegrad/ops/dual.hpp"

namespace tapegrad {
namespace {

template <std::size_t lanes> struct SecondOrder {
  using Lanes = Tangents<lanes>;
  using Number = Dual<double, Lanes>;

  const Recording& recording;
  const Externals& externals;
  const double* tangents;
  double* adjoints;
  double* changes;  // of the adjoints, one for each row and lane
  std::size_t rows;

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

  void run(std::size_t last) {
    for (std::size_t node = last; node > 0; --node) {
      const Op op = recording.op(node);
      if (op == Op::External) pull_external(node);
      if (!has_rule(op) || is_zero(node)) continue;
      with_rule(op, [&]<class Rule>() { find_links<Rule>(node); });
      for (std::size_t k = 0; k < links.count; ++k) hand_on(node, k);
    }
  }

  bool is_zero(std::size_t node) const {
    const double* const change = changes + node * lanes;
    return adjoints[node] == 0 &&
           std::all_of(change, change + lanes, [](double c) { return c == 0; });
  }

  // The product rule, in each direction.
  TAPEGRAD_INLINE void hand_on(std::size_t node, std::size_t k) {
    const std::size_t operand = links.operands[k];
    const Number& partial = links.partials[k];
    if (operand == 0 || (links.cuts && partial.value == 0)) return;
    const double adjoint = adjoints[node];
    adjoints[operand] += rule::Chain::value(adjoint, partial.value);
    const double* const change = changes + node * lanes;
    double* const to = changes + operand * lanes;
    for (std::size_t d = 0; d < lanes; ++d) {
      const double by_adjoint = rule::Chain::value(change[d], partial.value);
      to[d] += by_adjoint + rule::Chain::value(adjoint, partial.tangent.of[d]);
    }
  }

  template <class Rule> void find_links(std::size_t node) {
    links.cuts = Rule::info.cuts;
    if constexpr (Rule::info.arity == 1 || Rule::info.arity == 2)
      find_few<Rule>(node);
    else
      find_many<Rule>(node);
  }

  template <class Rule> void find_few(std::size_t node) {
    const Row& row = recording.row(node);
    const Number a = number(row.a), y = number(node);
    links.own_operands = {row.a, 0};
    links.count = 1;
    links.operands = links.own_operands.data();
    links.partials = links.own_partials.data();
    if constexpr (Rule::info.arity == 1) {
      links.own_partials[0] = Rule::partials(a, y)[0];
    } else if (const Form form = form_of(row.opcode); form == Form::constant_right) {
      links.own_partials[0] = Rule::partials(a, Number(row.number), y)[0];
    } else if (form == Form::constant_left) {
      links.own_partials[0] = Rule::partials(Number(row.number), a, y)[1];
    } else {
      links.own_partials = Rule::partials(a, number(row.b), y);
      links.own_operands[1] = row.b;
      links.count = 2;
    }
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

  // A user's operation: the adjoints, and in each direction its pull_back() of the changes and the
  // change of its pull_back().
  void pull_external(std::size_t node) {
    const std::size_t results = result_count(recording, node, rows);
    const auto operation = operation_of(recording, externals, node);
    const std::vector<double> values = external_operands(recording, node);
    const auto operands = recording.side_operands(recording.row(node));
    const std::span<const double> result_adjoints(adjoints + node + 1, results);
    std::vector<double> given(values.size()), moved(values.size()), change(results);
    const auto is_zero = [](std::span<const double> x) {
      return std::ranges::all_of(x, [](double one) { return one == 0; });
    };
    for (std::size_t d = 0; d < lanes; ++d) {
      for (std::size_t k = 0; k < operands.size(); ++k)
        moved[k] = operands[k] == 0 ? 0 : tangents[operands[k] * lanes + d];
      for (std::size_t j = 0; j < results; ++j) change[j] = changes[(node + 1 + j) * lanes + d];
      given.assign(given.size(), 0);
      if (!is_zero(change)) operation->pull_back(values, change, given);
      if (!is_zero(result_adjoints) && !is_zero(moved))
        add_derivative(*operation, values, moved, result_adjoints, given);
      for (std::size_t k = 0; k < operands.size(); ++k)
        if (operands[k] != 0) changes[operands[k] * lanes + d] += given[k];
    }
    ask_external(recording, *operation, {adjoints, rows}, node);
  }

  // Into numbers of its own, zero on entry as pull_back_derivative() is promised.
  static void add_derivative(const External& operation, std::span<const double> values,
                             std::span<const double> moved, std::span<const double> result_adjoints,
                             std::span<double> given) {
    std::vector<double> derivative(given.size());
    operation.pull_back_derivative(values, moved, result_adjoints, derivative);
    for (std::size_t k = 0; k < given.size(); ++k) given[k] += derivative[k];
  }
};

template <std::size_t lanes>
void run(const Recording& recording, const Externals& externals, std::span<const double> tangents,
         std::span<double> adjoints, std::span<double> changes, std::size_t last) {
  SecondOrder<lanes>{recording,       externals, tangents.data(), adjoints.data(), changes.data(),
                     adjoints.size(), {}}
      .run(last);
}

}  // namespace

void sweep_second_order(const Recording& recording, const Externals& externals,
                        std::span<const double> tangents, std::span<double> adjoints,
                        std::span<double> adjoint_tangents, std::size_t lanes, std::size_t last) {
  if (lanes == 1) run<1>(recording, externals, tangents, adjoints, adjoint_tangents, last);
  if (lanes == 8) run<8>(recording, externals, tangents, adjoints, adjoint_tangents, last);
}

}  // namespace tapegrad

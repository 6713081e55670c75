// The forward sweep of several directions at once (lanes.hpp): each node gets its tangents from its
// operands.

#include <algorithm>
#include <span>
#include <vector>

#include "lanes.hpp"
#include "sweep.hpp"
#include "widest.hpp"

namespace tapegrad {
namespace {

// Inlined into functions for one kind of processor each (widest.hpp).
template <std::size_t lanes> struct SweepTangents {
  const Recording& recording;
  const Externals& externals;
  double* tangents;
  std::size_t first;
  std::size_t last;

  TAPEGRAD_INLINE void run() const {
    const Row* const first_row = &recording.row(0);
    for (std::size_t node = first; node <= last; ++node) visit(first_row, node);
  }

 private:
  double* of(std::size_t node) const { return tangents + node * lanes; }

  TAPEGRAD_INLINE void visit(const Row* first_row, std::size_t node) const {
    const Row& row = first_row[node];
    switch (row.opcode) {
      TAPEGRAD_LANE_STEPS(Add, first_row, row, node)
      TAPEGRAD_LANE_STEPS(Sub, first_row, row, node)
      TAPEGRAD_LANE_STEPS(Mul, first_row, row, node)
      TAPEGRAD_LANE_STEPS(Div, first_row, row, node)
      case make_opcode(Op::External):
        return ask(node);
      case make_opcode(Op::Result):
        return;  // the operation before has set them
      case make_opcode(Op::Leaf):
        return clear(of(node));
      default:
        if (has_one_link[static_cast<std::size_t>(row.opcode)])
          step_one(first_row, row, node);
        else
          step_any(row, node);
    }
  }

  // An operation of which most recordings consist, without the way through Links.
  template <class Rule, Form form>
  TAPEGRAD_INLINE void step(const Row* first_row, const Row& row, std::size_t node) const {
    static_assert(!Rule::info.cuts);
    const auto partials = partials_of<Rule, form>(first_row, row);
    double* const own = of(node);
    add_product<lanes>(zeros.data(), load<lanes>(of(row.a)), partials[0], own);
    if constexpr (partials.size() == 2)
      add_product<lanes>(own, load<lanes>(of(row.b)), partials[1], own);
  }

  TAPEGRAD_INLINE void step_one(const Row* first_row, const Row& row, std::size_t node) const {
    const double partial = partial_of_one(first_row, row);
    add_product<lanes>(zeros.data(), load<lanes>(of(row.a)), partial, of(node));
  }

  TAPEGRAD_INLINE void step_any(const Row& row, std::size_t node) const {
    Links links;
    find_links_of(recording, row, links);
    double* const own = of(node);
    const double* sum = zeros.data();
    for (std::size_t k = 0; k < links.count; ++k) {
      if (!is_link(links, k)) continue;
      add_product<lanes>(sum, load<lanes>(of(links.operands[k])), links.partials[k], own);
      sum = own;
    }
    if (sum != own) clear(own);
  }

  static constexpr Lanes<lanes> zeros{};
  static void clear(double* own) {
    for (std::size_t d = 0; d < lanes; ++d) own[d] = 0;
  }

  // A user's operation, which knows one direction.
  TAPEGRAD_NOINLINE void ask(std::size_t node) const {
    const auto operands = recording.side_operands(recording.row(node));
    const std::size_t results = result_count(recording, node, recording.size() + 1);
    const External& operation = operation_of(recording, externals, node);
    const std::vector<double> values = external_operands(recording, node);
    std::vector<double> given(operands.size()), result_tangents(results);
    for (std::size_t d = 0; d < lanes; ++d) {
      for (std::size_t k = 0; k < operands.size(); ++k)
        given[k] = operands[k] == 0 ? 0 : of(operands[k])[d];
      result_tangents.assign(results, 0);
      if (!std::ranges::all_of(given, [](double t) { return t == 0; }))
        operation.push_forward(values, given, result_tangents);
      for (std::size_t j = 0; j < results; ++j) of(node + 1 + j)[d] = result_tangents[j];
    }
  }
};

}  // namespace

void sweep_tangents(const Recording& recording, const Externals& externals,
                    std::span<double> tangents, std::size_t lanes, std::size_t first,
                    std::size_t last) {
  if (lanes == 1) run_alone(SweepTangents<1>{recording, externals, tangents.data(), first, last});
  if (lanes == 4) run_widest(SweepTangents<4>{recording, externals, tangents.data(), first, last});
  if (lanes == 8) run_widest(SweepTangents<8>{recording, externals, tangents.data(), first, last});
  if (lanes == 16)
    run_widest(SweepTangents<16>{recording, externals, tangents.data(), first, last});
}

}  // namespace tapegrad

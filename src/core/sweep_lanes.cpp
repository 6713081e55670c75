// The reverse sweep of several directions at once (lanes.hpp): each node hands its adjoints to its
// operands.
//
// Tried: what goes to the node just before stays in registers (long chains 1.2 times as fast, most
// else slower); the row that is free next, too (not faster); the node's own row goes to its operand
// past the list of free ones (1.5 times slower); no branch where a row is taken (1.1 times slower).

#include <algorithm>
#include <span>
#include <vector>

#include "adjoint_rows.hpp"
#include "lanes.hpp"
#include "sweep.hpp"
#include "widest.hpp"

namespace tapegrad {
namespace {

// Inlined into functions for one kind of processor each (widest.hpp).
template <std::size_t lanes> struct SweepInLanes {
  const Recording& recording;
  const Externals& externals;
  AdjointRows& rows;
  std::size_t last;
  std::size_t first;

  TAPEGRAD_INLINE void run() const {
    std::uint32_t* free_end = rows.free_end();
    const Row* const first_row = &recording.row(0);
    for (std::size_t node = last; node >= first; --node) visit(first_row, node, free_end);
    rows.set_free_end(free_end);
  }

 private:
  TAPEGRAD_INLINE void visit(const Row* first_row, std::size_t node,
                             std::uint32_t*& free_end) const {
    const Row& row = first_row[node];
    const std::uint32_t own_row = rows.row_of(node);
    if (own_row == AdjointRows::none) {
      if (row.opcode == make_opcode(Op::External)) free_end = ask(node, free_end);
      return;
    }
    switch (row.opcode) {
      TAPEGRAD_LANE_STEPS(Add, first_row, row, own_row, free_end)
      TAPEGRAD_LANE_STEPS(Sub, first_row, row, own_row, free_end)
      TAPEGRAD_LANE_STEPS(Mul, first_row, row, own_row, free_end)
      TAPEGRAD_LANE_STEPS(Div, first_row, row, own_row, free_end)
      case make_opcode(Op::Leaf):
      case make_opcode(Op::Result):
        return;
      default:
        if (has_one_link[static_cast<std::size_t>(row.opcode)])
          step_one(first_row, row, own_row, free_end);
        else
          step_any(row, own_row, free_end);
    }
  }

  // An operation of which most recordings consist, without the way through Links.
  template <class Rule, Form form>
  TAPEGRAD_INLINE void step(const Row* first_row, const Row& row, std::uint32_t own_row,
                            std::uint32_t*& free_end) const {
    static_assert(!Rule::info.cuts);
    const auto partials = partials_of<Rule, form>(first_row, row);
    const Lanes<lanes> own = take_own(own_row, free_end);
    rows.make_room(partials.size(), free_end);
    hand_on(own, partials[0], row.a, free_end);
    if constexpr (partials.size() == 2) hand_on(own, partials[1], row.b, free_end);
  }

  TAPEGRAD_INLINE void step_one(const Row* first_row, const Row& row, std::uint32_t own_row,
                                std::uint32_t*& free_end) const {
    const double partial = partial_of_one(first_row, row);
    const Lanes<lanes> own = take_own(own_row, free_end);
    rows.make_room(1, free_end);
    hand_on(own, partial, row.a, free_end);
  }

  TAPEGRAD_INLINE void step_any(const Row& row, std::uint32_t own_row,
                                std::uint32_t*& free_end) const {
    Links links;
    find_links_of(recording, row, links);
    const Lanes<lanes> own = take_own(own_row, free_end);
    for (std::size_t k = 0; k < links.count; ++k) {
      if (!is_link(links, k)) continue;
      rows.make_room(1, free_end);
      hand_on(own, links.partials[k], links.operands[k], free_end);
    }
  }

  // The node's adjoints are complete, and its row is free for the operands'.
  TAPEGRAD_INLINE Lanes<lanes> take_own(std::uint32_t own_row, std::uint32_t*& free_end) const {
    const Lanes<lanes> own = load<lanes>(rows.row(own_row, lanes));
    *free_end++ = own_row;
    return own;
  }

  TAPEGRAD_INLINE void hand_on(const Lanes<lanes>& own, double partial, std::size_t operand,
                               std::uint32_t*& free_end) const {
    const double* const before = rows.row(rows.row_of(operand), lanes);
    double* const after = rows.row(rows.take(operand, free_end), lanes);
    add_product(before, own, partial, after);
  }

  // A user's operation, which knows one direction.
  TAPEGRAD_NOINLINE std::uint32_t* ask(std::size_t node, std::uint32_t* free_end) const {
    rows.set_free_end(free_end);
    const auto operands = recording.side_operands(recording.row(node));
    const std::size_t results = result_count(recording, node, recording.size() + 1);
    const External& operation = operation_of(recording, externals, node);
    const std::vector<double> values = external_operands(recording, node);
    std::vector<double> adjoints(results), given(operands.size());
    for (std::size_t d = 0; d < lanes; ++d) {
      for (std::size_t j = 0; j < results; ++j) adjoints[j] = rows.find(node + 1 + j)[d];
      if (std::ranges::all_of(adjoints, [](double a) { return a == 0; })) continue;
      given.assign(given.size(), 0);
      operation.pull_back(values, adjoints, given);
      for (std::size_t k = 0; k < operands.size(); ++k)
        if (operands[k] != 0) rows.find_or_take(operands[k])[d] += given[k];
    }
    return rows.give_back_results(node, results);
  }
};

}  // namespace

void sweep_lanes(const Recording& recording, const Externals& externals, AdjointRows& rows,
                 std::size_t lanes, std::size_t last, std::size_t first) {
  if (lanes == 4) run_widest(SweepInLanes<4>{recording, externals, rows, last, first});
  if (lanes == 8) run_widest(SweepInLanes<8>{recording, externals, rows, last, first});
  if (lanes == 16) run_widest(SweepInLanes<16>{recording, externals, rows, last, first});
}

}  // namespace tapegrad

// Sweeps of several directions at once, backward with adjoints and forward with tangents: each
// node's lie side by side, one lane for each direction. What a node costs beside arithmetic (which
// operation, which operands, which partials) is then paid once for all; and the arithmetic is done
// in SIMD registers, of the widest kind that the processor turns out to have.
//
// A lane equals a sweep of its own to the last bit: the same products are summed in the same order.

#include <algorithm>
#include <array>
#include <concepts>
#include <span>
#include <vector>

#include "partials.hpp"
#include "sweep.hpp"
#include "widest.hpp"

namespace tapegrad {
namespace {

struct LaneSweep {
  const Recording& recording;
  const Externals& externals;
  double* lanes;  // of all rows
  std::size_t first;
  std::size_t last;
  std::span<double> one;  // of one lane, for users' operations
};

template <std::size_t lanes> using Lanes = std::array<double, lanes>;

// What is 0 in a lane hands nothing on in it. Where the partial is finite the product says so
// itself.
template <std::size_t lanes>
TAPEGRAD_INLINE void hand_on(const double* from, double partial, double* to) {
  if (partial - partial == 0) [[likely]] {
    for (std::size_t d = 0; d < lanes; ++d) to[d] += from[d] * partial;
  } else {
    for (std::size_t d = 0; d < lanes; ++d) to[d] += rule::Chain::value(from[d], partial);
  }
}

// A user's operation knows one direction: what it touches of each lane is taken out, and put back.
template <std::size_t lanes, class Ask>
void one_lane_after_the_other(const LaneSweep& sweep, std::size_t node, Ask&& ask) {
  const Recording& recording = sweep.recording;
  const auto operands = recording.side_operands(recording.row(node));
  const std::size_t results = result_count(recording, node, sweep.one.size());
  const auto operation = operation_of(recording, sweep.externals, node);
  for (std::size_t d = 0; d < lanes; ++d) {
    for (std::size_t j = 1; j <= results; ++j)
      sweep.one[node + j] = sweep.lanes[(node + j) * lanes + d];
    for (const std::uint32_t k : operands) sweep.one[k] = sweep.lanes[k * lanes + d];
    ask(recording, *operation, sweep.one, node);
    for (std::size_t j = 1; j <= results; ++j)
      sweep.lanes[(node + j) * lanes + d] = sweep.one[node + j];
    for (const std::uint32_t k : operands) sweep.lanes[k * lanes + d] = sweep.one[k];
  }
}

// Each node hands its adjoints to its operands. `own` is a copy, so that the compiler need not
// think an operand's lanes could be the node's own.
struct Backward {
  template <std::size_t lanes>
  static TAPEGRAD_INLINE void link(Lanes<lanes>& own, double partial, double* operand) {
    hand_on<lanes>(own.data(), partial, operand);
  }
  template <std::size_t lanes> static TAPEGRAD_INLINE void store(const Lanes<lanes>&, double*) {}
  template <std::size_t lanes> static void external(const LaneSweep& sweep, std::size_t node) {
    one_lane_after_the_other<lanes>(sweep, node, ask_external);
  }
};

// Each node gets its tangents from its operands.
struct Forward {
  template <std::size_t lanes>
  static TAPEGRAD_INLINE void link(Lanes<lanes>& own, double partial, const double* operand) {
    hand_on<lanes>(operand, partial, own.data());
  }
  template <std::size_t lanes>
  static TAPEGRAD_INLINE void store(const Lanes<lanes>& own, double* to) {
    for (std::size_t d = 0; d < lanes; ++d) to[d] = own[d];
  }
  template <std::size_t lanes> static void external(const LaneSweep& sweep, std::size_t node) {
    one_lane_after_the_other<lanes>(sweep, node, ask_external_forward);
  }
};

// An operation of which most recordings consist, without the way through Links.
template <class Way, std::size_t lanes, class Rule, Form form>
TAPEGRAD_INLINE void step(const LaneSweep& sweep, const Row& row, Lanes<lanes>& own) {
  static_assert(!Rule::info.cuts);
  const auto partials = partials_of<Rule, form>(&sweep.recording.row(0), row);
  Way::template link<lanes>(own, partials[0], sweep.lanes + row.a * lanes);
  if constexpr (partials.size() == 2)
    Way::template link<lanes>(own, partials[1], sweep.lanes + row.b * lanes);
}

template <class Way, std::size_t lanes>
TAPEGRAD_INLINE void step_any(const LaneSweep& sweep, const Row& row, Lanes<lanes>& own) {
  Links links;
  with_rule(op_of_opcode(row.opcode),
            [&]<class Rule>() { find_links<Rule>(sweep.recording, row, links); });
  for (std::size_t k = 0; k < links.count; ++k) {
    if (links.operands[k] == 0 || (links.cuts && links.partials[k] == 0)) continue;
    Way::template link<lanes>(own, links.partials[k], sweep.lanes + links.operands[k] * lanes);
  }
}

template <class Way, std::size_t lanes>
TAPEGRAD_INLINE void visit(const LaneSweep& sweep, std::size_t node) {
  const Row& row = sweep.recording.row(node);
  Lanes<lanes> own;
  for (std::size_t d = 0; d < lanes; ++d) own[d] = sweep.lanes[node * lanes + d];
  switch (row.opcode) {
#define TAPEGRAD_STEPS(Rule)                                             \
  case make_opcode(Op::Rule):                                            \
    step<Way, lanes, rule::Rule, Form::variables>(sweep, row, own);      \
    break;                                                               \
  case make_opcode(Op::Rule, Form::constant_right):                      \
    step<Way, lanes, rule::Rule, Form::constant_right>(sweep, row, own); \
    break;                                                               \
  case make_opcode(Op::Rule, Form::constant_left):                       \
    step<Way, lanes, rule::Rule, Form::constant_left>(sweep, row, own);  \
    break;
    TAPEGRAD_STEPS(Add)
    TAPEGRAD_STEPS(Sub)
    TAPEGRAD_STEPS(Mul)
#undef TAPEGRAD_STEPS
    case make_opcode(Op::External):
      return Way::template external<lanes>(sweep, node);
    case make_opcode(Op::Leaf):
    case make_opcode(Op::Result):
      return;
    default:
      step_any<Way, lanes>(sweep, row, own);
  }
  Way::template store<lanes>(own, sweep.lanes + node * lanes);
}

// Inlined into functions for one kind of processor each (widest.hpp); with_rule() in it is for all.
template <class Way, std::size_t width> struct SweepInLanes : LaneSweep {
  TAPEGRAD_INLINE void run() const {
    if constexpr (std::same_as<Way, Backward>) {
      for (std::size_t node = last; node >= first; --node) visit<Way, width>(*this, node);
    } else {
      for (std::size_t node = first; node <= last; ++node) visit<Way, width>(*this, node);
    }
  }
};

template <class Way>
void run_lanes(const Recording& recording, const Externals& externals, std::span<double> lanes,
               std::size_t width, std::size_t first, std::size_t last) {
  std::vector<double> one(externals.empty() ? 0 : recording.size() + 1);
  const LaneSweep sweep{recording, externals, lanes.data(), first, last, one};
  if (width == 1) run_alone(SweepInLanes<Way, 1>{sweep});
  if (width == 4) run_widest(SweepInLanes<Way, 4>{sweep});
  if (width == 8) run_widest(SweepInLanes<Way, 8>{sweep});
  if (width == 16) run_widest(SweepInLanes<Way, 16>{sweep});
}

}  // namespace

void sweep_lanes(const Recording& recording, const Externals& externals, std::span<double> adjoints,
                 std::size_t lanes, std::size_t last) {
  run_lanes<Backward>(recording, externals, adjoints, lanes, 1, last);
}

void sweep_tangents(const Recording& recording, const Externals& externals,
                    std::span<double> tangents, std::size_t lanes, std::size_t first,
                    std::size_t last) {
  run_lanes<Forward>(recording, externals, tangents, lanes, first, last);
}

}  // namespace tapegrad

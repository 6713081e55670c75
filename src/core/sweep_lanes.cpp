// The reverse sweep of several directions at once: each node's adjoints lie side by side, one lane
// for each direction. What a node costs beside arithmetic (which operation, which operands, which
// partials) is then paid once for all; and the arithmetic is done in SIMD registers, of the widest
// kind that the processor turns out to have.
//
// A lane equals a sweep of its own to the last bit: the same products are summed in the same order.

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "partials.hpp"
#include "sweep.hpp"

#if defined(__GNUC__) && defined(__x86_64__)
#define TAPEGRAD_HAS_WIDER_LANES 1
#else
#define TAPEGRAD_HAS_WIDER_LANES 0
#endif

namespace tapegrad {
namespace {

struct LaneSweep {
  const Recording& recording;
  const Externals& externals;
  double* adjoints;
  std::size_t last;
  std::span<double> one;  // adjoints of one lane, for users' operations
};

template <std::size_t lanes> using Lanes = std::array<double, lanes>;

// What is 0 in a lane hands nothing on in it. Where the partial is finite the product says so
// itself.
template <std::size_t lanes>
TAPEGRAD_INLINE void hand_on(const Lanes<lanes>& adjoint, double partial, double* to) {
  if (partial - partial == 0) [[likely]] {
    for (std::size_t d = 0; d < lanes; ++d) to[d] += adjoint[d] * partial;
  } else {
    for (std::size_t d = 0; d < lanes; ++d) to[d] += rule::Chain::value(adjoint[d], partial);
  }
}

// A user's operation knows one direction: what it touches of each lane is taken out, and put back.
template <std::size_t lanes> void sweep_external_lanes(const LaneSweep& sweep, std::size_t node) {
  const Recording& recording = sweep.recording;
  const auto operands = recording.side_operands(recording.row(node));
  const std::size_t results = result_count(recording, node, sweep.one.size());
  const auto operation = operation_of(recording, sweep.externals, node);
  for (std::size_t d = 0; d < lanes; ++d) {
    for (std::size_t k = node + 1; k <= node + results; ++k)
      sweep.one[k] = sweep.adjoints[k * lanes + d];
    for (const std::uint32_t k : operands) sweep.one[k] = sweep.adjoints[k * lanes + d];
    ask_external(recording, *operation, sweep.one, node);
    for (const std::uint32_t k : operands) sweep.adjoints[k * lanes + d] = sweep.one[k];
  }
}

// An operation of which most recordings consist, without the way through Links.
template <std::size_t lanes, class Rule, Form form>
TAPEGRAD_INLINE void step(const LaneSweep& sweep, const Row& row, const Lanes<lanes>& adjoint) {
  static_assert(!Rule::info.cuts);
  const auto partials = partials_of<Rule, form>(&sweep.recording.row(0), row);
  hand_on<lanes>(adjoint, partials[0], sweep.adjoints + row.a * lanes);
  if constexpr (partials.size() == 2)
    hand_on<lanes>(adjoint, partials[1], sweep.adjoints + row.b * lanes);
}

template <std::size_t lanes>
TAPEGRAD_INLINE void step_any(const LaneSweep& sweep, const Row& row, const Lanes<lanes>& adjoint) {
  Links links;
  with_rule(op_of_opcode(row.opcode),
            [&]<class Rule>() { find_links<Rule>(sweep.recording, row, links); });
  for (std::size_t k = 0; k < links.count; ++k) {
    if (links.operands[k] == 0 || (links.cuts && links.partials[k] == 0)) continue;
    hand_on<lanes>(adjoint, links.partials[k], sweep.adjoints + links.operands[k] * lanes);
  }
}

// Inlined into functions for one kind of processor each; with_rule() in it is for all kinds.
template <std::size_t lanes> TAPEGRAD_INLINE void run(const LaneSweep& sweep) {
  for (std::size_t node = sweep.last; node > 0; --node) {
    const Row& row = sweep.recording.row(node);
    // A copy, so that the compiler need not think an operand's lanes could be the node's own.
    Lanes<lanes> adjoint;
    for (std::size_t d = 0; d < lanes; ++d) adjoint[d] = sweep.adjoints[node * lanes + d];
    switch (row.opcode) {
#define TAPEGRAD_STEPS(Rule)                                            \
  case make_opcode(Op::Rule):                                           \
    step<lanes, rule::Rule, Form::variables>(sweep, row, adjoint);      \
    break;                                                              \
  case make_opcode(Op::Rule, Form::constant_right):                     \
    step<lanes, rule::Rule, Form::constant_right>(sweep, row, adjoint); \
    break;                                                              \
  case make_opcode(Op::Rule, Form::constant_left):                      \
    step<lanes, rule::Rule, Form::constant_left>(sweep, row, adjoint);  \
    break;
      TAPEGRAD_STEPS(Add)
      TAPEGRAD_STEPS(Sub)
      TAPEGRAD_STEPS(Mul)
#undef TAPEGRAD_STEPS
      case make_opcode(Op::External):
        sweep_external_lanes<lanes>(sweep, node);
        break;
      case make_opcode(Op::Leaf):
      case make_opcode(Op::Result):
        break;
      default:
        step_any<lanes>(sweep, row, adjoint);
    }
  }
}

template <std::size_t lanes> void run_plain(const LaneSweep& sweep) { run<lanes>(sweep); }
#if TAPEGRAD_HAS_WIDER_LANES
template <std::size_t lanes> __attribute__((target("avx2"))) void run_avx2(const LaneSweep& sweep) {
  run<lanes>(sweep);
}
template <std::size_t lanes>
__attribute__((target("avx512f"))) void run_avx512(const LaneSweep& sweep) {
  run<lanes>(sweep);
}
#endif

template <std::size_t lanes> void run_widest(const LaneSweep& sweep) {
#if TAPEGRAD_HAS_WIDER_LANES
  if (__builtin_cpu_supports("avx512f")) return run_avx512<lanes>(sweep);
  if (__builtin_cpu_supports("avx2")) return run_avx2<lanes>(sweep);
#endif
  run_plain<lanes>(sweep);
}

}  // namespace

void sweep_lanes(const Recording& recording, const Externals& externals, std::span<double> adjoints,
                 std::size_t lanes, std::size_t last) {
  std::vector<double> one(externals.empty() ? 0 : recording.size() + 1);
  const LaneSweep sweep{recording, externals, adjoints.data(), last, one};
  if (lanes == 4) run_widest<4>(sweep);
  if (lanes == 8) run_widest<8>(sweep);
  if (lanes == 16) run_widest<16>(sweep);
}

}  // namespace tapegrad

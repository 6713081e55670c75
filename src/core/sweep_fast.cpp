// The reverse sweep, fast: the same sums in the same order as in sweep_plain.cpp, so that both are
// equal to the last bit (tests/core/sweep_test.cpp).
//
// What makes it fast; numbers are ns a node of Burgers' equation, a determinant and Rosenbrock's
// function on a Zen 3:
//   - the compiler writes out each rule's partials, so that add only adds and mul reads the two
//     values it needs; nothing is stored for them when recording
//   - the next node's adjoint is carried in a register (see hand_on)
//   - each operation jumps straight to the next one's code: 2.9, 2.6, 2.6 became 2.2, 2.5, 2.3.
//     For this the file is built with -fno-gcse -fno-crossjumping, or g++ joins the jumps again.
// Tried: a table of functions, one call a node (3.1); all adjoints through memory (2.4, and 4.9 in
// a chain); two adjoints in registers, of nodes i-1 and i-2 (a tenth slower); an array for each
// column in place of rows (recording 2.3 in place of 1.6).

#include <bit>
#include <concepts>
#include <cstdint>

#include "partials.hpp"
#include "sweep.hpp"

// Where the compiler has no labels as values: a switch in a loop.
#if !defined(TAPEGRAD_HAS_LABELS)
#if defined(__GNUC__)
#define TAPEGRAD_HAS_LABELS 1
#else
#define TAPEGRAD_HAS_LABELS 0
#endif
#endif

#if TAPEGRAD_HAS_LABELS
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

namespace tapegrad {
namespace {

// Both zeros, and no other number. (A comparison of doubles has to think of NaN: two branches.)
bool is_zero(double a) { return std::bit_cast<std::uint64_t>(a) << 1 == 0; }

// Partials that are ±1 need no look at the adjoint before: 0 times them is 0.
template <class Rule>
constexpr bool has_unit_partials =
    std::same_as<Rule, rule::Add> || std::same_as<Rule, rule::Sub> || std::same_as<Rule, rule::Neg>;

struct Sweep {
  const Recording& recording;
  const Row* rows;
  double* adjoints;
  const Row* row;
  std::size_t before;  // index of the node before the row's
  double adjoint;      // of the row's node
  double carried = 0;  // of the node before, as far as it is known

  TAPEGRAD_INLINE void start() { carried = adjoints[before]; }

  // Node i usually has node i-1 among its operands (inside an expression always). Sending that
  // contribution through memory costs a store and a load that waits for it, 8 to 13 cycles.
  TAPEGRAD_INLINE void hand_on(std::uint32_t operand, double partial) {
    if (operand == before) {
      carried += adjoint * partial;
    } else {
      adjoints[operand] += adjoint * partial;
    }
  }

  template <class Rule>
  TAPEGRAD_INLINE void hand_on_unless_cut(std::uint32_t operand, double partial) {
    if (!Rule::info.cuts || partial != 0) hand_on(operand, partial);
  }

  template <class Rule, Form form> TAPEGRAD_INLINE void hand_on_all() {
    if (!has_unit_partials<Rule> && is_zero(adjoint)) return;  // hands nothing on: 0 · ∞ is NaN
    if constexpr (has_form<Rule, form>) {
      const auto partials = partials_of<Rule, form>(rows, *row);
      hand_on_unless_cut<Rule>(row->a, partials[0]);
      if constexpr (partials.size() == 2) hand_on_unless_cut<Rule>(row->b, partials[1]);
    } else if constexpr (form == Form::variables) {
      const auto operands = recording.side_operands(*row);
      const auto partials = recording.side_partials(*row);
      for (std::size_t k = 0; k < operands.size(); ++k)
        if (operands[k] != 0) hand_on_unless_cut<Rule>(operands[k], partials[k]);
    }
  }

  TAPEGRAD_INLINE void go_to_node_before() {
    adjoints[before] = carried;
    adjoint = carried;
    --row;
    --before;
  }
};

}  // namespace

// The code of an operation, for each place that its constant may have, is a label or a case.
#if TAPEGRAD_HAS_LABELS
#define TAPEGRAD_CODE(name, number) \
  name:
#define TAPEGRAD_NEXT        \
  sweep.go_to_node_before(); \
  goto* codes[static_cast<std::size_t>(sweep.row->opcode)];
#else
#define TAPEGRAD_CODE(name, number) case number:
#define TAPEGRAD_NEXT        \
  sweep.go_to_node_before(); \
  continue;
#endif

// clang-format off
#define TAPEGRAD_STEP(Rule, form)                                    \
  TAPEGRAD_CODE(Rule##_##form, make_opcode(Op::Rule, Form::form))    \
    sweep.start();                                                   \
    sweep.hand_on_all<rule::Rule, Form::form>();                     \
    TAPEGRAD_NEXT
#define TAPEGRAD_STEPS(Rule, function) \
  TAPEGRAD_STEP(Rule, variables)       \
  TAPEGRAD_STEP(Rule, constant_right)  \
  TAPEGRAD_STEP(Rule, constant_left)

void sweep_fast(const Recording& recording, const Externals& externals, std::span<double> adjoints,
                std::size_t last) {
  const Row* const rows = &recording.row(0);
  Sweep sweep{recording, rows, adjoints.data(), rows + last, last - 1, adjoints[last]};

#if TAPEGRAD_HAS_LABELS
#define TAPEGRAD_VARIABLES(Rule, function) &&Rule##_variables,
#define TAPEGRAD_CONSTANT_RIGHT(Rule, function) &&Rule##_constant_right,
#define TAPEGRAD_CONSTANT_LEFT(Rule, function) &&Rule##_constant_left,
  // By opcode: all operations in each form, first the three that have no rule.
  static const void* const codes[opcode_count + 1] = {
      &&nothing, &&external, &&nothing, TAPEGRAD_RULES(TAPEGRAD_VARIABLES)
      &&nothing, &&nothing,  &&nothing, TAPEGRAD_RULES(TAPEGRAD_CONSTANT_RIGHT)
      &&nothing, &&nothing,  &&nothing, TAPEGRAD_RULES(TAPEGRAD_CONSTANT_LEFT)
      &&end};
  goto* codes[static_cast<std::size_t>(sweep.row->opcode)];
#else
  for (;;) switch (sweep.row->opcode) {
  default:
#endif

  // The rules first: behind the other two a determinant took 2.6 ns a node instead of 2.0.
  TAPEGRAD_RULES(TAPEGRAD_STEPS)

  TAPEGRAD_CODE(external, make_opcode(Op::External))
    sweep_external(recording, externals, adjoints, sweep.before + 1);
    sweep.start();
    TAPEGRAD_NEXT

  TAPEGRAD_CODE(nothing, make_opcode(Op::Leaf))
    sweep.start();
    TAPEGRAD_NEXT

  TAPEGRAD_CODE(end, no_opcode)
    return;
#if !TAPEGRAD_HAS_LABELS
  }
#endif
}
// clang-format on

}  // namespace tapegrad

// The reverse sweep, fast: the same sums in the same order as in sweep_plain.cpp, so that both are
// equal to the last bit (tests/core/sweep_test.cpp).
//
// What makes it fast; numbers are ns a node of Burgers' equation, a determinant and Rosenbrock's
// function on a Zen 3:
//   - the compiler writes out each rule's partials, so that add only adds and mul reads the two
//     values it needs; nothing is stored for them when recording
//   - the adjoint of the next node, and at times of the one after it, is carried in a register (see
//     Sweep)
//   - each operation jumps straight to the next one's code: 2.9, 2.6, 2.6 became 2.2, 2.5, 2.3.
//     For this the file is built with -fno-gcse -fno-crossjumping, or g++ joins the jumps again.
// Tried: a table of functions, one call a node (3.1); all adjoints through memory (2.4, and 4.9 in
// a chain); two adjoints in registers at every node (a tenth slower); an array for each column in
// place of rows (recording 2.3 in place of 1.6).

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

// How a node's operands lie to the node before it. What follows is the same for all but the last,
// and yet each goes on to the next node with code of its own, which g++ keeps apart only if they
// differ: else it sweeps 22.6 instructions a node in place of 20.6 (Burgers), a gradient takes 1 to
// 5 % more.
enum class Exit { past_node_before, one_to_it, both_to_it, first_to_it, second_to_it, two_known };

struct Sweep {
  const Recording& recording;
  const Row* rows;
  double* adjoints;
  const Row* row;
  std::size_t before;  // index of the node before the row's
  double adjoint;      // of the row's node
  double next = 0;     // of the node before, in the code where it is known

  // Node i usually has node i-1 among its operands (inside an expression always). Sending that
  // contribution through memory costs a store and a load that waits for it, 8 to 13 cycles. If the
  // other operand is node i-2, as in sum += x * y, that holds for it, too: then node i-1 is swept
  // by the code in which `next` is known. (A gradient of a network 13 % faster, of others 0 to 5.)

  template <bool known> TAPEGRAD_INLINE double adjoint_before() const {
    return known ? next : adjoints[before];
  }

  template <class Rule> TAPEGRAD_INLINE double sum(double before_it, double partial) const {
    return Rule::info.cuts && partial == 0 ? before_it : before_it + adjoint * partial;
  }

  template <class Rule> TAPEGRAD_INLINE double add_to(std::uint32_t operand, double partial) {
    return adjoints[operand] = sum<Rule>(adjoints[operand], partial);
  }

  TAPEGRAD_INLINE Exit leave_by(Exit exit, double adjoint_of_node_before) {
    adjoint = adjoint_of_node_before;
    if (exit != Exit::past_node_before) adjoints[before] = adjoint;
    return exit;
  }

  template <class Rule, bool known> TAPEGRAD_INLINE Exit hand_on(std::uint32_t a, double to_a) {
    if (a == before) return leave_by(Exit::one_to_it, sum<Rule>(adjoint_before<known>(), to_a));
    add_to<Rule>(a, to_a);
    return leave_by(Exit::past_node_before, adjoint_before<known>());
  }

  template <class Rule, bool known>
  TAPEGRAD_INLINE Exit hand_on(std::uint32_t a, double to_a, std::uint32_t b, double to_b) {
    if (a == before) {
      const double carried = sum<Rule>(adjoint_before<known>(), to_a);
      if (b == before) return leave_by(Exit::both_to_it, sum<Rule>(carried, to_b));
      const double other = add_to<Rule>(b, to_b);
      const Exit exit = leave_by(Exit::first_to_it, carried);
      return b == before - 1 ? know(other) : exit;
    }
    const double other = add_to<Rule>(a, to_a);
    if (b == before) {
      const Exit exit = leave_by(Exit::second_to_it, sum<Rule>(adjoint_before<known>(), to_b));
      return a == before - 1 ? know(other) : exit;
    }
    add_to<Rule>(b, to_b);
    return leave_by(Exit::past_node_before, adjoint_before<known>());
  }

  TAPEGRAD_INLINE Exit know(double adjoint_of_next_but_one) {
    next = adjoint_of_next_but_one;
    return Exit::two_known;
  }

  template <class Rule, Form form, bool known> TAPEGRAD_INLINE Exit hand_on_all() {
    if (!has_unit_partials<Rule> && is_zero(adjoint)) [[unlikely]] {
      // Hands nothing on: 0 · ∞ is NaN.
    } else if constexpr (has_form<Rule, form>) {
      const auto partials = partials_of<Rule, form>(rows, *row);
      if constexpr (partials.size() == 2)
        return hand_on<Rule, known>(row->a, partials[0], row->b, partials[1]);
      else
        return hand_on<Rule, known>(row->a, partials[0]);
    } else if constexpr (form == Form::variables) {
      const auto operands = recording.side_operands(*row);
      const auto partials = recording.side_partials(*row);
      for (std::size_t k = 0; k < operands.size(); ++k)
        if (operands[k] != 0) add_to<Rule>(operands[k], partials[k]);
    }
    return pass();
  }

  TAPEGRAD_INLINE Exit pass() { return leave_by(Exit::past_node_before, adjoints[before]); }

  TAPEGRAD_INLINE void go_to_node_before() {
    --row;
    --before;
  }

  // Inputs come thousands in a row: a gradient of a network is 13 % faster with this loop.
  TAPEGRAD_INLINE void pass_leaves() {
    while (row[-1].opcode == make_opcode(Op::Leaf)) go_to_node_before();
    pass();
  }
};

}  // namespace

// The code of an operation, for each place that its constant may have, is a label or a case. As a
// label it is there twice, the second time with the next adjoint known.
#if TAPEGRAD_HAS_LABELS
#define TAPEGRAD_CODE(name, number) \
  name:
#define TAPEGRAD_NEXT_OF(codes) \
  sweep.go_to_node_before();    \
  goto* codes[static_cast<std::size_t>(sweep.row->opcode)];
#define TAPEGRAD_NEXT TAPEGRAD_NEXT_OF(codes)
#else
#define TAPEGRAD_CODE(name, number) case number:
#define TAPEGRAD_NEXT        \
  sweep.go_to_node_before(); \
  continue;
#endif

// clang-format off
#if TAPEGRAD_HAS_LABELS
#define TAPEGRAD_STEP(Rule, form, known)                               \
  Rule##_##form##_##known:                                             \
    switch (sweep.hand_on_all<rule::Rule, Form::form, known>()) {      \
      case Exit::past_node_before: TAPEGRAD_NEXT                       \
      case Exit::one_to_it: TAPEGRAD_NEXT                              \
      case Exit::both_to_it: TAPEGRAD_NEXT                             \
      case Exit::first_to_it: TAPEGRAD_NEXT                            \
      case Exit::second_to_it: TAPEGRAD_NEXT                           \
      case Exit::two_known: TAPEGRAD_NEXT_OF(codes_known)              \
    }
#define TAPEGRAD_STEPS(Rule, function)       \
  TAPEGRAD_STEP(Rule, variables, false)      \
  TAPEGRAD_STEP(Rule, constant_right, false) \
  TAPEGRAD_STEP(Rule, constant_left, false)  \
  TAPEGRAD_STEP(Rule, variables, true)       \
  TAPEGRAD_STEP(Rule, constant_right, true)  \
  TAPEGRAD_STEP(Rule, constant_left, true)
#else
#define TAPEGRAD_STEP(Rule, form)                                    \
  case make_opcode(Op::Rule, Form::form):                            \
    sweep.hand_on_all<rule::Rule, Form::form, false>();              \
    TAPEGRAD_NEXT
#define TAPEGRAD_STEPS(Rule, function) \
  TAPEGRAD_STEP(Rule, variables)       \
  TAPEGRAD_STEP(Rule, constant_right)  \
  TAPEGRAD_STEP(Rule, constant_left)
#endif

void sweep_fast(const Recording& recording, const Externals& externals, std::span<double> adjoints,
                std::size_t last) {
  const Row* const rows = &recording.row(0);
  Sweep sweep{recording, rows, adjoints.data(), rows + last, last - 1, adjoints[last]};

#if TAPEGRAD_HAS_LABELS
  // By opcode: all operations in each form, first the three that have no rule.
#define TAPEGRAD_LABEL(Rule, form, known) &&Rule##_##form##_##known,
#define TAPEGRAD_VARIABLES(Rule, function) TAPEGRAD_LABEL(Rule, variables, false)
#define TAPEGRAD_CONSTANT_RIGHT(Rule, function) TAPEGRAD_LABEL(Rule, constant_right, false)
#define TAPEGRAD_CONSTANT_LEFT(Rule, function) TAPEGRAD_LABEL(Rule, constant_left, false)
  static const void* const all_codes[opcode_count + 1] = {
      &&nothing, &&external, &&nothing, TAPEGRAD_RULES(TAPEGRAD_VARIABLES)
      &&nothing, &&nothing,  &&nothing, TAPEGRAD_RULES(TAPEGRAD_CONSTANT_RIGHT)
      &&nothing, &&nothing,  &&nothing, TAPEGRAD_RULES(TAPEGRAD_CONSTANT_LEFT)
      &&end};
#define TAPEGRAD_VARIABLES_KNOWN(Rule, function) TAPEGRAD_LABEL(Rule, variables, true)
#define TAPEGRAD_CONSTANT_RIGHT_KNOWN(Rule, function) TAPEGRAD_LABEL(Rule, constant_right, true)
#define TAPEGRAD_CONSTANT_LEFT_KNOWN(Rule, function) TAPEGRAD_LABEL(Rule, constant_left, true)
  static const void* const all_codes_known[opcode_count + 1] = {
      &&nothing, &&external, &&nothing, TAPEGRAD_RULES(TAPEGRAD_VARIABLES_KNOWN)
      &&nothing, &&nothing,  &&nothing, TAPEGRAD_RULES(TAPEGRAD_CONSTANT_RIGHT_KNOWN)
      &&nothing, &&nothing,  &&nothing, TAPEGRAD_RULES(TAPEGRAD_CONSTANT_LEFT_KNOWN)
      &&end};
  // In registers: position independent code would ask for the addresses at each node again.
  const void* const* codes = all_codes;
  const void* const* codes_known = all_codes_known;
  asm("" : "+r"(codes), "+r"(codes_known));
  goto* codes[static_cast<std::size_t>(sweep.row->opcode)];
#else
  for (;;) switch (sweep.row->opcode) {
  default:
#endif

  // The rules first: behind the other two a determinant took 2.6 ns a node instead of 2.0.
  TAPEGRAD_RULES(TAPEGRAD_STEPS)

  TAPEGRAD_CODE(external, make_opcode(Op::External))
    sweep_external(recording, externals, adjoints, sweep.before + 1);
    sweep.pass();
    TAPEGRAD_NEXT

  TAPEGRAD_CODE(nothing, make_opcode(Op::Leaf))
    sweep.pass_leaves();
    TAPEGRAD_NEXT

  TAPEGRAD_CODE(end, no_opcode)
    return;
#if !TAPEGRAD_HAS_LABELS
  }
#endif
}
// clang-format on

}  // namespace tapegrad

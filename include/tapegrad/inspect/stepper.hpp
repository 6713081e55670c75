// A reverse sweep to walk through: forward and backward, one node at a time.
//
//   Stepper stepper(y);  // y a Value, or a Node
//   while (stepper.next())
//     for (const Contribution& each : stepper.contributions()) std::puts(to_string(each).c_str());
//
// A step is one node that has something to hand on: its adjoint goes to its operands, multiplied by
// the partial derivatives. Variables have no operands, and a node with adjoint 0 hands nothing on:
// they are passed without a word, except where somebody asks for the very node. At the end all
// adjoints are those of Tape::backward(). The tape's own adjoints stay as they are.
//
// session.hpp is a command line on top of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/node.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// What a swept node has handed to one of its operands: one factor of the chain rule.
struct Contribution {
  Node from;            // the node that was swept
  Node to;              // its operand
  std::size_t operand;  // which one: from.operands()[operand]
  double adjoint;       // of `from`; NaN for a user's operation: its results have one each
  double partial;       // ∂from/∂to; NaN where only the callback of a user's operation knows it
  double contribution;  // adjoint · partial, or what the callback said
  double sum_before;    // the adjoint of `to` until then
  double sum_after;     // and from then on
  bool is_cut;          // the partial is 0 because `to` was not chosen: also an infinity stops here
};

/// The chain rule with numbers: adjoint(#39) += adjoint(#41) · ∂#41/∂#39 = 0.5 · 0.42 → 0.21
/// The number behind the arrow is the operand's adjoint afterwards.
TAPEGRAD_API std::string to_string(const Contribution& contribution);

/// Why Stepper::run() came back.
struct Stop {
  enum class Reason { end, steps, arrived, breakpoint, watch, non_finite };
  Reason reason;       // the last two tell of the last step, the others of the cursor
  std::size_t number;  // of the breakpoint or watch; else 0
  std::string text;    // "breakpoint 1, op=div"; "watch 2: adjoint(#3 w1) 0 → 0.21"
};

/// Walks the sweep of one output. Its tape must live, and keep the nodes up to the output; more may
/// be recorded. Memory: 8 bytes a node; and what back() needs, 16 a step and 24 a contribution.
class TAPEGRAD_API Stepper {
 public:
  explicit Stepper(const Node& output, double seed = 1);

  // ---- Moving ----
  // All throw StaleValueError if the tape was cleared, or rewound to before the output. An error
  // that the callback of a user's operation throws leaves the Stepper before that node.

  /// Sweeps one node, whatever breakpoints say. False if nothing was left to hand on.
  bool next();
  /// Undoes the last step, to the bit. False if there is none.
  bool back();
  /// Sweeps what is left, whatever breakpoints say.
  void finish();
  /// Back to the output; breakpoints and watches stay.
  void restart();
  /// Another output of the same tape.
  void restart(const Node& output, double seed = 1);

  /// Sweeps until a breakpoint or a watch stops it, or that many steps are done. The node at which
  /// the cursor stands already stops nothing.
  Stop run(std::size_t steps = no_limit);
  /// Until the cursor stands at the node, whose adjoint then is complete: also where it is 0.
  /// @throws ArgumentError if the cursor is past the node, or it comes after the output
  Stop run_to(const Node& node);
  /// Until a finite adjoint hands on a NaN or an infinity: where it comes from, not where it goes.
  Stop run_to_non_finite();

  static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

  // ---- Looking ----

  Node output() const { return {*tape_, output_}; }
  double seed() const { return seed_; }
  bool at_end() const { return position_ == 0; }
  /// Number of steps done and not undone.
  std::size_t steps() const { return steps_.size(); }
  /// The node that is swept next, or the one at which a breakpoint has stopped; nothing at the end.
  std::optional<Node> cursor() const;
  /// The node of the last step; nothing before the first.
  std::optional<Node> swept() const;
  /// Would sweeping the node now do anything?
  bool hands_on(const Node& node) const { return hands_on(node.index()); }
  /// The adjoint of the node so far: complete where the cursor is past it.
  double adjoint(const Node& node) const;
  /// What the last step has handed on, in the order of the operands; constants get nothing.
  std::vector<Contribution> contributions() const;

  // ---- Stopping ----
  // Each returns its number, by which it is removed.

  /// Says of a node whose adjoint is complete and not 0 whether to stop before it is swept.
  using Predicate = std::function<bool(const Node& node, double adjoint)>;

  /// Stops when the cursor comes to the node; also where its adjoint is 0, also at a variable.
  std::size_t break_at(const Node& node);
  /// The same for all nodes of that name.
  std::size_t break_at_name(std::string_view name);
  /// Stops before nodes of that operation (Node::operation()) whose adjoint is not 0.
  std::size_t break_at_operation(std::string_view operation);
  /// @param text  how the breakpoint is called when it stops
  std::size_t break_if(Predicate predicate, std::string_view text);
  /// Stops after a step in which a finite adjoint has handed on a NaN or an infinity.
  std::size_t break_at_non_finite();
  /// Stops after a step that has changed the adjoint of the node.
  std::size_t watch(const Node& node);

  struct Breakpoint {
    enum class Kind { node, name, operation, predicate, non_finite, watch };
    std::size_t number = 0;
    Kind kind;
    std::string text;          // the name, the operation; else a text to show
    std::size_t node = 0;      // of kind node and watch
    Predicate predicate = {};  // of kind predicate
  };
  const std::vector<Breakpoint>& breakpoints() const { return breakpoints_; }
  /// @throws ArgumentError if there is none of that number
  void remove(std::size_t number);

 private:
  struct Step {
    std::uint32_t node;
    std::size_t changes;  // those of all steps before
  };
  struct Change {
    std::uint32_t node;
    double before;
    double contribution;
  };

  void check_tape() const;
  bool hands_on(std::size_t node) const;
  bool is_reached(std::size_t node) const;
  void sweep(std::size_t node);
  void sweep_rule(std::size_t node);
  void ask_callback(std::size_t node);
  void add(std::size_t node, double contribution);
  void pass();
  Stop go(std::size_t steps, std::size_t target, bool until_non_finite);
  bool look_at_cursor(std::size_t target, Stop& stop) const;
  void look_at_step(bool until_non_finite, Stop& stop) const;
  bool stops_before(const Breakpoint& breakpoint, std::size_t index) const;
  std::string changed(std::size_t node) const;
  std::string made_non_finite() const;
  std::string here() const;
  std::size_t node_here(const Node& node) const;
  std::size_t add_breakpoint(Breakpoint breakpoint);

  const Tape* tape_;
  std::size_t output_;
  double seed_;
  Epoch epoch_ = Epoch::constant;  // of the output: is it still the same node?
  std::size_t position_ = 0;       // of the cursor; 0: at the end
  std::vector<double> adjoints_;   // by node
  std::vector<Step> steps_;
  std::vector<Change> changes_;
  std::vector<Breakpoint> breakpoints_;
  std::size_t last_number_ = 0;
};

/// "op=div", "#17 loss", "watch #3 w1": how a list of breakpoints shows it.
TAPEGRAD_API std::string to_string(const Stepper::Breakpoint& breakpoint);

}  // namespace tapegrad

// The tape: records the operations of a computation, and sweeps them backwards.
//
//   Tape                 owns the recording; variable(), backward(), clear()
//   Tape::activate()     an ActiveScope: the tape records while it lives
//   Tape::mark()         a Mark: what is recorded after it can be taken back
//
// A thread has one active tape, and threads never share a tape while recording. Node and Operand
// (node.hpp) show what was recorded; recording.hpp is how it is stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/external.hpp"
#include "tapegrad/core/names.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/operators.hpp"
#include "tapegrad/core/recording.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

class AdjointRows;
class Node;
class NodeRange;
class Tape;
struct ThreadTapes;

/// Where a sweep starts: an output and the adjoint it starts with.
struct Seed {
  Value output;
  double adjoint = 1;
};

/// While it lives, its tape is the active one of the thread that made it. They nest like a stack,
/// but may end in any order. Made by Tape::activate().
class TAPEGRAD_API ActiveScope {
 public:
  explicit ActiveScope(Tape& tape);
  ~ActiveScope();
  ActiveScope(const ActiveScope&) = delete;
  ActiveScope& operator=(const ActiveScope&) = delete;

 private:
  friend class NoGrad;
  friend class TapeRegistry;
  friend struct DebugLayout;
  friend struct ThreadTapes;
  ActiveScope();         // of no tape, for NoGrad
  Tape* tape_;           // null: of none
  ThreadTapes* thread_;  // null once the thread or the tape is gone
  ActiveScope* below_;
};

/// A place on a tape to come back to: what is recorded while it lives is a segment. Values from
/// before the mark stay good; when the mark is destroyed, the segment's nodes go, and their
/// Values are stale; destroyed while the tape is swept, by a callback, it keeps them as commit()
/// does. Made by Tape::mark().
class TAPEGRAD_API Mark {
 public:
  ~Mark();
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;

  /// Ends the segment and keeps what it recorded as part of the segment around it. Inner segments
  /// end with it, and are kept.
  void commit();

  /// Has the segment not ended yet? It also ends with the tape, by clear(), and with outer marks.
  bool is_open() const { return tape_ != nullptr; }

 private:
  friend class Tape;
  explicit Mark(Tape& tape);
  Tape* tape_;  // null once the segment has ended
};

/// A recording, and all that is done with it: variables, sweeps, marks, names.
class TAPEGRAD_API Tape {
 public:
  struct Options {
    /// Most bytes that rows, side columns and adjoints may take together; 0: the machine's
    /// physical memory. What sweeps of several directions keep for the next one counts when that
    /// begins, not while more is recorded.
    std::size_t memory_limit = 0;
    /// Most nodes; indices are 32 bits wide.
    std::size_t node_limit = 0xFFFFFFFE;
    /// Keep the comparisons of Values as guards (see guards()).
    bool guards = false;
  };

  struct Inactive {};
  static constexpr Inactive inactive{};

  /// A tape that is active on this thread until it is destroyed, or until a newer one is active.
  /// @throws ArgumentError where TAPEGRAD_LOCATIONS or TAPEGRAD_BREAK_AT in the environment (see
  /// record_locations() and break_at()) cannot be understood
  Tape();
  explicit Tape(const Options& options);

  /// A tape that records only within activate(): for members, workers and pools.
  explicit Tape(Inactive);
  Tape(Inactive, const Options& options);

  /// May run on any thread, in any order, also with Marks, ActiveScopes and Values left over: they
  /// notice.
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  // ---- Recording ----

  /// @throws UnsupportedError if the tape is active on another thread
  [[nodiscard]] ActiveScope activate() { return ActiveScope(*this); }
  bool is_active() const { return active_recording == &recording_; }

  /// A leaf: an input to differentiate by.
  /// @throws TapeFullError; UnsupportedError if the tape is active on another thread or being swept
  TAPEGRAD_INLINE Value variable(double x) {
    const Recording::Slot slot = recording_.slot();
    if (!is_active() || !slot.is_free()) [[unlikely]] {
      const Value leaf = variable_unusual(x);
      TAPEGRAD_RETURN_HERE;
      return leaf;
    }
    return recording_.put(slot, make_opcode(Op::Leaf), x, 0, 0);
  }
  TAPEGRAD_INLINE Value variable(double x, std::string_view name) {
    const Value leaf = named_variable(x, name);
    TAPEGRAD_RETURN_HERE;
    return leaf;
  }
  std::vector<Value> variables(std::span<const double> x);
  /// The same into memory of the caller's. All are recorded, or none.
  /// @throws ShapeError if leaves.size() != x.size()
  void variables(std::span<const double> x, std::span<Value> leaves);

  /// Records a user's operation: one node for `operation` with `operands`, then a node for each
  /// of `results`, whose Values are returned. If all operands are constants, so are the results.
  /// @throws StaleValueError if an operand is not on this tape; TapeFullError
  std::vector<Value> external(std::shared_ptr<const External> operation,
                              std::span<const Value> operands, std::span<const double> results);

  // ---- Sweeping ----

  /// Clears all adjoints, seeds `output`, and sweeps from the last node to the first: afterwards
  /// every node x has adjoint seed·∂output/∂x. The recording stays; sweep it as often as wanted.
  /// Cost: a few multiplications a node. No recursion.
  /// @throws UnsupportedError if the output is a constant, or within a callback of a sweep of this
  ///         tape; StaleValueError if the output is not on this tape
  void backward(Value output, double seed = 1);

  /// The same for several outputs in one sweep: adjoints are Σ seed·∂output/∂x. Constant outputs
  /// contribute nothing; if all are constants (or there is none), UnsupportedError.
  void backward(std::initializer_list<Seed> seeds);
  void backward(std::span<const Seed> seeds);

  /// Sweeps and adds to the adjoints of the leaves; those of all other nodes start from 0. So
  /// backward(y); accumulate(y); leaves exactly twice the gradient at the leaves.
  void accumulate(Value output, double seed = 1);
  void accumulate(std::initializer_list<Seed> seeds);
  void accumulate(std::span<const Seed> seeds);

  /// The adjoint of x after the last sweep; 0 if the sweep did not reach it.
  /// @throws NoAdjointError for a constant, or if no sweep has covered the node since it was
  ///         recorded; StaleValueError if x is not on this tape
  double adjoint(Value x) const {
    if (!recording_.holds(x) || x.node() > covered_) [[unlikely]]
      return adjoint_slow(x);
    return recording_.adjoints_[x.node()];
  }

  /// The adjoints of many: out[i] is that of x[i].
  /// @throws as adjoint(); ShapeError if out.size() != x.size()
  void adjoints(std::span<const Value> x, std::span<double> out) const;

  /// Several sweeps in one: for each direction d the inputs' adjoints
  /// out[d·n + i] = Σ seeds[d·m + k] · ∂outputs[k]/∂inputs[i].
  /// With the identity as seeds that is the Jacobian. The adjoints of the last sweep stay.
  /// @param outputs  m Values; a constant has derivative 0
  /// @param seeds    directions × m, row-major
  /// @param inputs   n Values on this tape
  /// @param out      directions × n, row-major
  /// Cost: 16 directions (or 8, 4, 1) go together, for the price of a few sweeps. Memory: 4 bytes a
  /// node, and as many numbers for each of those that are needed at once (leaves, and nodes between
  /// their users and themselves); kept for the next call.
  /// @throws ShapeError if the sizes do not fit together; StaleValueError; NoAdjointError if an
  ///         input is a constant; TapeFullError if there is no memory for one direction
  void pull_back(std::span<const Value> outputs, std::span<const double> seeds,
                 std::span<const Value> inputs, std::span<double> out);

  /// Several tangent sweeps in one, from the first node to the last: for each direction d the
  /// outputs' tangents out[d·m + k] = Σ_i tangents[d·n + i] · ∂outputs[k]/∂inputs[i].
  /// With the identity as tangents that is the transposed Jacobian.
  /// @param inputs    n Values on this tape
  /// @param tangents  directions × n, row-major
  /// @param outputs   m Values; a constant has tangent 0
  /// @param out       directions × m, row-major
  /// Edges: a tangent of 0 hands nothing on, as an adjoint of 0 does. So on a path with a partial
  /// of 0 and an infinite one, forward and reverse may differ: whichever meets the 0 first gives 0.
  /// Cost and errors: as pull_back(). Memory: as many numbers a node, kept for the next call.
  void push_forward(std::span<const Value> inputs, std::span<const double> tangents,
                    std::span<const Value> outputs, std::span<double> out);

  /// Second derivatives of L = Σ_k seeds[k].adjoint·seeds[k].output, as products with directions:
  /// out[d·n + i] = Σ_j ∂²L/∂inputs[i]∂inputs[j] · directions[d·n + j].
  /// With the identity as directions that is the Hessian. The second partials come from the same
  /// rules as the first: they are swept with numbers that carry tangents (forward over reverse).
  /// @param inputs      n Values on this tape
  /// @param directions  directions × n, row-major
  /// @param out         directions × n, row-major
  /// Kinks: the second partials are 0 there. Cost: 16 directions (or 8, 1) go together, for the
  /// price of a dozen sweeps. Memory: as pull_back() and push_forward() together, and a number a
  /// node.
  /// @throws UnsupportedError naming a user's operation without a second-order product; else as
  ///         pull_back()
  /// Source: Pearlmutter 1994, "Fast exact multiplication by the Hessian".
  void hessian_vector_products(std::span<const Seed> seeds, std::span<const Value> inputs,
                               std::span<const double> directions, std::span<double> out);

  // ---- Looking on (observer.hpp) ----

  /// From now on the observer is told. It must leave before it is destroyed, unless the tape goes
  /// first (Observer::tape_gone()).
  void add_observer(Observer& observer);
  /// Does nothing if it is not there.
  void remove_observer(Observer& observer);

  /// Keeps, from now on, for each node the address of the code that recorded it: location()
  /// (inspect/location.hpp) and debuggers say file, line and function. Also switched on by the
  /// environment variable TAPEGRAD_LOCATIONS=1. While it is on each operation takes the slow path,
  /// about 15 ns more; off it costs nothing.
  void record_locations(bool on = true);
  /// The address; null if it is not known.
  const void* caller(std::size_t node) const;

  /// Calls tapegrad_break(), made to hold a breakpoint, when the node with that index is recorded:
  /// up from there is the code that records it. After a clear(), again. 0: never. Until then and
  /// afterwards it costs nothing. Also asked for by the environment variable TAPEGRAD_BREAK_AT.
  void break_at(std::size_t node);

  // ---- Taking back ----

  /// Forgets all nodes, adjoints and names and keeps the memory. All Values of before are stale.
  void clear();

  /// Opens a segment: `Mark mark = tape.mark();`
  [[nodiscard]] Mark mark();

  /// Forgets what was recorded since the mark, and leaves the segment open for more. Inner
  /// segments end. @throws UnsupportedError if the mark's segment has ended or is another tape's
  void rewind(Mark& mark);

  // ---- Looking ----

  std::size_t size() const { return recording_.size(); }
  bool empty() const { return size() == 0; }
  std::size_t memory_bytes() const { return recording_.memory_bytes(); }
  const Recording& recording() const { return recording_; }

  /// Makes room for `nodes` nodes in all. @throws TapeFullError
  void reserve(std::size_t nodes);

  /// Is x a node of this tape that has not been taken back? False for a constant.
  bool holds(Value x) const;
  /// The same of a node, for those who keep its index: has it not been taken back since it had that
  /// epoch_of()?
  bool holds(std::size_t node, Epoch epoch) const;
  Epoch epoch_of(std::size_t node) const { return range_of(node).last; }

  /// The node of a Value. @throws StaleValueError if it is not on this tape; UnsupportedError for
  /// a constant, which has none
  Node node(Value x) const;
  /// The node with that index, 1 to size(). @throws ArgumentError outside
  Node node(std::size_t index) const;
  /// The Value that was returned when the node with that index was recorded: to go on computing
  /// with it, or to sweep from it. @throws as node()
  Value value(std::size_t index) const;
  /// All nodes in the order of recording: for (Node node : tape.nodes()) ...
  NodeRange nodes() const;

  /// Gives a node a name, for printing, pictures and messages. The empty name takes it away.
  /// @throws StaleValueError, UnsupportedError for a constant
  void name(Value x, std::string_view name);
  /// Names the nodes from `first` on by a scheme.
  /// @throws ArgumentError if they are not all nodes of this tape
  void name_range(std::size_t first, std::shared_ptr<const NameScheme> scheme);
  /// The node's name, or an empty text.
  std::string name(std::size_t node) const { return names_.find(node); }
  std::string name(Value x) const { return names_.find(x.node()); }
  /// All of them, to be kept when the tape is gone. Schemes are shared.
  const Names& names() const { return names_; }
  /// The last node of that name; nothing if there is none. Cost: looks through all names.
  std::optional<Node> find(std::string_view name) const;

  /// Indices of the comparison nodes (Op::Less, ...) that were recorded as guards, in order. A
  /// guard's value is 1 where the comparison held.
  std::span<const std::uint32_t> guards() const { return guards_; }

  /// The operation of an External node.
  const External& external_of(std::size_t node) const;

  /// The adjoint of the node with that index; nothing where no sweep has covered it.
  std::optional<double> find_adjoint(std::size_t node) const;

  /// What it has for those who look on; null if there was never any.
  const Watch* watch() const { return watch_.get(); }

 private:
  friend class ActiveScope;
  friend class Mark;
  friend class TapeRegistry;
  friend class CallerScope;
  friend class Recording;
  friend class TapeFile;
  friend struct DebugLayout;
  friend struct ThreadTapes;
  friend void record_guard(Op comparison, Value a, Value b);

  // Epochs that follow each other; on segments see src/core/mark.cpp.
  struct EpochRange {
    Epoch first;
    Epoch last;
    std::uint32_t first_node;  // up to that of the next range
  };
  struct Segment {
    Mark* mark;
    std::size_t next;  // the sizes to go back to
    std::size_t side_next;
    std::size_t guards;
    std::size_t externals;
    std::size_t epochs;
  };

  TAPEGRAD_COLD void check_thread(const char* operation) const;
  void check_idle(const char* operation) const;
  TAPEGRAD_COLD Value variable_unusual(double x);
  Value named_variable(double x, std::string_view name);
  Value put_leaf(double x, const void* caller);
  void put_leaves(std::span<const double> x, std::span<Value> leaves, const void* caller);
  void heed_environment();
  Watch& watch_for_all();
  std::size_t watched_from() const;
  void update_watch();
  void tell(std::size_t node, const void* caller);
  void take_back(std::size_t first);
  void tell_taken_back(std::size_t end);
  void let_observers_go();
  TAPEGRAD_COLD double adjoint_slow(Value x) const;
  std::string label(std::size_t node) const;
  void open_epoch();
  const EpochRange& range_of(std::size_t node) const;
  std::size_t segment_of(const Mark& mark) const;
  void truncate(const Segment& segment);
  void end_segments(std::size_t from);
  void end(Mark& mark, bool keep);
  void forget_marks();
  class Sweeping;
  void sweep(const Seed* seeds, std::size_t count, bool keep_leaves);
  void sweep_fast(const Seed* seeds, std::size_t count, bool keep_leaves);
  bool sweeps_plainly() const;
  class Multisweep;

  Recording recording_;
  std::size_t covered_ = 0;         // nodes 1 to covered_ have an adjoint
  std::vector<EpochRange> epochs_;  // all that are good, innermost last
  std::vector<Segment> segments_;
  std::vector<std::uint32_t> guards_;
  std::vector<std::shared_ptr<const External>> externals_;
  std::unique_ptr<AdjointRows> adjoint_rows_;  // of sweeps of several directions
  std::vector<double> lanes_;                  // tangents of such sweeps
  Names names_;
  std::unique_ptr<Watch> watch_;  // null as long as nobody looks on

  // Kept by the registry (src/core/registry.cpp), under its lock. All live tapes of the process
  // hang on one list, which a debugger can walk.
  Tape* previous_live_ = nullptr;
  Tape* next_live_ = nullptr;
  ThreadTapes* thread_ = nullptr;  // where the tape is active
  std::size_t activations_ = 0;    // how often
  std::vector<std::uint32_t> epoch_blocks_;
  std::optional<ActiveScope> own_activation_;
};

}  // namespace tapegrad

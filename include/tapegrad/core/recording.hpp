// What a tape holds: one row per node, in memory that grows without being copied.
//
//   rows      24 bytes  what was computed, the result, and the operands
//   adjoints  8 bytes   there only once a sweep has run
//   side      cells of 8 bytes: operands and partials of operations of three and more operands
//
// Partial derivatives are not stored where they can be had from the values: the sweep asks the
// rule for them. Row 0 is never a node. A node's operands always stand before it, so that the order
// of recording is a topological order, and a sweep from the last row to the first is reverse mode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

class Tape;

/// Which operand of an operation of two was a constant when it was recorded.
enum class Form : std::uint8_t { variables, constant_right, constant_left };

/// An operation and its form in one byte: the operation's number, and for the two other forms all
/// operations again.
enum class Opcode : std::uint8_t {};

inline constexpr std::size_t opcode_count = 3 * op_count;
static_assert(opcode_count < 256, "more operations than fit into one byte with their forms");

/// Of row 0, which is no node: there a sweep ends.
inline constexpr Opcode no_opcode{opcode_count};

constexpr Opcode make_opcode(Op op, Form form = Form::variables) {
  return static_cast<Opcode>(static_cast<std::size_t>(op) +
                             static_cast<std::size_t>(form) * op_count);
}

constexpr Form form_of(Opcode opcode) {
  return static_cast<Form>(static_cast<std::size_t>(opcode) / op_count);
}

constexpr Op op_of_opcode(Opcode opcode) {
  return static_cast<Op>(static_cast<std::size_t>(opcode) % op_count);
}

/// One node. What it has of a, b and number depends on its operands:
///   one operand:                          a; and `number`, the partial, if the rule keeps it
///   two operands:                         a, b
///   two of which one is a constant:       a, and `number`, the constant
///   three and more:                       b of them, from side cell `a` on: first the partials
///                                         (or the constants among the operands), then the
///                                         indices, two to a cell
struct Row {
  double value;
  union {
    double number;
    std::uint32_t b;
  };
  std::uint32_t a;
  Opcode opcode;
};
static_assert(sizeof(Row) == 24);

/// One operand of a node: another node and the partial derivative to it, or a constant.
struct Operand {
  std::uint32_t node = 0;  // 0: a constant
  double partial = 0;      // ∂result/∂operand; NaN where only a callback knows it
  double constant = 0;     // where node is 0
};

/// The columns that a tape consists of: rows, adjoints, side cells.
class TAPEGRAD_API Recording {
 public:
  static constexpr std::size_t bytes_per_node = sizeof(Row);
  static constexpr std::size_t bytes_per_side_cell = sizeof(double);

  /// A recording of no tape: it holds no value, so that every operation takes the cold path.
  constexpr Recording() = default;
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // ---- Reading ----

  /// Number of nodes; they have the indices 1 to size().
  std::size_t size() const { return next() - 1; }
  std::size_t side_size() const { return side_next_; }
  const Row& row(std::size_t node) const { return rows_[node]; }
  Opcode opcode(std::size_t node) const { return rows_[node].opcode; }
  Op op(std::size_t node) const { return op_of_opcode(opcode(node)); }
  double value(std::size_t node) const { return rows_[node].value; }

  /// Operands in the order in which the user wrote them.
  std::size_t operand_count(std::size_t node) const;
  /// Are they in the side cells?
  bool has_side(std::size_t node) const;
  Operand operand(std::size_t node, std::size_t k) const;

  /// Of a row of three and more operands.
  std::span<const double> side_partials(const Row& row) const { return {side_ + row.a, row.b}; }
  std::span<const std::uint32_t> side_operands(const Row& row) const {
    return {reinterpret_cast<const std::uint32_t*>(side_ + row.a + row.b), row.b};
  }

  /// Bytes that the nodes take, and bytes held, for rows and adjoints, used or not yet.
  std::size_t used_bytes() const {
    return size() * bytes_per_node + side_size() * bytes_per_side_cell;
  }
  std::size_t memory_bytes() const;

  // ---- Recording ----

  /// Where the next node goes, and what says whether it may.
  ///
  /// An operation reads all of it before it looks at its operands. The compiler then finds it
  /// read on every path, keeps it in registers from one operation to the next, and reads again
  /// only where the rare path was taken. With the counter read last each operation waited for the
  /// store of the one before: 2.7 ns a node in place of 1.4.
  ///
  /// Tried: the node in the upper half of its id, so that no id has to be shifted, and one store
  /// for a row's `a` and opcode. Fewer instructions and stores, and 0 to 3 % faster: within the
  /// noise.
  struct Slot {
    NodeId id;
    std::uint32_t capacity;
    Epoch epoch;
    Epoch base_epoch;
    Row* rows;

    /// Is the value on this tape? Tries the innermost open segment and the one at the bottom,
    /// which without nested marks are all there are; require() knows the others.
    TAPEGRAD_INLINE bool holds(Value x) const {
      return x.epoch() == epoch || x.epoch() == base_epoch;
    }
    TAPEGRAD_INLINE bool is_free() const { return node_of(id) < capacity; }
  };
  TAPEGRAD_INLINE Slot slot() const { return {next_id_, capacity_, epoch_, base_epoch_, rows_}; }

  bool holds(Value x) const { return slot().holds(x); }

  /// Returns if the value is on this tape, also in a segment that holds() does not try.
  /// @throws StaleValueError or NoActiveTapeError naming the operation
  void require(Value x, std::string_view operation) const {
    if (!holds(x)) [[unlikely]]
      require_slow(x, operation);
  }

  /// Is the value to be recorded as an operand? Not if it is a constant, or within NoGrad.
  /// @throws as require()
  bool admits(Value x, std::string_view operation) const;

  /// A slot to write to. @throws TapeFullError, and then nothing has changed
  Slot free_slot() {
    if (!slot().is_free()) [[unlikely]]
      grow(1, 0);
    return slot();
  }

  /// Writes a node of up to two operands into a free slot.
  TAPEGRAD_INLINE Value put(const Slot& slot, Opcode opcode, double value, std::uint32_t a,
                            std::uint32_t b) {
    Row& row = claim(slot);
    row.b = b;
    return fill(slot, row, opcode, value, a);
  }

  /// Of one operand, and a number: the constant beside it, or the partial that is kept.
  TAPEGRAD_INLINE Value put_number(const Slot& slot, Opcode opcode, double value, std::uint32_t a,
                                   double number) {
    Row& row = claim(slot);
    row.number = number;
    return fill(slot, row, opcode, value, a);
  }

  /// Fills in what push_many() takes: the operands' nodes, and where an operand is a constant, 0
  /// and the constant in place of the partial.
  /// @return false if all operands are constants, so that there is nothing to record
  /// @throws as require()
  bool link(std::span<const Value> operands, std::string_view operation,
            std::span<std::uint32_t> nodes, std::span<double> partials) const;

  /// Appends a node of any number of operands: node indices, or 0 for a constant, and beside each
  /// its partial, or the constant. @throws TapeFullError, and then nothing has changed
  TAPEGRAD_NOINLINE Value push_many(Op op, double value, std::span<const std::uint32_t> operands,
                                    std::span<const double> partials, const void* caller = nullptr);

  /// To be called with each node that was recorded on the slow path: tells those who look on.
  /// @param caller  an address in the code that recorded it
  /// @throws what they throw, and then the node is taken back
  Value told(Value x, const void* caller) {
    if (is_watched_) [[unlikely]]
      tell_from(x.node(), caller);
    return x;
  }

  bool records_guards() const { return records_guards_; }
  Tape* tape() const { return tape_; }

 private:
  friend class Tape;
  friend class TapeFile;
  friend struct DebugLayout;

  // The memory of all; in a reserved block rows are committed as they fill.
  struct Block {
    std::byte* begin = nullptr;
    std::size_t bytes = 0;
    std::size_t rows = 0;
    std::size_t side = 0;
    bool is_reserved = false;
  };
  struct Columns {
    Row* rows;
    double* adjoints;
    double* side;
  };

  static constexpr Epoch no_epoch{std::numeric_limits<std::uint32_t>::max()};

  // What every push and every check touches comes first, in one cache line.
  NodeId next_id_ = make_id(1, no_epoch);  // of the next node
  std::uint32_t capacity_ = 1;             // rows that may be used without asking, row 0 included
  Epoch epoch_ = no_epoch;                 // of the innermost segment
  Epoch base_epoch_ = no_epoch;            // of the outermost
  Row* rows_ = nullptr;
  double* adjoints_ = nullptr;
  double* side_ = nullptr;
  bool records_guards_ = false;
  bool is_swept_ = false;
  bool is_watched_ = false;  // see Watch
  Tape* tape_ = nullptr;

  std::uint32_t room_ = 1;            // rows that may be used at all; capacity_ is that, or less
  std::size_t adjoint_capacity_ = 0;  // rows of which a sweep has used the adjoint
  std::size_t side_next_ = 0;
  std::size_t side_capacity_ = 0;

  Block block_;
  std::size_t node_limit_ = 0;
  std::size_t memory_limit_ = 0;

  std::uint32_t next() const { return node_of(next_id_); }

  TAPEGRAD_INLINE Row& claim(const Slot& slot) {
    next_id_ = next_id(slot.id);
    return slot.rows[node_of(slot.id)];
  }
  static TAPEGRAD_INLINE Value fill(const Slot& slot, Row& row, Opcode opcode, double value,
                                    std::uint32_t a) {
    row.value = value;
    row.a = a;
    row.opcode = opcode;
    return {value, slot.id};
  }

  TAPEGRAD_COLD void require_slow(Value x, std::string_view operation) const;
  TAPEGRAD_COLD void grow(std::size_t rows, std::size_t side);
  TAPEGRAD_COLD void tell_from(std::size_t first, const void* caller);
  Value put_many(Op op, double value, std::span<const std::uint32_t> operands,
                 std::span<const double> partials);
  void set_room(std::size_t rows);
  void set_epoch(Epoch epoch);
  void reserve(std::size_t rows, std::size_t side);
  void reserve_adjoints();
  void truncate(std::size_t next, std::size_t side_next);
  static Columns columns_in(const Block& block);
  static bool commit(const Block& block, std::size_t rows, std::size_t side);
  static void release(const Block& block);
  Block reserve_block(std::size_t rows, std::size_t side) const;
  Block allocate_block(std::size_t rows, std::size_t side) const;
  void move_to_block(std::size_t rows, std::size_t side);
  void make_fit(std::size_t rows, std::size_t side);
  void give_back_unused();
  bool fits(std::size_t rows, std::size_t side) const;
  void check_limits(std::size_t rows, std::size_t side) const;

  class Closed;
  class Spare;
};

/// Stands in for the tape where none is active.
extern TAPEGRAD_API Recording no_recording;

/// Stands in for it within NoGrad: operations of any values are constants.
extern TAPEGRAD_API Recording no_grad_recording;

inline bool Recording::admits(Value x, std::string_view operation) const {
  if (x.is_constant() || this == &no_grad_recording) return false;
  require(x, operation);
  return true;
}

/// Where this thread's operations are recorded: the recording of its active tape, or one of those
/// two. One for the whole process, also with several shared objects; read directly in
/// every operation, hence the initial-exec model, which in position independent code saves a call.
#if defined(__GNUC__) && !defined(_WIN32)
extern TAPEGRAD_API thread_local constinit Recording* active_recording
    __attribute__((tls_model("initial-exec")));
#else
extern thread_local constinit Recording* active_recording;
#endif

}  // namespace tapegrad

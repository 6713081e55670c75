// What a tape holds: one row per node, in columns that grow without being copied.
//
//   opcodes   1 byte    what was computed, and which operand was a constant
//   values    8 bytes   the result
//   links     24 bytes  two operands and the partial derivatives to them
//   adjoints  8 bytes   there only once a sweep has run
//
// An operation of three and more operands keeps them in the side columns, and its row holds the
// range. Row 0 is never a node. A node's operands always stand before it, so that the order of
// recording is a topological order, and a sweep from the last row to the first is reverse mode.
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

/// An operation and its form in one byte: the operation alone; with bit 7 set, the right operand
/// is a constant; with bit 6 as well, the left one.
enum class Opcode : std::uint8_t {};

constexpr Opcode make_opcode(Op op, Form form = Form::variables) {
  constexpr unsigned bits[] = {0, 0x80, 0xC0};
  return static_cast<Opcode>(static_cast<unsigned>(op) | bits[static_cast<unsigned>(form)]);
}

constexpr Form form_of(Opcode opcode) {
  const unsigned bits = static_cast<unsigned>(opcode);
  if ((bits & 0x80) == 0) return Form::variables;
  return (bits & 0x40) == 0 ? Form::constant_right : Form::constant_left;
}

constexpr Op op_of_opcode(Opcode opcode) {
  const unsigned mask = form_of(opcode) == Form::variables ? 0x7F : 0x3F;
  return static_cast<Op>(static_cast<unsigned>(opcode) & mask);
}

/// The operands of one node. An operation of one operand, and one of two of which one is a
/// constant, has its node in operand0; the constant stands where partial1 would.
/// Of more operands: the range [operand0, operand0 + operand1) of the side columns.
struct Links {
  double partial0 = 0;
  double partial1 = 0;
  std::uint32_t operand0 = 0;
  std::uint32_t operand1 = 0;
};

/// One operand of a node: another node and the partial derivative to it, or a constant.
struct Operand {
  std::uint32_t node = 0;  // 0: a constant
  double partial = 0;      // ∂result/∂operand; NaN where only a callback knows it
  double constant = 0;     // where node is 0
};

class TAPEGRAD_API Recording {
 public:
  static constexpr std::size_t bytes_per_node = sizeof(Opcode) + sizeof(double) + sizeof(Links);
  static constexpr std::size_t bytes_per_side_operand = sizeof(double) + sizeof(std::uint32_t);

  /// A recording of no tape: it holds no value, so that every operation takes the cold path.
  constexpr Recording() = default;
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // ---- Reading ----

  /// Number of nodes; they have the indices 1 to size().
  std::size_t size() const { return next_ - 1; }
  std::size_t side_size() const { return side_next_; }
  Opcode opcode(std::size_t node) const { return columns_.opcodes[node]; }
  Op op(std::size_t node) const { return op_of_opcode(columns_.opcodes[node]); }
  double value(std::size_t node) const { return columns_.values[node]; }
  const Links& links(std::size_t node) const { return columns_.links[node]; }

  /// Operands in the order in which the user wrote them.
  std::size_t operand_count(std::size_t node) const;
  Operand operand(std::size_t node, std::size_t k) const;

  std::span<const std::uint32_t> side_operands(const Links& links) const {
    return {columns_.side_operands + links.operand0, links.operand1};
  }
  std::span<const double> side_partials(const Links& links) const {
    return {columns_.side_partials + links.operand0, links.operand1};
  }

  /// Bytes of memory held, for rows and adjoints, used or not yet.
  std::size_t memory_bytes() const;

  // ---- Recording ----

  /// Is the value on this tape? Tries the innermost open segment and the one at the bottom,
  /// which without nested marks are all there are; require() knows the others.
  bool holds(Value x) const { return x.epoch() == epoch_ || x.epoch() == base_epoch_; }

  /// Returns if the value is on this tape, also in a segment that holds() does not try.
  /// @throws StaleValueError or NoActiveTapeError naming the operation
  void require(Value x, std::string_view operation) const {
    if (!holds(x)) [[unlikely]]
      require_slow(x, operation);
  }

  /// Appends a node. @throws TapeFullError, and then nothing has changed
  Value push(Opcode opcode, double value, const Links& links) {
    if (next_ == capacity_) [[unlikely]]
      grow();
    const std::size_t node = next_++;
    columns_.opcodes[node] = opcode;
    columns_.values[node] = value;
    columns_.links[node] = links;
    return {value, static_cast<std::uint32_t>(node), epoch_};
  }

  /// Fills in what push_many() takes: the operands' nodes, and where an operand is a constant, 0
  /// and the constant in place of the partial.
  /// @return false if all operands are constants, so that there is nothing to record
  /// @throws as require()
  bool link(std::span<const Value> operands, std::string_view operation,
            std::span<std::uint32_t> nodes, std::span<double> partials) const;

  /// Appends a node of any number of operands: node indices, or 0 for a constant, and beside each
  /// its partial, or the constant. @throws TapeFullError, and then nothing has changed
  Value push_many(Op op, double value, std::span<const std::uint32_t> operands,
                  std::span<const double> partials);

  bool records_guards() const { return records_guards_; }
  Tape* tape() const { return tape_; }

 private:
  friend class Tape;

  struct Columns {
    Opcode* opcodes = nullptr;
    double* values = nullptr;
    Links* links = nullptr;
    double* adjoints = nullptr;
    double* side_partials = nullptr;
    std::uint32_t* side_operands = nullptr;
  };
  // The memory of all columns; in a reserved block rows are committed as they fill.
  struct Block {
    std::byte* begin = nullptr;
    std::size_t bytes = 0;
    std::size_t rows = 0;
    std::size_t side = 0;
    bool is_reserved = false;
  };

  // What every push and every check touches comes first.
  std::size_t next_ = 1;
  std::size_t capacity_ = 1;  // rows that may be used, row 0 included
  Columns columns_;
  Epoch epoch_{std::numeric_limits<std::uint32_t>::max()};       // of the innermost segment
  Epoch base_epoch_{std::numeric_limits<std::uint32_t>::max()};  // of the outermost
  bool records_guards_ = false;
  bool is_swept_ = false;
  Tape* tape_ = nullptr;

  std::size_t adjoint_capacity_ = 0;  // rows of which a sweep has used the adjoint
  std::size_t side_next_ = 0;
  std::size_t side_capacity_ = 0;

  Block block_;
  std::size_t node_limit_ = 0;
  std::size_t memory_limit_ = 0;

  TAPEGRAD_COLD void require_slow(Value x, std::string_view operation) const;
  TAPEGRAD_COLD void grow(std::size_t more = 1);
  void reserve_rows(std::size_t rows);
  void reserve_side(std::size_t entries);
  void reserve_adjoints();
  void truncate(std::size_t next, std::size_t side_next);
  static Columns columns_in(const Block& block);
  static bool commit(const Block& block, std::size_t rows, std::size_t side);
  static void free(const Block& block);
  Block reserve_block(std::size_t rows, std::size_t side) const;
  Block allocate_block(std::size_t rows, std::size_t side) const;
  void move_to_block(std::size_t rows, std::size_t side);
  void claim(std::size_t rows, std::size_t side);
  void give_back_unused();
  bool fits(std::size_t rows, std::size_t side) const;
  void check_limits(std::size_t rows, std::size_t side) const;

  class Closed;
};

/// Stands in for the tape where none is active.
extern TAPEGRAD_API Recording no_recording;

/// Where this thread's operations are recorded: the recording of its active tape, or
/// no_recording. One for the whole process, also with several shared objects; read directly in
/// every operation, hence the initial-exec model, which in position independent code saves a call.
#if defined(__GNUC__) && !defined(_WIN32)
extern TAPEGRAD_API thread_local constinit Recording* active_recording
    __attribute__((tls_model("initial-exec")));
#else
extern thread_local constinit Recording* active_recording;
#endif

}  // namespace tapegrad

// The columns of a tape: where they lie, and how they grow.
//
// A small tape lives in one ordinary allocation. When it outgrows that, addresses for as many
// nodes as the machine has memory are reserved once, and committed as they fill: the columns stay
// contiguous, nothing recorded is copied again, and a push compares with one capacity. Where the
// system reserves no such range, blocks double and are copied. A tape that is gone leaves its block
// to the next one (spare.hpp).

#include "tapegrad/core/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "divide_up.hpp"
#include "memory.hpp"
#include "partials.hpp"
#include "spare.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {

constinit Recording no_recording;
constinit Recording no_grad_recording;

#if defined(__GNUC__) && !defined(_WIN32)
thread_local constinit Recording* active_recording __attribute__((tls_model("initial-exec"))) =
    &no_recording;
#else
thread_local constinit Recording* active_recording = &no_recording;
#endif

namespace {

// A small tape: room for a function of a few hundred operations, 20 KiB with adjoints and side.
constexpr std::size_t first_rows = 512;
constexpr std::size_t first_side = 512;                          // cells
constexpr std::size_t most_rows_at_once = std::size_t{4} << 20;  // 96 MiB: the end of doubling
constexpr std::size_t page = 4096;                               // bytes
constexpr std::size_t most_side = std::numeric_limits<std::uint32_t>::max();  // cells, of Row::a

// Where each column of a block begins, in bytes. In a reserved block columns start on pages of
// their own, so that committing rows of one never touches another.
//
// Each starts at another place in its page: processors compare the lower 12 bits of addresses
// first, and a load waits for an earlier store that looks the same. With all columns at the start
// of a page a sweep of 1,000 nodes took 8.9 ns a node in place of 2.7 (Zen 3).
struct Layout {
  Layout(std::size_t rows_wanted, std::size_t side_wanted) {
    rows = place(rows_wanted * sizeof(Row));
    adjoints = place(rows_wanted * sizeof(double));
    side = place(side_wanted * sizeof(double));
  }

  std::size_t rows, adjoints, side;
  std::size_t bytes = 0;

 private:
  std::size_t place(std::size_t column_bytes) {
    constexpr std::size_t third_of_a_page = 1344;  // bytes: 21 lines of the cache
    const std::size_t begin = divide_up(bytes, page) * page + columns_placed++ * third_of_a_page;
    bytes = begin + column_bytes;
    return begin;
  }
  std::size_t columns_placed = 0;
};

constexpr std::size_t row_bytes = Recording::bytes_per_node + sizeof(double);  // with its adjoint
constexpr std::size_t block_bytes_per_row = row_bytes + Recording::bytes_per_side_cell;

bool is_small(std::size_t rows, std::size_t side) {
  return rows <= first_rows && side <= first_side;
}

template <class T> bool commit_rows(T* begin, std::size_t from, std::size_t to) {
  return from == to || memory::commit(reinterpret_cast<std::byte*>(begin + from),
                                      reinterpret_cast<std::byte*>(begin + to));
}

template <class T> void discard_rows(T* begin, std::size_t from, std::size_t to) {
  memory::discard(reinterpret_cast<std::byte*>(begin + from),
                  reinterpret_cast<std::byte*>(begin + to));
}

// How far columns of `size` grow that need `needed` of `available`: to twice their size, and where
// little is left by half of it, so that rows and side columns both find room.
std::size_t grown(std::size_t size, std::size_t needed, std::size_t first, std::size_t available) {
  const std::size_t wished = std::max({needed, first, size + std::min(size, most_rows_at_once)});
  return std::min(wished, needed + (available - needed) / 2);
}

template <class T> void copy_rows(T* to, const T* from, std::size_t rows) {
  if (rows > 0) std::memcpy(to, from, rows * sizeof(T));
}

[[noreturn]] void throw_out_of_memory(std::size_t rows) {
  throw TapeFullError(fmt::format(
      "the tape is full: the system has no memory for {} nodes; clear() or rewind() it, or record "
      "less between sweeps",
      rows - 1));
}

}  // namespace

Recording::~Recording() {
  if (block_.begin != nullptr && !Spare::keep(block_, room_, side_capacity_)) release(block_);
}

bool Recording::has_side(std::size_t node) const {
  const Op operation = op(node);
  const int arity = info(operation).arity;
  return operation == Op::External || (has_rule(operation) && arity != 1 && arity != 2);
}

std::size_t Recording::operand_count(std::size_t node) const {
  if (has_side(node)) return rows_[node].b;
  const Op operation = op(node);
  if (operation == Op::Leaf) return 0;
  return operation == Op::Result ? 1 : static_cast<std::size_t>(info(operation).arity);
}

namespace {

template <class Rule> Operand operand_of(const Row* rows, const Row& row, std::size_t k) {
  const Form form = form_of(row.opcode);
  const std::size_t place_of_constant = form == Form::constant_left ? 0 : 1;
  if (form != Form::variables && k == place_of_constant) return {.constant = row.number};
  const Partials partials = partials_of<Rule>(rows, row);
  const bool is_second = form == Form::variables && k == 1;
  return {.node = is_second ? row.b : row.a, .partial = partials.to[is_second ? 1 : 0]};
}

}  // namespace

Operand Recording::operand(std::size_t node, std::size_t k) const {
  const Row& row = rows_[node];
  const Op operation = op(node);
  if (operation == Op::Result)
    return {.node = row.a, .partial = std::numeric_limits<double>::quiet_NaN()};
  if (has_side(node)) {
    const std::uint32_t index = side_operands(row)[k];
    const double number = side_partials(row)[k];
    return index == 0 ? Operand{.constant = number} : Operand{.node = index, .partial = number};
  }
  return with_rule(operation, [&]<class Rule>() -> Operand {
    if constexpr (fits_row<Rule>) return operand_of<Rule>(rows_, row, k);
    return {};
  });
}

std::size_t Recording::memory_bytes() const {
  const std::size_t rows = block_.is_reserved ? room_ : block_.rows;
  const std::size_t side = block_.is_reserved ? side_capacity_ : block_.side;
  return rows * bytes_per_node + adjoint_capacity_ * sizeof(double) + side * bytes_per_side_cell;
}

bool Recording::link(std::span<const Value> operands, std::string_view operation,
                     std::span<std::uint32_t> nodes, std::span<double> partials) const {
  bool any_node = false;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const bool is_node = admits(operands[k], operation);
    if (!is_node) partials[k] = operands[k].value();
    nodes[k] = is_node ? operands[k].node() : 0;
    any_node = any_node || is_node;
  }
  return any_node;
}

Value Recording::put_many(Op op, double value, std::span<const std::uint32_t> operands,
                          std::span<const double> partials) {
  const std::size_t n = operands.size();
  const std::size_t cells = n + divide_up(n, 2);
  grow(1, cells);
  copy_rows(side_ + side_next_, partials.data(), n);
  copy_rows(reinterpret_cast<std::uint32_t*>(side_ + side_next_ + n), operands.data(), n);
  const Value result = put(slot(), make_opcode(op), value, static_cast<std::uint32_t>(side_next_),
                           static_cast<std::uint32_t>(n));
  side_next_ += cells;
  return result;
}

Value Recording::push_many(Op op, double value, std::span<const std::uint32_t> operands,
                           std::span<const double> partials, const void* caller) {
  return told(put_many(op, value, operands, partials), caller);
}

void Recording::truncate(std::size_t next, std::size_t side_next) {
  next_id_ = make_id(static_cast<std::uint32_t>(next), epoch_);
  side_next_ = side_next;
}

void Recording::set_epoch(Epoch epoch) {
  epoch_ = epoch;
  next_id_ = make_id(next(), epoch);
}

void Recording::set_room(std::size_t rows) {
  const std::size_t unwatched = is_watched_ ? std::min(rows, tape_->watched_from()) : rows;
  room_ = static_cast<std::uint32_t>(rows);
  capacity_ = static_cast<std::uint32_t>(unwatched);
}

bool Recording::fits(std::size_t rows, std::size_t side) const {
  return rows * row_bytes + side * bytes_per_side_cell <= memory_limit_;
}

void Recording::check_limits(std::size_t rows, std::size_t side) const {
  if (rows - 1 > node_limit_)
    throw TapeFullError(fmt::format(
        "the tape is full: its limit is {} nodes (Tape::Options::node_limit); clear() or rewind() "
        "it, or record less between sweeps",
        node_limit_));
  if (side > most_side)
    throw TapeFullError(
        "the tape is full: operations of many operands have no room left in the "
        "32-bit index; clear() or rewind() it");
  if (!fits(rows, side))
    throw TapeFullError(fmt::format(
        "the tape is full: {} nodes do not fit into its limit of {} bytes "
        "(Tape::Options::memory_limit); clear() or rewind() it, or record less between sweeps",
        rows - 1, memory_limit_));
}

// Makes sure that so many rows and side cells may be there together. What the columns hold
// unused, from before a clear() or to grow into, does not stand in the way.
void Recording::make_fit(std::size_t rows, std::size_t side) {
  if (is_swept_)
    throw UnsupportedError(
        "the tape is being swept: pull_back must not record on it; make a Tape "
        "of its own there");
  check_limits(rows, side);
  if (!fits(std::max<std::size_t>(rows, room_), std::max(side, side_capacity_))) give_back_unused();
}

void Recording::give_back_unused() {
  const std::uint32_t rows = std::min(room_, next());
  if (block_.is_reserved) {
    discard_rows(rows_, rows, room_);
    discard_rows(adjoints_, rows, adjoint_capacity_);
    discard_rows(side_, side_next_, side_capacity_);
    adjoint_capacity_ = std::min<std::size_t>(adjoint_capacity_, rows);
  }
  set_room(rows);
  side_capacity_ = side_next_;
}

// Makes room for so many more rows and side cells.
void Recording::grow(std::size_t more_rows, std::size_t more_side) {
  const std::size_t rows = next() + more_rows;
  const std::size_t side = side_next_ + more_side;
  if (rows <= room_ && side <= side_capacity_) return;
  make_fit(rows, side);
  std::size_t new_rows = room_;
  std::size_t new_side = side_capacity_;
  if (rows > room_) {
    const std::size_t side_bytes = std::max(side, side_capacity_) * bytes_per_side_cell;
    const std::size_t by_memory = (memory_limit_ - side_bytes) / row_bytes;
    new_rows = std::min(grown(room_, rows, first_rows, by_memory), node_limit_ + 1);
  }
  if (side > side_capacity_) {
    const std::size_t by_memory = (memory_limit_ - new_rows * row_bytes) / bytes_per_side_cell;
    new_side = std::min(grown(side_capacity_, side, first_side, by_memory), most_side);
  }
  reserve(new_rows, new_side);
}

void Recording::reserve(std::size_t rows, std::size_t side) {
  if (rows > block_.rows || side > block_.side) move_to_block(rows, side);
  if (block_.is_reserved &&
      !(commit_rows(rows_, room_, rows) && commit_rows(adjoints_, room_, rows) &&
        commit_rows(side_, side_capacity_, side)))
    throw_out_of_memory(rows);
  set_room(rows);
  side_capacity_ = side;
}

void Recording::reserve_adjoints() {
  if (adjoint_capacity_ < next()) adjoint_capacity_ = room_;
}

// ---- Blocks ----

Recording::Columns Recording::columns_in(const Block& block) {
  const Layout layout(block.rows, block.side);
  const auto at = [&](std::size_t offset) { return static_cast<void*>(block.begin + offset); };
  return {.rows = static_cast<Row*>(at(layout.rows)),
          .adjoints = static_cast<double*>(at(layout.adjoints)),
          .side = static_cast<double*>(at(layout.side))};
}

// Adjoints, too: a sweep must not run out of memory, and pages that none has touched take none.
bool Recording::commit(const Block& block, std::size_t rows, std::size_t side) {
  const Columns columns = columns_in(block);
  return commit_rows(columns.rows, 0, rows) && commit_rows(columns.adjoints, 0, rows) &&
         commit_rows(columns.side, 0, side);
}

void Recording::release(const Block& block) {
  if (block.is_reserved) {
    memory::release(block.begin, block.bytes);
  } else {
    ::operator delete (block.begin, std::align_val_t{page});
  }
}

// Addresses for as much as the machine or the limit allows, halved until the system agrees; the
// first rows are committed. No block where it agrees to nothing.
Recording::Block Recording::reserve_block(std::size_t rows, std::size_t side) const {
  const std::size_t bytes = std::min(memory::reservation_bytes(), memory_limit_ * 2);
  Block block{.rows = std::max({rows, bytes / block_bytes_per_row, 2 * block_.rows}),
              .side = std::max({side, bytes / block_bytes_per_row, 2 * block_.side}),
              .is_reserved = true};
  if (const Block spare = Spare::take(block, rows, side); spare.begin != nullptr) return spare;
  for (;;) {
    block.bytes = Layout(block.rows, block.side).bytes;
    block.begin = memory::reserve(block.bytes);
    if (block.begin != nullptr) break;
    if (block.rows == rows && block.side == side) return {};
    block.rows = std::max(rows, block.rows / 2);
    block.side = std::max(side, block.side / 2);
  }
  if (commit(block, rows, side)) return block;
  release(block);
  throw_out_of_memory(rows);
}

// Ordinary memory: for the first rows, and where nothing can be reserved. There it doubles, as far
// as the limit allows.
Recording::Block Recording::allocate_block(std::size_t rows, std::size_t side) const {
  Block block{.rows = rows, .side = side};
  const std::size_t doubled_rows = std::max(rows, 2 * block_.rows);
  const std::size_t doubled_side = std::max(side, 2 * block_.side);
  if (!is_small(rows, side) && fits(doubled_rows, doubled_side)) {
    block.rows = doubled_rows;
    block.side = doubled_side;
  }
  block.bytes = Layout(block.rows, block.side).bytes;
  block.begin =
      static_cast<std::byte*>(::operator new (block.bytes, std::align_val_t{page}, std::nothrow));
  if (block.begin == nullptr) throw_out_of_memory(rows);
  return block;
}

void Recording::move_to_block(std::size_t rows, std::size_t side) {
  Block block;
  if (!is_small(rows, side)) block = reserve_block(rows, side);
  if (block.begin == nullptr) block = allocate_block(rows, side);

  const Columns columns = columns_in(block);
  const std::size_t adjoint_rows = std::min(adjoint_capacity_, rows);
  if (block_.begin != nullptr) {
    copy_rows(columns.rows, rows_, next());
    copy_rows(columns.adjoints, adjoints_, adjoint_rows);
    copy_rows(columns.side, side_, side_next_);
    release(block_);
  }
  rows_ = columns.rows;
  rows_[0].opcode = no_opcode;
  adjoints_ = columns.adjoints;
  side_ = columns.side;
  block_ = block;
  set_room(rows);
  side_capacity_ = side;
  adjoint_capacity_ = block.is_reserved ? adjoint_rows : block.rows;
}

void Recording::require_slow(Value x, std::string_view operation) const {
  if (x.is_constant() || (tape_ != nullptr && tape_->holds(x))) return;
  if (tape_ == nullptr)
    throw NoActiveTapeError(
        fmt::format("{}: no tape is active on this thread, and the value {} (node {}) is not a "
                    "constant; activate() the tape it was recorded on; if that is gone or another "
                    "thread's, make a Tape and the value again with variable(), or use its value() "
                    "as a constant",
                    operation, x.value(), x.node()));
  throw StaleValueError(fmt::format(
      "{}: the value {} (node {}) is not on the tape: it is from before a clear() "
      "or rewind(), or of another tape or thread; make it again with variable(), go on with its "
      "own tape (activate()), or use its value() as a constant",
      operation, x.value(), x.node()));
}

}  // namespace tapegrad

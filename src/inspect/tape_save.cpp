// Writing a tape, section by section: the columns in large pieces, the rest as text.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <unordered_map>
#include <vector>

#include "files/escape.hpp"
#include "files/output_file.hpp"
#include "tape_format.hpp"
#include "tapegrad/core/node.hpp"
#include "tapegrad/inspect/location.hpp"
#include "tapegrad/inspect/tape_file.hpp"

namespace tapegrad {
namespace {

using tape_format::FileRow;
using tape_format::Shape;

constexpr std::size_t piece = std::size_t{1} << 20;  // bytes that are written at once

template <class T> std::span<const std::byte> bytes_of(const T* data, std::size_t count) {
  return std::as_bytes(std::span(data, count));
}

// Collects small things, and writes them in pieces.
class Buffer {
 public:
  explicit Buffer(OutputFile& out) : out_(out) {}

  void add(const void* data, std::size_t bytes) {
    text_.append(static_cast<const char*>(data), bytes);
    if (text_.size() >= piece) flush();
  }
  void add(std::string_view text) { add(text.data(), text.size()); }
  void add_zeros(std::size_t bytes) {
    text_.append(bytes, '\0');
    if (text_.size() >= piece) flush();
  }
  void flush() {
    out_.write(text_);
    text_.clear();
  }

 private:
  OutputFile& out_;
  std::string text_;
};

FileRow file_row(const Row& row) {
  const bool has_number = tape_format::info(row.opcode).holds_number;
  return {row.value, has_number ? std::bit_cast<std::uint64_t>(row.number) : row.b, row.a,
          static_cast<std::uint32_t>(row.opcode)};
}

bool has_side(const Row& row) {
  const Shape shape = tape_format::info(row.opcode).shape;
  return shape == Shape::side || shape == Shape::external;
}

}  // namespace

class TapeFile::Writer {
 public:
  Writer(const Tape& tape, const std::string& path)
      : tape_(tape), recording_(tape.recording()), out_(path, tape_format::kind) {}

  void write() {
    section("OPS ", &Writer::write_operations);
    section("ROWS", &Writer::write_rows);
    section("SIDE", &Writer::write_side);
    section("ADJO", &Writer::write_adjoints);
    section("NAME", &Writer::write_names);
    section("EXTE", &Writer::write_externals);
    section("GUAR", &Writer::write_guards);
    section("LOCS", &Writer::write_locations);
    out_.finish();
  }

 private:
  void section(std::string_view tag, void (Writer::*write_body)()) {
    out_.begin_section(tag);
    (this->*write_body)();
    out_.end_section();
  }

  void write_operations() {
    std::string lines;
    for (std::size_t op = 0; op < op_count; ++op)
      lines += std::string(info(static_cast<Op>(op)).name) + '\n';
    out_.write(lines);
  }

  void write_rows() {
    std::vector<FileRow> rows(piece / sizeof(FileRow));
    for (std::size_t first = 1; first <= tape_.size(); first += rows.size()) {
      const std::size_t count = std::min(rows.size(), tape_.size() + 1 - first);
      for (std::size_t k = 0; k < count; ++k) rows[k] = file_row(recording_.row(first + k));
      out_.write(bytes_of(rows.data(), count));
    }
  }

  // Cell by cell as they lie, with 0 where an odd number of indices leaves half a cell unused.
  void write_side() {
    constexpr std::size_t cell = Recording::bytes_per_side_cell;
    Buffer buffer(out_);
    std::size_t next = 0;
    for (std::size_t node = 1; node <= tape_.size(); ++node) {
      const Row& row = recording_.row(node);
      if (!has_side(row)) continue;
      buffer.add_zeros((row.a - next) * cell);
      buffer.add(recording_.side_partials(row).data(), row.b * sizeof(double));
      buffer.add(recording_.side_operands(row).data(), row.b * sizeof(std::uint32_t));
      if (row.b % 2 != 0) buffer.add_zeros(sizeof(std::uint32_t));
      next = row.a + tape_format::side_cells(row.b);
    }
    buffer.add_zeros((recording_.side_size() - next) * cell);
    buffer.flush();
  }

  void write_adjoints() {
    if (tape_.covered_ > 0) out_.write(bytes_of(recording_.adjoints_ + 1, tape_.covered_));
  }

  void write_names() {
    const Names& names = tape_.names_;
    Buffer buffer(out_);
    for (const Names::Single& single : names.singles_)
      buffer.add(fmt::format("s {} {}\n", single.node, escaped(names.text(single))));
    for (const Names::Range& range : names.ranges_) {
      buffer.add(fmt::format("r {} {} {}\n", range.first, range.end, range.scheme->size()));
      for (const NameGrid& grid : range.scheme->grids())
        buffer.add(fmt::format("g {} {} {} {} {} {} {} {}\n", grid.first, grid.i.count, grid.i.step,
                               grid.i.start, grid.j.count, grid.j.step, grid.j.start,
                               escaped(grid.text)));
    }
    buffer.flush();
  }

  void write_externals() {
    Buffer buffer(out_);
    for (const auto& external : tape_.externals_) buffer.add(escaped(external->name()) + '\n');
    buffer.flush();
  }

  void write_guards() { out_.write(bytes_of(tape_.guards_.data(), tape_.guards_.size())); }

  // Many addresses are on one line: each address is looked up once, and each line written once.
  void write_locations() {
    std::unordered_map<const void*, std::uint32_t> by_address{{nullptr, 0}};
    std::unordered_map<std::string, std::uint32_t> by_line;
    std::string lines;
    const std::size_t callers = tape_.watch() == nullptr ? 0 : tape_.watch()->callers.size();
    const std::size_t end = std::min(callers, tape_.size() + 1);
    std::vector<std::uint32_t> places;
    places.reserve(end);
    for (std::size_t node = 1; node < end; ++node) {
      const auto [entry, is_new] = by_address.try_emplace(tape_.caller(node), 0);
      if (is_new) entry->second = add_location(location(Node(tape_, node)), by_line, lines);
      places.push_back(entry->second);
    }
    out_.write(fmt::format("{}\n", by_line.size()));
    out_.write(lines);
    out_.write(bytes_of(places.data(), places.size()));
  }

  static std::uint32_t add_location(const std::optional<Location>& found,
                                    std::unordered_map<std::string, std::uint32_t>& by_line,
                                    std::string& lines) {
    if (!found) return 0;
    const auto place = static_cast<std::uint32_t>(by_line.size() + 1);
    const auto [entry, is_new] = by_line.try_emplace(
        fmt::format("{}\t{}\t{}\n", found->line, escaped(found->file), escaped(found->function)),
        place);
    if (is_new) lines += entry->first;
    return entry->second;
  }

  const Tape& tape_;
  const Recording& recording_;
  OutputFile out_;
};

void save_tape(const Tape& tape, const std::string& path) { TapeFile::Writer(tape, path).write(); }

}  // namespace tapegrad

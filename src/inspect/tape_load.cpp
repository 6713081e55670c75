// Of a tape file: the columns.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "operand_nodes.hpp"
#include "row_check.hpp"
#include "tape_reader.hpp"
#include "tapegrad/inspect/tape_file.hpp"

namespace tapegrad {
namespace {

using tape_format::FileRow;
using tape_format::Shape;

/// From the file's numbers of operations to this build's.
class Opcodes {
 public:
  Opcodes(const InputFile& file, std::string_view text) {
    TextLines lines(file, "OPS ", text);
    while (!lines.at_end()) {
      lines.next();
      names_.push_back(lines.plain());
    }
    if (names_.empty()) file.fail("OPS ", "it names no operations");
    for (std::size_t byte = 0; byte < opcodes_.size(); ++byte) opcodes_[byte] = translate(byte);
  }

  /// no_opcode if there is none.
  Opcode operator[](std::uint32_t byte) const { return opcodes_[byte & 0xFF]; }
  const std::string& name(std::uint32_t byte) const {
    return names_[(byte & 0xFF) % names_.size()];
  }

 private:
  Opcode translate(std::size_t byte) const {
    const std::size_t form = byte / names_.size();
    if (form > static_cast<std::size_t>(Form::constant_left)) return no_opcode;
    for (std::size_t op = 0; op < op_count; ++op) {
      if (info(static_cast<Op>(op)).name != names_[byte % names_.size()]) continue;
      const Opcode opcode = make_opcode(static_cast<Op>(op), static_cast<Form>(form));
      return tape_format::info(opcode).is_known ? opcode : no_opcode;
    }
    return no_opcode;
  }

  std::vector<std::string> names_;
  std::array<Opcode, 256> opcodes_;
};

// What an operation has no use for may be anything in the file.
Row memory_row(const FileRow& row, Opcode opcode) {
  const tape_format::OpcodeInfo& kind = tape_format::info(opcode);
  const bool has_b = !kind.holds_number && kind.shape != Shape::none && kind.shape != Shape::a;
  Row result{};
  result.value = row.value;
  result.number = kind.holds_number ? std::bit_cast<double>(row.number_or_b) : 0;
  if (has_b) result.b = static_cast<std::uint32_t>(row.number_or_b);
  result.a = kind.shape == Shape::none ? 0 : row.a;
  result.opcode = opcode;
  return result;
}

}  // namespace

TapeFile::Reader::Reader(InputFile file)
    : file_(std::move(file)),
      tape_(std::make_unique<Tape>(Tape::inactive)),
      recording_(tape_->recording_),
      nodes_(file_.count("ROWS", sizeof(FileRow))) {}

std::unique_ptr<Tape> TapeFile::Reader::read() {
  for (const std::string_view tag : {"OPS ", "ROWS"})
    if (!file_.has(tag)) file_.fail(tag, "it is missing");
  const std::size_t side = file_.count("SIDE", Recording::bytes_per_side_cell);
  recording_.grow(nodes_, side);
  read_column("SIDE", recording_.side_, side);
  read_rows();
  recording_.truncate(nodes_ + 1, side);
  read_externals();
  check_rows();
  read_adjoints();
  read_names();
  read_guards();
  read_locations();
  if (tape_->watch_ != nullptr) tape_->update_watch();
  return std::move(tape_);
}

template <class T>
void TapeFile::Reader::read_column(std::string_view tag, T* column, std::size_t size) {
  constexpr std::size_t at_once = std::size_t{1} << 17;  // its checksum comes from the cache
  file_.begin(tag);
  for (std::size_t first = 0; first < size; first += at_once)
    file_.read(std::as_writable_bytes(std::span(column + first, std::min(at_once, size - first))));
  file_.end();
}

void TapeFile::Reader::read_rows() {
  const Opcodes opcodes(file_, file_.text("OPS "));
  std::vector<FileRow> piece(std::min<std::size_t>(nodes_, std::size_t{1} << 15));
  std::string error;
  file_.begin("ROWS");
  for (std::size_t first = 1; first <= nodes_; first += piece.size()) {
    piece.resize(std::min(piece.size(), nodes_ + 1 - first));
    file_.read(std::as_writable_bytes(std::span(piece)));
    for (std::size_t k = 0; k < piece.size(); ++k) {
      const Opcode opcode = opcodes[piece[k].opcode];
      recording_.rows_[first + k] = memory_row(piece[k], opcode);
      if (opcode == no_opcode && error.empty())
        error = fmt::format("node {}: {:?} is no operation of this build, or not in this form",
                            first + k, opcodes.name(piece[k].opcode));
    }
  }
  file_.end();
  if (!error.empty()) file_.fail("ROWS", error);
}

void TapeFile::Reader::check_rows() const {
  RowCheck check(recording_, tape_->externals_.size());
  for (std::size_t node = 1; node <= nodes_; ++node)
    if (const std::string error = check.next(); !error.empty())
      file_.fail("ROWS", fmt::format("node {}: {}", node, error));
}

void TapeFile::Reader::read_adjoints() {
  const std::size_t covered = file_.count("ADJO", sizeof(double));
  if (covered > nodes_)
    file_.fail("ADJO", fmt::format("{} adjoints for {} nodes", covered, nodes_));
  if (covered == 0) return;
  recording_.reserve_adjoints();
  recording_.adjoints_[0] = 0;
  read_column("ADJO", recording_.adjoints_ + 1, covered);
  tape_->covered_ = covered;
}

void TapeFile::Reader::read_guards() {
  std::vector<std::uint32_t>& guards = tape_->guards_;
  guards = file_.column<std::uint32_t>("GUAR");
  for (const std::uint32_t node : guards) {
    if (node == 0 || node > nodes_)
      file_.fail("GUAR", fmt::format("node {} is not on a tape of {} nodes", node, nodes_));
    if (const Op op = recording_.op(node); !is_comparison(op))
      file_.fail("GUAR", fmt::format("node {} is no comparison: {}", node, info(op).name));
  }
}

std::unique_ptr<Tape> load_tape(const std::string& path) {
  return TapeFile::Reader(InputFile(path, tape_format::kind)).read();
}

}  // namespace tapegrad

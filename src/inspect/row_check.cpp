#include "row_check.hpp"

#include <fmt/format.h>

namespace tapegrad {

using tape_format::Shape;

std::string RowCheck::next() {
  const Row& row = recording_.row(++node_);
  const tape_format::OpcodeInfo& opcode = tape_format::info(row.opcode);
  if (!opcode.is_known) return "there is no such operation, or not in this form";
  switch (opcode.shape) {
    case Shape::none:
      return {};
    case Shape::a:
    case Shape::a_and_constant:
      return operand_error(row.a);
    case Shape::a_and_b: {
      std::string error = operand_error(row.a);
      return error.empty() ? operand_error(row.b) : error;
    }
    case Shape::side:
      return side_error(row, opcode.side_operands);
    case Shape::external: {
      std::string error = external_error(row);
      return error.empty() ? side_error(row, 0) : error;
    }
    case Shape::result:
      return result_error(row);
  }
  return {};
}

std::string RowCheck::operand_error(std::uint32_t operand) const {
  if (operand != 0 && operand < node_) return {};
  return fmt::format("its operand is node {}; it must be one of those before it", operand);
}

std::string RowCheck::side_error(const Row& row, std::size_t count_needed) {
  const std::size_t end = row.a + tape_format::side_cells(row.b);
  if (row.a < side_end_ || end > recording_.side_size())
    return fmt::format("it has the side cells {} to {}; from {} to {} are free for it", row.a, end,
                       side_end_, recording_.side_size());
  const Op op = op_of_opcode(row.opcode);
  const bool fits = (count_needed == 0 || row.b == count_needed) &&
                    (op != Op::Dot || row.b % 2 == 0) && (op != Op::WeightedSum || row.b % 2 == 1);
  if (!fits) return fmt::format("{} cannot have {} operands", info(op).name, row.b);
  for (const std::uint32_t operand : recording_.side_operands(row))
    if (operand != 0 && operand >= node_) return operand_error(operand);  // 0 is a constant
  side_end_ = end;
  return {};
}

std::string RowCheck::external_error(const Row& row) const {
  // Written so that a NaN fails.
  if (row.value >= 0 && row.value < static_cast<double>(externals_) &&
      row.value == static_cast<double>(static_cast<std::size_t>(row.value)))
    return {};
  return fmt::format("it is the user's operation {}, of {}", row.value, externals_);
}

std::string RowCheck::result_error(const Row& row) const {
  const bool stands_right = row.a != 0 && row.a < node_ && node_ - row.a - 1 == row.b &&
                            recording_.op(row.a) == Op::External &&
                            (row.b == 0 || (recording_.op(node_ - 1) == Op::Result &&
                                            recording_.row(node_ - 1).a == row.a));
  if (stands_right) return {};
  return fmt::format("it is result {} of node {}, and does not stand in its place behind it", row.b,
                     row.a);
}

}  // namespace tapegrad

#include "tapegrad/core/node.hpp"

#include <fmt/format.h>

namespace tapegrad {

std::string_view Node::operation() const {
  return op() == Op::External ? tape_->external_of(index_).name() : info(op()).name;
}

std::string to_string(const Node& node) {
  std::string line = fmt::format("#{} ", node.index());
  if (const std::string name = node.name(); !name.empty()) line += name + " = ";
  line += node.operation();
  if (!node.is_leaf()) {
    line += '(';
    bool first = true;
    for (const Operand& operand : node.operands()) {
      if (!first) line += ", ";
      line += operand.node == 0 ? fmt::format("{:.6g}", operand.constant)
                                : fmt::format("#{}", operand.node);
      first = false;
    }
    line += ')';
  }
  if (node.op() != Op::External) line += fmt::format(" = {:.6g}", node.value());
  if (const auto adjoint = node.adjoint()) line += fmt::format("  adjoint {:.6g}", *adjoint);
  return line;
}

}  // namespace tapegrad

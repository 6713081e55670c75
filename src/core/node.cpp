#include "tapegrad/core/node.hpp"

#include <fmt/format.h>

#include "number.hpp"
#include "registry.hpp"
#include "shown.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

Node::Node(Value x) : tape_(nullptr), index_(x.node()) {
  if (x.is_constant())
    throw UnsupportedError(
        fmt::format("node: the value {} is a constant and has no node", x.value()));
  tape_ = TapeRegistry::holder(x);
  if (tape_ == nullptr)
    throw StaleValueError(fmt::format(
        "node: no tape that is active on this thread holds the value {} (node {}): its tape is "
        "gone, was cleared or rewound, or belongs to another thread (ask it: tape.node(x))",
        x.value(), x.node()));
}

std::string_view Node::operation() const {
  return op() == Op::External ? tape_->external_of(index_).name() : info(op()).name;
}

std::string label(const Node& node) {
  const std::string name = shown(node.name());
  return name.empty() ? fmt::format("#{}", node.index())
                      : fmt::format("#{} {}", node.index(), name);
}

std::string to_string(const Node& node) {
  std::string line = fmt::format("#{} ", node.index());
  if (const std::string name = node.name(); !name.empty()) line += shown(name) + " = ";
  line += shown(node.operation());
  if (!node.is_leaf()) {
    line += '(';
    bool first = true;
    for (const Operand& operand : node.operands()) {
      if (!first) line += ", ";
      line += operand.node == 0 ? number(operand.constant) : fmt::format("#{}", operand.node);
      first = false;
    }
    line += ')';
  }
  if (node.op() != Op::External) line += " = " + number(node.value());
  if (const auto adjoint = node.adjoint()) line += "  adjoint " + number(*adjoint);
  return line;
}

}  // namespace tapegrad

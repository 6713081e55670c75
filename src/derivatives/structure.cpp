#include "structure.hpp"

#include <array>

namespace tapegrad {
namespace {

// Of the operations whose number of operands is fixed.
std::array<RuleStructure, op_count> make_table() {
  std::array<RuleStructure, op_count> table;
  for_each_rule([&]<class Rule>() {
    if constexpr (Rule::info.arity != variadic)
      table[static_cast<std::size_t>(op_of<Rule>)] =
          structure_of<Rule>(static_cast<std::size_t>(Rule::info.arity));
  });
  return table;
}

RuleStructure structure_of_many(Op op, std::size_t operands) {
  return with_rule(op, [&]<class Rule>() -> RuleStructure {
    if constexpr (Rule::info.arity == variadic) return structure_of<Rule>(operands);
    return {};
  });
}

}  // namespace

const RuleStructure& NodeStructure::rule_of(Op op, std::size_t operands) {
  static const std::array<RuleStructure, op_count> table = make_table();
  if (info(op).arity != variadic) return table[static_cast<std::size_t>(op)];
  const auto [place, is_new] = of_many_.try_emplace({op, operands});
  if (is_new) place->second = structure_of_many(op, operands);
  return place->second;
}

std::span<const std::uint32_t> NodeStructure::all_operands(std::size_t node) {
  const Op op = recording_.op(node);
  if (op == Op::Leaf) return {};
  const Row& row = recording_.row(node);
  if (recording_.has_side(node)) return recording_.side_operands(row);
  const bool has_two = op != Op::Result && info(op).arity == 2;
  const Form form = form_of(row.opcode);
  own_operands_[0] = form == Form::constant_left ? 0 : row.a;
  own_operands_[1] = form == Form::constant_left ? row.a : form == Form::variables ? row.b : 0;
  return std::span(own_operands_).first(has_two ? 2 : 1);
}

std::span<const std::uint32_t> NodeStructure::operands(std::size_t node) {
  const std::span<const std::uint32_t> all = all_operands(node);
  const Op op = recording_.op(node);
  operands_.clear();
  const auto add = [&](std::uint32_t operand) {
    if (operand != 0) operands_.push_back(operand);
  };
  if (has_rule(op))
    for (const std::uint32_t k : rule_of(op, all.size()).operands) add(all[k]);
  else
    for (const std::uint32_t operand : all) add(operand);
  return operands_;
}

std::span<const NodePair> NodeStructure::pairs(std::size_t node) {
  const std::span<const std::uint32_t> all = all_operands(node);
  const Op op = recording_.op(node);
  pairs_.clear();
  const auto add = [&](std::uint32_t a, std::uint32_t b) {
    if (a != 0 && b != 0) pairs_.push_back({a, b});
  };
  if (has_rule(op)) {
    for (const OperandPair pair : rule_of(op, all.size()).pairs)
      add(all[pair.first], all[pair.second]);
  } else if (op == Op::External) {
    const auto own = static_cast<std::uint32_t>(node);
    add(own, own);
  }
  return pairs_;
}

}  // namespace tapegrad

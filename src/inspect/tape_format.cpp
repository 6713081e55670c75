#include "tape_format.hpp"

namespace tapegrad::tape_format {
namespace {

constexpr OpcodeInfo info_of(Op op, Form form) {
  const bool is_plain = form == Form::variables;
  if (op == Op::Leaf) return {Shape::none, is_plain, false, 0};
  if (op == Op::External) return {Shape::external, is_plain, false, 0};
  if (op == Op::Result) return {Shape::result, is_plain, false, 0};
  const OpInfo rule = info(op);
  if (rule.arity == 1) return {Shape::a, is_plain, rule.keeps, 0};
  if (rule.arity == 2)
    return {is_plain ? Shape::a_and_b : Shape::a_and_constant, true, !is_plain, 0};
  return {Shape::side, is_plain, false, static_cast<std::uint8_t>(rule.arity == 3 ? 3 : 0)};
}

constexpr std::array<OpcodeInfo, 256> make_opcodes() {
  std::array<OpcodeInfo, 256> opcodes{};
  for (std::size_t opcode = 0; opcode < opcode_count; ++opcode)
    opcodes[opcode] = info_of(op_of_opcode(Opcode(opcode)), form_of(Opcode(opcode)));
  return opcodes;
}

}  // namespace

constinit const std::array<OpcodeInfo, 256> opcodes = make_opcodes();

}  // namespace tapegrad::tape_format

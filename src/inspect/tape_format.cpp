#include "tape_format.hpp"

namespace tapegrad::tape_format {
namespace {

// Letters that would end a line or field, and how they are written.
constexpr std::string_view special = "\\\n\r\t";
constexpr std::string_view written = "\\nrt";

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

std::string escaped(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char letter : text) {
    const std::size_t at = special.find(letter);
    if (at == std::string_view::npos) {
      line += letter;
    } else {
      line += '\\';
      line += written[at];
    }
  }
  return line;
}

bool unescape(std::string_view text, std::string& plain) {
  plain.clear();
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (text[k] != '\\') {
      plain += text[k];
      continue;
    }
    const std::size_t at = ++k < text.size() ? written.find(text[k]) : std::string_view::npos;
    if (at == std::string_view::npos) return false;
    plain += special[at];
  }
  return true;
}

}  // namespace tapegrad::tape_format

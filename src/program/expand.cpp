// Rules of any number of operands, run with Symbols: what they compute becomes instructions.

#include <algorithm>

#include "rewrite.hpp"
#include "symbol.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad {

Program expand(const Program& program) {
  const auto is_expanded = [](const Instruction& instruction) {
    return info(instruction.op).arity != variadic;
  };
  if (std::ranges::all_of(program.instructions(), is_expanded)) return program;
  std::vector<Symbol> x;
  return rewritten(program, [&](ProgramBuilder& builder, Op op, std::span<const Ref> operands) {
    if (info(op).arity != variadic) return builder.append(op, operands);
    x.clear();
    for (const Ref operand : operands) x.emplace_back(builder, operand);
    return with_rule(op, [&]<class Rule>() {
      if constexpr (Rule::info.arity == variadic)
        return Rule::value(std::span<const Symbol>(x)).ref(builder);
      return Ref();
    });
  });
}

}  // namespace tapegrad

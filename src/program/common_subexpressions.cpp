#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "rewrite.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad {
namespace {

struct Expression {
  Op op;
  std::vector<Ref> operands;
  friend bool operator==(const Expression&, const Expression&) = default;
};

struct Hash {
  std::size_t operator()(const Expression& e) const {
    std::uint64_t hash = static_cast<std::uint64_t>(e.op);
    for (const Ref operand : e.operands) {
      const std::uint64_t bits = operand.index() * 2 + (operand.is_constant() ? 1 : 0);
      hash = (hash ^ bits) * 0x9E3779B97F4A7C15u;  // 2⁶⁴ over the golden ratio
      hash ^= hash >> 29;
    }
    return hash;
  }
};

}  // namespace

Program share_common_subexpressions(const Program& program) {
  std::unordered_map<Expression, Ref, Hash> there;
  there.reserve(program.instructions().size());
  return rewritten(program, [&](ProgramBuilder& builder, Op op, std::span<const Ref> operands) {
    Expression expression{op, {operands.begin(), operands.end()}};
    if (info(op).commutes) std::ranges::sort(expression.operands);
    const auto found = there.find(expression);
    if (found != there.end()) return found->second;
    const Ref result = builder.append(op, operands);
    there.emplace(std::move(expression), result);
    return result;
  });
}

}  // namespace tapegrad

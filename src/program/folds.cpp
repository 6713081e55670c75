#include "folds.hpp"

#include <algorithm>

namespace tapegrad {
namespace {

// How many instructions apart those of a fold may be in any case. What a term reads has to stay
// until the fold ends: over long ways that may take more memory than the fold saves.
constexpr std::size_t most_apart = 2000;

// Rows kept for the one that is saved, up to which they may be at any distance: sums over the steps
// of a recurrence, whose terms share adjoints and inputs. An LSTM's gradient takes half as many
// steps, and 10 to 25 % less time. It is more than 1, so that a fold that has grown too large is
// gone on with by another, which keeps its result.
constexpr float most_kept = 1.25F;

bool is_addition(Op op) { return op == Op::Add || op == Op::Sub; }

}  // namespace

Folds::Folds(const Program& program, const std::vector<std::uint32_t>& readers,
             const std::vector<bool>& is_shared)
    : program_(program),
      readers_(readers),
      is_shared_(is_shared),
      inputs_(program.input_count()),
      parts_(program.instructions().size()) {
  for (std::size_t k = 0; k < parts_.size(); ++k) find(k);
}

// A result that is read here alone, and at points of its own.
bool Folds::may_absorb(Ref operand, std::size_t at) const {
  if (!is_result(operand) || readers_[operand.index()] != 1 || is_shared_[operand.index()])
    return false;
  const Part& part = parts_[operand.index() - inputs_];
  return at - part.first <= most_apart || part.keeps <= most_kept;
}

bool Folds::is_sum(Ref operand) const {
  return is_addition(program_.instructions()[operand.index() - inputs_].op);
}

// Of points' numbers, or of one and a number that all share.
bool Folds::is_product(Ref operand) const {
  const Instruction& instruction = program_.instructions()[operand.index() - inputs_];
  if (instruction.op == Op::Mul) return true;
  if (instruction.op != Op::Chain) return false;
  const Ref adjoint = program_.operands(instruction)[0];
  return !adjoint.is_constant() && !is_shared_[adjoint.index()];
}

float Folds::share(Ref operand) const {
  if (operand.is_constant() || is_shared_[operand.index()]) return 0;
  return 1 / static_cast<float>(readers_[operand.index()]);
}

void Folds::find(std::size_t instruction) {
  Part& part = parts_[instruction];
  part.first = static_cast<std::uint32_t>(instruction);
  const Instruction& sum = program_.instructions()[instruction];
  for (const Ref operand : program_.operands(sum)) part.keeps += share(operand);
  if (!is_addition(sum.op) || is_shared_[inputs_ + instruction]) return;
  const std::span<const Ref> x = program_.operands(sum);
  const auto absorbs_sum = [&](Ref operand) {
    return may_absorb(operand, instruction) && is_sum(operand);
  };
  const auto absorb = [&](Ref operand) {
    Part& absorbed = parts_[operand.index() - inputs_];
    absorbed.is_absorbed = true;
    part.keeps += absorbed.keeps - 1;
    part.has_terms = true;
    part.first = std::min(part.first, absorbed.first);
  };
  part.adds_to_second = sum.op == Op::Add && !absorbs_sum(x[0]) && absorbs_sum(x[1]);
  const Ref so_far = x[part.adds_to_second ? 1 : 0];
  const Ref added = x[part.adds_to_second ? 0 : 1];
  const auto absorbs_product = [&](Ref operand) {
    return may_absorb(operand, instruction) && is_product(operand);
  };
  if (absorbs_sum(so_far) || absorbs_product(so_far)) absorb(so_far);
  if (absorbs_product(added)) absorb(added);
}

FoldTerm Folds::term(Ref operand, bool subtracts) const {
  using Kind = FoldTerm::Kind;
  if (!is_result(operand) || !parts_[operand.index() - inputs_].is_absorbed)
    return {.kind = Kind::number, .subtracts = subtracts, .a = operand, .b = operand};
  const Instruction& instruction = program_.instructions()[operand.index() - inputs_];
  const std::span<const Ref> x = program_.operands(instruction);
  return {.kind = instruction.op == Op::Chain ? Kind::chain : Kind::product,
          .subtracts = subtracts,
          .a = x[0],
          .b = x[1]};
}

std::vector<FoldTerm> Folds::terms(std::size_t instruction) const {
  std::vector<FoldTerm> terms;
  for (std::size_t k = instruction;;) {
    const Instruction& sum = program_.instructions()[k];
    const std::span<const Ref> x = program_.operands(sum);
    const std::size_t so_far = parts_[k].adds_to_second ? 1 : 0;
    terms.push_back(term(x[1 - so_far], sum.op == Op::Sub));
    const Ref before = x[so_far];
    if (is_result(before) && parts_[before.index() - inputs_].is_absorbed && is_sum(before)) {
      k = before.index() - inputs_;
      continue;
    }
    terms.push_back(term(before, false));
    break;
  }
  std::ranges::reverse(terms);
  return terms;
}

}  // namespace tapegrad

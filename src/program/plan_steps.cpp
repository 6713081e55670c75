#include <algorithm>

#include "planner.hpp"

namespace tapegrad {

std::uint32_t Planner::row_of(Register operand) {
  if (!operand.is_shared) return operand.number;
  const std::uint32_t row = take_row();
  plan_.steps.push_back({.kind = Step::Kind::broadcast, .to = row, .a = operand.number});
  borrowed_.push_back(row);
  return row;
}

void Planner::add_operation(const Instruction& instruction, Ref result) {
  const std::span<const Ref> operands = program_.operands(instruction);
  const bool is_shared = reading_.is_shared[result.index()];
  Register from[3];
  for (std::size_t k = 0; k < operands.size(); ++k) from[k] = read(operands[k]);
  Step step{.op = instruction.op,
            .shared_a = from[0].is_shared,
            .shared_b = operands.size() > 1 && from[1].is_shared};
  if (operands.size() == 3 && !is_shared) {
    for (Register& one : from) one = {.is_shared = false, .is_there = true, .number = row_of(one)};
    step.shared_a = step.shared_b = false;
  }
  step.a = from[0].number;
  step.b = from[1].number;
  step.c = from[2].number;
  for (const Ref operand : operands) release(operand);
  for (const std::uint32_t row : borrowed_) free_rows_.push_back(row);
  borrowed_.clear();
  step.to = is_shared ? word(plan_.shared_registers++) : take_row();
  at(result) = {.is_shared = is_shared, .is_there = true, .number = step.to};
  (is_shared ? plan_.shared_steps : plan_.steps).push_back(step);
}

// Of a product with a number that all points share, that one comes second.
Planner::TermInRegisters Planner::in_registers(const FoldTerm& term) {
  using Kind = FoldSegment::Kind;
  const Register a = read(term.a);
  if (term.kind == FoldTerm::Kind::number) return {a.is_shared ? Kind::shared : Kind::row, a, {}};
  const Register b = read(term.b);
  const bool is_chain = term.kind == FoldTerm::Kind::chain;
  const Kind scaled = is_chain ? Kind::scaled_adjoint : Kind::scaled_row;
  if (a.is_shared) return {scaled, b, a};
  if (b.is_shared) return {scaled, a, b};
  return {is_chain ? Kind::chain : Kind::product, a, b};
}

void Planner::add_fold(std::size_t instruction, Ref result) {
  const std::vector<FoldTerm> terms = folds_.terms(instruction);
  for (const FoldTerm& term : terms)
    term.each_operand([&](Ref operand) { read(operand); });  // loads come before
  Step step{.kind = plan_.rounding == Rounding::fused ? Step::Kind::fused : Step::Kind::fold,
            .a = word(plan_.words.size())};
  std::uint32_t open = 0;
  std::size_t header = 0, count = 0;  // of the segment that is open
  for (const FoldTerm& term : terms) {
    const auto [kind, a, b] = in_registers(term);
    const std::uint32_t alike = FoldSegment::word(kind, term.subtracts, 0);
    if (count == 0 || alike != open || count == FoldSegment::most_terms) {
      open = alike;
      header = plan_.words.size();
      count = 0;
      plan_.words.push_back(0);
      ++step.b;
    }
    plan_.words[header] = FoldSegment::word(kind, term.subtracts, ++count);
    plan_.words.push_back(a.number);
    if (term.kind != FoldTerm::Kind::number) plan_.words.push_back(b.number);
  }
  for (const FoldTerm& term : terms) term.each_operand([&](Ref operand) { release(operand); });
  step.to = take_row();
  at(result) = {.is_shared = false, .is_there = true, .number = step.to};
  if (!plan_.steps.empty() && are_twins(plan_.steps.back(), step)) {
    plan_.words.insert(plan_.words.begin() + static_cast<std::ptrdiff_t>(step.a), step.to);
    plan_.steps.back().c = step.a;
  } else {
    plan_.steps.push_back(step);
  }
}

// Two folds one after the other, the second of which does not read the first one's result.
bool Planner::are_twins(const Step& first, const Step& second) const {
  using Kind = FoldSegment::Kind;
  if (first.kind != second.kind || first.c != 0 || first.b != second.b) return false;
  std::size_t a = first.a, b = second.a;
  for (std::uint32_t segment = 0; segment < first.b; ++segment) {
    const std::uint32_t header = plan_.words[a++];
    if (header != plan_.words[b++]) return false;
    const auto kind = static_cast<Kind>(FoldSegment::alike(header));
    const bool is_subtracted_or_of_rows = !FoldSegment::has_shared(kind) && kind != Kind::row;
    if (is_subtracted_or_of_rows) return false;
    const std::size_t stride = FoldSegment::registers(kind);
    for (std::size_t k = FoldSegment::terms(header); k > 0; --k, a += stride, b += stride)
      if (kind != Kind::shared && (plan_.words[a] != plan_.words[b] || plan_.words[a] == first.to))
        return false;
  }
  return true;
}

// The summed output that a product of two rows is there for; null if it is read by others as well.
const Planner::User* Planner::only_sum_of(std::size_t instruction, Ref result) const {
  const Instruction& product = program_.instructions()[instruction];
  if (product.op != Op::Mul && product.op != Op::Chain) return nullptr;
  if (reading_.readers[result.index()] != 1) return nullptr;
  for (const Ref operand : program_.operands(product))
    if (operand.is_constant() || reading_.is_shared[operand.index()]) return nullptr;
  const auto user = std::ranges::lower_bound(users_, result, {}, &User::of);
  const bool is_sum =
      user != users_.end() && user->of == result && user->step.kind == Step::Kind::sum;
  return is_sum ? &*user : nullptr;
}

// With those before it that share its first row: the derivatives by the weights of a neuron.
void Planner::add_to_sum(const Instruction& product, const User& sum) {
  const std::span<const Ref> operands = program_.operands(product);
  const std::uint32_t a = read(operands[0]).number;
  const std::uint32_t b = read(operands[1]).number;
  const Step::Kind kind =
      product.op == Op::Chain ? Step::Kind::sum_chains : Step::Kind::sum_products;
  if (plan_.steps.empty() || plan_.steps.back().kind != kind || plan_.steps.back().a != a)
    plan_.steps.push_back({.kind = kind, .to = next_sum_, .a = a, .c = word(plan_.words.size())});
  ++plan_.steps.back().b;
  plan_.words.push_back(b);
  place_of_sum(sum);
  for (const Ref operand : operands) release(operand);
}

}  // namespace tapegrad

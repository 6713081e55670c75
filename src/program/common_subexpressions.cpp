// Value numbering: a table of instructions, in which each finds the first one that is equal to it.
//
// Nothing beside arithmetic is done for an instruction, so what this pass costs is memory. Entries
// are 32-bit numbers of instructions, compared through the program itself; and where an entry is
// first looked for is not random: what is equal has the same last operand, and most operands have
// few users, soon after them.

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "rewrite.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad {
namespace {

constexpr std::uint64_t golden = 0x9E3779B97F4A7C15u;  // 2⁶⁴ over the golden ratio

std::uint64_t mixed(std::uint64_t hash, std::uint64_t bits) {
  hash = (hash ^ bits) * golden;
  return hash ^ (hash >> 32);
}

class ValueNumbers {
 public:
  explicit ValueNumbers(const Program& program)
      : program_(ProgramBuilder::data(program)),
        inputs_(program.input_count()),
        same_(inputs_ + program.instructions().size()),
        slots_(slots_per_number * same_.size() + slots_nearby, empty) {
    for (std::size_t i = 0; i < same_.size(); ++i) same_[i] = Ref::result(i);
  }

  /// The first instruction with the operation and the operands of the k-th, which may be itself.
  /// To be asked of one after the other.
  std::size_t first_equal(std::size_t k) {
    std::uint32_t& slot = find(k);
    if (slot == empty) slot = static_cast<std::uint32_t>(k);
    same_[inputs_ + k] = Ref::result(inputs_ + slot);
    return slot;
  }

 private:
  static constexpr std::uint32_t empty = 0xFFFFFFFF;
  // At least half of them stay empty.
  static constexpr std::size_t slots_per_number = 2, slots_nearby = 4;

  // Behind the last operand, as far as slots_nearby; where that has more users, anywhere.
  std::uint32_t& find(std::size_t k) {
    const Instruction& wanted = program_.instructions[k];
    const std::span<const Ref> operands = program_.operands_of(wanted);
    std::uint64_t hash = static_cast<std::uint64_t>(wanted.op);
    std::size_t last = 0;
    const bool commutes = info(wanted.op).commutes;  // so it has two operands
    for (const Ref operand : operands) {
      const Ref number = same(operand);
      const std::uint64_t bits = number.index() * 2 + (number.is_constant() ? 1 : 0);
      hash = commutes ? hash + mixed(0, bits) : mixed(hash, bits);
      if (!number.is_constant()) last = std::max(last, number.index());
    }
    const auto is_found = [&](std::uint32_t slot) { return slot == empty || equal(slot, wanted); };
    std::uint32_t* const nearby = &slots_[slots_per_number * last];
    for (std::size_t i = 0; i < slots_nearby; ++i)
      if (is_found(nearby[i])) return nearby[i];
    // In steps of the golden ratio, which leave no slot out whatever the hash is; not to the next
    // slot, for all around may be taken by nearby ones.
    for (hash = mixed(hash, 0);; hash += golden) {
      std::uint32_t& slot = slots_[((hash >> 32) * slots_.size()) >> 32];
      if (is_found(slot)) return slot;
    }
  }

  bool equal(std::uint32_t slot, const Instruction& wanted) const {
    const Instruction& other = program_.instructions[slot];
    if (other.op != wanted.op || other.operands != wanted.operands) return false;
    const std::span<const Ref> a = program_.operands_of(other), b = program_.operands_of(wanted);
    const auto is_same = [&](Ref x, Ref y) { return same(x) == same(y); };
    if (std::ranges::equal(a, b, is_same)) return true;
    return info(wanted.op).commutes && is_same(a[0], b[1]) && is_same(a[1], b[0]);
  }

  Ref same(Ref ref) const { return ref.is_constant() ? ref : same_[ref.index()]; }

  const Program::Data& program_;
  std::size_t inputs_;
  std::vector<Ref> same_;  // of inputs and results: the first that is equal
  std::vector<std::uint32_t> slots_;
};

}  // namespace

Program share_common_subexpressions(const Program& program) {
  ValueNumbers numbers(program);
  std::vector<Ref> results(program.instructions().size());  // in the new program
  std::size_t k = 0;
  return rewritten(program, [&](ProgramBuilder& builder, Op op, std::span<const Ref> operands) {
    const std::size_t first = numbers.first_equal(k);
    results[k] = first == k ? builder.append(op, operands) : results[first];
    return results[k++];
  });
}

}  // namespace tapegrad

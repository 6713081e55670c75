// Sums that are computed in registers.
//
// Programs of derivatives are mostly sums of products: a weighted sum forward, and the chain rule
// backward, acc + adjoint · partial + ... . As single instructions each product is written to
// memory, and read again, and so is each partial sum. A fold is such a sum as one step: its terms
// are added in the order of the program, to the last bit as the program says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// What is added, or subtracted: a number, a product, or a chain step.
struct FoldTerm {
  enum class Kind : std::uint8_t { number, product, chain };
  Kind kind = Kind::number;
  bool subtracts = false;
  Ref a;
  Ref b;  // of a number: unused

  template <class Visit> void each_operand(Visit&& visit) const {
    visit(a);
    if (kind != Kind::number) visit(b);
  }
};

/// The folds of a program. An instruction is absorbed if a fold computes it on its way: it is read
/// by nothing else, and has no place of its own.
class TAPEGRAD_API Folds {
 public:
  /// @param readers    of each input and result: how many instructions, outputs and guards read it
  /// @param is_shared  of each input and result: whether it is the same for all points
  Folds(const Program& program, const std::vector<std::uint32_t>& readers,
        const std::vector<bool>& is_shared);

  bool is_absorbed(std::size_t instruction) const { return parts_[instruction].is_absorbed; }
  /// Whether the instruction is the end of a fold.
  bool ends(std::size_t instruction) const {
    return parts_[instruction].has_terms && !is_absorbed(instruction);
  }
  /// Its terms in order; the first is not subtracted.
  std::vector<FoldTerm> terms(std::size_t instruction) const;

 private:
  // What an instruction is to a fold.
  struct Part {
    bool is_absorbed = false;
    bool has_terms = false;       // a sum of which something is absorbed
    bool adds_to_second = false;  // of a + b, b is the sum so far
    std::uint32_t first = 0;      // the earliest instruction of the fold that ends here
    float keeps = 0;              // its operands, each divided among its readers
  };

  bool is_result(Ref ref) const { return !ref.is_constant() && ref.index() >= inputs_; }
  bool may_absorb(Ref operand, std::size_t at) const;
  // Of its row, among all who read it.
  float share(Ref operand) const;
  bool is_sum(Ref operand) const;
  bool is_product(Ref operand) const;
  void find(std::size_t instruction);
  FoldTerm term(Ref operand, bool subtracts) const;

  const Program& program_;
  const std::vector<std::uint32_t>& readers_;
  const std::vector<bool>& is_shared_;
  std::size_t inputs_;
  std::vector<Part> parts_;
};

}  // namespace tapegrad

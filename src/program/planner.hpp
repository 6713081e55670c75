// From a program to the steps of its plan: where each number is, and when its row is free again.
//
//   plan.cpp        the order of things; inputs, outputs, guards
//   plan_steps.cpp  operations, folds, and sums over the lanes
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "folds.hpp"
#include "plan.hpp"
#include "reading.hpp"

namespace tapegrad {

inline std::uint32_t word(std::size_t number) { return static_cast<std::uint32_t>(number); }

class Planner {
 public:
  Planner(Replay::Plan& plan, const ReplayOptions& options);
  void run();

 private:
  struct Register {
    bool is_shared = false;
    bool is_there = false;
    std::uint32_t number = 0;
  };

  // What a term of a fold is once its operands have their registers.
  struct TermInRegisters {
    FoldSegment::Kind kind;
    Register a, b;
  };

  // An output or a guard, by what it reads.
  struct User {
    Ref of;
    Step step;
    friend bool operator<(const User& a, const User& b) { return a.of < b.of; }
  };

  // Outputs side by side, some of which may still be missing.
  struct Together {
    std::array<std::uint32_t, moved_together> rows;
    std::array<Ref, moved_together> of;
    std::size_t missing = 0;
  };

  Register& at(Ref ref) { return registers_[ref.index()]; }

  Register read(Ref ref) {
    if (ref.is_constant())
      return {.is_shared = true, .is_there = true, .number = word(ref.index())};
    if (!at(ref).is_there) load(ref);
    return at(ref);
  }

  std::uint32_t take_row() {
    if (free_rows_.empty()) free_rows_.push_back(word(plan_.rows++));
    const std::uint32_t row = free_rows_.back();
    free_rows_.pop_back();
    return row;
  }

  // One reader less; the last one gives the row back.
  void release(Ref ref) {
    if (ref.is_constant() || --reading_.readers[ref.index()] > 0 || at(ref).is_shared) return;
    free_rows_.push_back(at(ref).number);
  }

  void place_inputs();
  void note_users();
  std::vector<bool> needed_by_guards() const;
  void load(Ref input);
  void add(std::size_t instruction);
  void add_operation(const Instruction& instruction, Ref result);
  void add_fold(std::size_t instruction, Ref result);
  TermInRegisters in_registers(const FoldTerm& term);
  bool are_twins(const Step& first, const Step& second) const;
  const User* only_sum_of(std::size_t instruction, Ref result) const;
  void add_to_sum(const Instruction& product, const User& sum);
  std::uint32_t place_of_sum(const User& user) { return plan_.sums[user.step.b] = next_sum_++; }
  void add_users(Ref result);
  void add_user(const User& user);
  void add_output(const User& user, Register from);
  bool are_all_there(const Step& moved) const {
    const auto rows = std::span(plan_.words).subspan(moved.c, moved.b);
    return moved.b == moved_together && std::ranges::find(rows, no_row) == rows.end();
  }
  std::uint32_t row_of(Register operand);

  Replay::Plan& plan_;
  const Program& program_;
  std::vector<bool> is_uniform_;
  std::vector<bool> is_summed_;
  ProgramReading reading_;
  Folds folds_;
  std::vector<Register> registers_;  // of inputs and results
  std::vector<std::uint32_t> free_rows_;
  std::vector<std::uint32_t> borrowed_;  // rows of broadcast numbers, for one step
  std::vector<User> users_;
  std::vector<User> sums_;  // that have to wait until all guards are done
  bool guards_are_done_ = false;
  std::vector<Together> stores_;
  std::uint32_t next_sum_ = 0;
};

}  // namespace tapegrad

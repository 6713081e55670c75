#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

std::vector<bool> marked(const std::vector<std::size_t>& places, std::size_t count,
                         const char* what) {
  std::vector<bool> marks(count);
  for (const std::size_t place : places) {
    if (place >= count)
      throw ArgumentError(
          fmt::format("Replay: there is no {} {}; the program has {}", what, place, count));
    if (marks[place]) throw ArgumentError(fmt::format("Replay: {} {} is named twice", what, place));
    marks[place] = true;
  }
  return marks;
}

// Where the numbers of a program are.
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

  Register& at(Ref ref) { return registers_[ref.index()]; }

  Register read(Ref ref) {
    if (ref.is_constant())
      return {
          .is_shared = true, .is_there = true, .number = static_cast<std::uint32_t>(ref.index())};
    Register& found = at(ref);
    if (!found.is_there) load(ref, found);
    return found;
  }

  void load(Ref input, Register& found) {
    found = {.is_shared = false, .is_there = true, .number = take_row()};
    const auto place = std::ranges::lower_bound(plan_.varying, input.index());
    plan_.steps.push_back({.kind = Step::Kind::load,
                           .to = found.number,
                           .a = static_cast<std::uint32_t>(place - plan_.varying.begin())});
  }

  std::uint32_t take_row() {
    if (free_rows_.empty()) free_rows_.push_back(static_cast<std::uint32_t>(plan_.rows++));
    const std::uint32_t row = free_rows_.back();
    free_rows_.pop_back();
    return row;
  }

  // One reader less; the last one gives the row back.
  void release(Ref ref) {
    if (ref.is_constant() || --readers_[ref.index()] > 0 || at(ref).is_shared) return;
    free_rows_.push_back(at(ref).number);
  }

  void count_readers();
  std::vector<bool> needed_by_guards() const;
  void add_operation(const Instruction& instruction, Ref result);
  void add_users(Ref result);
  std::uint32_t row_of(Register operand);

  Replay::Plan& plan_;
  const Program& program_;
  std::vector<bool> is_uniform_;
  std::vector<bool> is_summed_;
  std::vector<Register> registers_;     // of inputs and results
  std::vector<std::uint32_t> readers_;  // still to come
  std::vector<std::uint32_t> free_rows_;
  std::vector<std::uint32_t> borrowed_;  // rows of broadcast numbers, for one step
  struct User {
    Ref of;
    Step step;
    friend bool operator<(const User& a, const User& b) { return a.of < b.of; }
  };
  std::vector<User> users_;  // outputs and guards, by what they read
};

Planner::Planner(Replay::Plan& plan, const ReplayOptions& options)
    : plan_(plan),
      program_(plan.program),
      is_uniform_(marked(options.uniform_inputs, program_.input_count(), "input")),
      is_summed_(marked(options.summed_outputs, program_.output_count(), "output")),
      registers_(program_.input_count() + program_.instructions().size()),
      readers_(registers_.size()) {}

// Outputs and guards read as well: right after what they read is there.
void Planner::count_readers() {
  const auto count = [&](Ref ref) {
    if (!ref.is_constant()) ++readers_[ref.index()];
  };
  for (const Instruction& instruction : program_.instructions())
    for (const Ref operand : program_.operands(instruction)) count(operand);
  const auto number = [](std::size_t k) { return static_cast<std::uint32_t>(k); };
  for (std::size_t k = 0; k < program_.output_count(); ++k) {
    const bool summed = is_summed_[k];
    Step step{.kind = summed ? Step::Kind::sum : Step::Kind::store,
              .b = number(summed ? plan_.summed++ : plan_.outputs++)};
    users_.push_back({program_.outputs()[k], step});
  }
  for (std::size_t k = 0; k < program_.guards().size(); ++k)
    users_.push_back({program_.guards()[k].condition, {.kind = Step::Kind::guard, .b = number(k)}});
  for (const User& user : users_) count(user.of);
  std::stable_sort(users_.begin(), users_.end());
}

// Done first: what a point is off of must not be summed.
std::vector<bool> Planner::needed_by_guards() const {
  const std::size_t inputs = program_.input_count();
  std::vector<bool> needed(program_.instructions().size());
  const auto need = [&](Ref ref) {
    if (!ref.is_constant() && ref.index() >= inputs) needed[ref.index() - inputs] = true;
  };
  for (const Guard& guard : program_.guards()) need(guard.condition);
  for (std::size_t k = needed.size(); k-- > 0;)
    if (needed[k])
      for (const Ref operand : program_.operands(program_.instructions()[k])) need(operand);
  return needed;
}

void Planner::add_users(Ref result) {
  const User key{result, {}};
  const auto [first, last] = std::equal_range(users_.begin(), users_.end(), key);
  for (auto user = first; user != last; ++user) {
    const Register from = read(result);
    Step step = user->step;
    step.a = from.number;
    step.shared_a = from.is_shared;
    plan_.steps.push_back(step);
    release(result);
  }
}

std::uint32_t Planner::row_of(Register operand) {
  if (!operand.is_shared) return operand.number;
  const std::uint32_t row = take_row();
  plan_.steps.push_back({.kind = Step::Kind::broadcast, .to = row, .a = operand.number});
  borrowed_.push_back(row);
  return row;
}

void Planner::add_operation(const Instruction& instruction, Ref result) {
  const std::span<const Ref> operands = program_.operands(instruction);
  Register from[3];
  bool all_shared = true;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    from[k] = read(operands[k]);
    all_shared = all_shared && from[k].is_shared;
  }
  Step step{.op = instruction.op,
            .shared_a = from[0].is_shared,
            .shared_b = operands.size() > 1 && from[1].is_shared};
  if (operands.size() == 3 && !all_shared) {
    for (Register& one : from) one = {.is_shared = false, .is_there = true, .number = row_of(one)};
    step.shared_a = step.shared_b = false;
  }
  step.a = from[0].number;
  step.b = from[1].number;
  step.c = from[2].number;
  for (const Ref operand : operands) release(operand);
  for (const std::uint32_t row : borrowed_) free_rows_.push_back(row);
  borrowed_.clear();
  Register& to = at(result);
  to.is_there = true;
  to.is_shared = all_shared;
  to.number = all_shared ? static_cast<std::uint32_t>(plan_.shared_registers++) : take_row();
  step.to = to.number;
  (all_shared ? plan_.shared_steps : plan_.steps).push_back(step);
}

void Planner::run() {
  for (std::size_t i = 0; i < program_.input_count(); ++i)
    (is_uniform_[i] ? plan_.uniform : plan_.varying).push_back(i);
  plan_.constants.assign(program_.constants().begin(), program_.constants().end());
  plan_.shared_registers = plan_.constants.size();
  for (const std::size_t i : plan_.uniform)
    registers_[i] = {.is_shared = true,
                     .is_there = true,
                     .number = static_cast<std::uint32_t>(plan_.shared_registers++)};
  count_readers();
  const std::vector<bool> first = needed_by_guards();
  const auto add_operations = [&](bool for_guards) {
    for (std::size_t k = 0; k < first.size(); ++k) {
      if (first[k] != for_guards) continue;
      const Ref result = Ref::result(program_.input_count() + k);
      add_operation(program_.instructions()[k], result);
      add_users(result);
    }
  };
  add_operations(true);
  for (std::size_t k = 0; k < program_.constants().size(); ++k) add_users(Ref::constant(k));
  for (std::size_t i = 0; i < program_.input_count(); ++i) add_users(Ref::result(i));
  add_operations(false);
}

}  // namespace

Replay::Plan::Plan(const Program& source, const ReplayOptions& options) : math(options.math) {
  Optimised optimised = optimise(source);
  program = std::move(optimised.program);
  reports = std::move(optimised.reports);
  Planner(*this, options).run();
}

}  // namespace tapegrad

// From the program to the steps of its plan. One class does it, since all of it asks where a number
// is and who still reads it: hence the length.
#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>

#include "folds.hpp"
#include "reading.hpp"
#include "runs.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

std::atomic<std::uint64_t> next_number = 1;

std::uint32_t word(std::size_t number) { return static_cast<std::uint32_t>(number); }

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
  Reading reading_;
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

Planner::Planner(Replay::Plan& plan, const ReplayOptions& options)
    : plan_(plan),
      program_(plan.program),
      is_uniform_(marked(options.uniform_inputs, program_.input_count(), "input")),
      is_summed_(marked(options.summed_outputs, program_.output_count(), "output")),
      reading_(program_, is_uniform_),
      folds_(program_, reading_.readers, reading_.is_shared),
      registers_(reading_.readers.size()) {}

void Planner::place_inputs() {
  for (std::size_t i = 0; i < program_.input_count(); ++i)
    (is_uniform_[i] ? plan_.uniform : plan_.varying).push_back(i);
  plan_.constants.assign(program_.constants().begin(), program_.constants().end());
  plan_.shared_registers = plan_.constants.size();
  for (const std::size_t i : plan_.uniform)
    registers_[i] = {.is_shared = true, .is_there = true, .number = word(plan_.shared_registers++)};
}

void Planner::note_users() {
  std::size_t sums = 0;
  for (std::size_t k = 0; k < program_.output_count(); ++k) {
    const bool summed = is_summed_[k];
    users_.push_back({program_.outputs()[k],
                      {.kind = summed ? Step::Kind::sum : Step::Kind::give,
                       .b = word(summed ? sums++ : plan_.outputs++)}});
  }
  for (std::size_t k = 0; k < program_.guards().size(); ++k)
    users_.push_back({program_.guards()[k].condition,
                      {.kind = Step::Kind::guard, .all = program_.guards()[k].held, .b = word(k)}});
  plan_.sums.resize(sums);
  stores_.resize(plan_.outputs / moved_together + 1);
  for (Together& together : stores_) together.rows.fill(no_row);
  for (const User& user : users_)
    if (user.step.kind == Step::Kind::give && !user.of.is_constant() &&
        !reading_.is_shared[user.of.index()])
      ++stores_[user.step.b / moved_together].missing;
  std::stable_sort(users_.begin(), users_.end());
}

// Done first where there are sums: a point that is off must not be in them.
std::vector<bool> Planner::needed_by_guards() const {
  const std::size_t inputs = program_.input_count();
  std::vector<bool> needed(program_.instructions().size());
  const auto need = [&](Ref ref) {
    if (!ref.is_constant() && ref.index() >= inputs) needed[ref.index() - inputs] = true;
  };
  if (std::ranges::find(is_summed_, true) == is_summed_.end()) return needed;
  for (const Guard& guard : program_.guards()) need(guard.condition);
  for (std::size_t k = needed.size(); k-- > 0;)
    if (needed[k])
      for (const Ref operand : program_.operands(program_.instructions()[k])) need(operand);
  return needed;
}

// With its neighbours.
void Planner::load(Ref input) {
  const auto place = static_cast<std::size_t>(
      std::ranges::lower_bound(plan_.varying, input.index()) - plan_.varying.begin());
  const std::size_t first = place - place % moved_together;
  const std::size_t last = std::min(first + moved_together, plan_.varying.size());
  plan_.steps.push_back({.kind = Step::Kind::load,
                         .a = word(first),
                         .b = word(last - first),
                         .c = word(plan_.words.size())});
  for (std::size_t k = first; k < last; ++k) {
    const std::size_t neighbour = plan_.varying[k];
    const bool is_read = reading_.readers[neighbour] > 0;
    plan_.words.push_back(is_read ? take_row() : no_row);
    if (is_read)
      registers_[neighbour] = {.is_shared = false, .is_there = true, .number = plan_.words.back()};
  }
  plan_.steps.back().all = are_all_there(plan_.steps.back());
}

void Planner::add_users(Ref result) {
  const User key{result, {}};
  const auto [first, last] = std::equal_range(users_.begin(), users_.end(), key);
  for (auto user = first; user != last; ++user) {
    if (user->step.kind == Step::Kind::sum && !guards_are_done_)
      sums_.push_back(*user);
    else
      add_user(*user);
  }
}

void Planner::add_user(const User& user) {
  const Register from = read(user.of);
  if (user.step.kind == Step::Kind::give && !from.is_shared) return add_output(user, from);
  Step step = user.step;
  if (step.kind == Step::Kind::sum) step.to = place_of_sum(user);
  step.a = from.number;
  step.shared_a = from.is_shared;
  plan_.steps.push_back(step);
  release(user.of);
}

// Together with its neighbours, once they are all there.
void Planner::add_output(const User& user, Register from) {
  Together& together = stores_[user.step.b / moved_together];
  together.rows[user.step.b % moved_together] = from.number;
  together.of[user.step.b % moved_together] = user.of;
  if (--together.missing > 0) return;
  const std::size_t first = user.step.b - user.step.b % moved_together;
  const std::size_t count = std::min(moved_together, plan_.outputs - first);
  plan_.steps.push_back({.kind = Step::Kind::store,
                         .a = word(first),
                         .b = word(count),
                         .c = word(plan_.words.size())});
  plan_.words.insert(plan_.words.end(), together.rows.begin(),
                     together.rows.begin() + static_cast<std::ptrdiff_t>(count));
  plan_.steps.back().all = are_all_there(plan_.steps.back());
  for (std::size_t k = 0; k < count; ++k)
    if (together.rows[k] != no_row) release(together.of[k]);
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

void Planner::add_fold(std::size_t instruction, Ref result) {
  using Kind = FoldSegment::Kind;
  const std::vector<FoldTerm> terms = folds_.terms(instruction);
  for (const FoldTerm& term : terms) {  // loads come before
    read(term.a);
    if (term.kind != FoldTerm::Kind::number) read(term.b);
  }
  Step step{.kind = plan_.rounding == Rounding::fused ? Step::Kind::fused : Step::Kind::fold,
            .a = word(plan_.words.size())};
  std::uint32_t open = FoldSegment::word(Kind::row, false, 0);
  std::size_t header = 0, count = 0;  // of the segment that is open
  for (const FoldTerm& term : terms) {
    Register a = read(term.a);
    Kind kind = a.is_shared ? Kind::shared : Kind::row;
    Register b;
    if (term.kind != FoldTerm::Kind::number) {
      b = read(term.b);
      const bool is_chain = term.kind == FoldTerm::Kind::chain;
      if (a.is_shared) std::swap(a, b);
      if (b.is_shared)
        kind = is_chain ? Kind::scaled_adjoint : Kind::scaled_row;
      else
        kind = is_chain ? Kind::chain : Kind::product;
    }
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
  for (const FoldTerm& term : terms) {
    release(term.a);
    if (term.kind != FoldTerm::Kind::number) release(term.b);
  }
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
    const bool has_shared =
        kind == Kind::shared || kind == Kind::scaled_row || kind == Kind::scaled_adjoint;
    if (!has_shared && kind != Kind::row) return false;  // subtracted, or of rows alone
    const std::size_t stride = kind == Kind::row || kind == Kind::shared ? 1 : 2;
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

void Planner::add(std::size_t instruction) {
  const Ref result = Ref::result(program_.input_count() + instruction);
  if (const User* const sum = only_sum_of(instruction, result))
    return add_to_sum(program_.instructions()[instruction], *sum);
  if (folds_.ends(instruction))
    add_fold(instruction, result);
  else
    add_operation(program_.instructions()[instruction], result);
  add_users(result);
}

void Planner::run() {
  place_inputs();
  note_users();
  const std::vector<bool> first = needed_by_guards();
  const std::vector<std::uint32_t> steps = in_runs(program_, folds_);
  for (const std::uint32_t k : steps)
    if (first[k]) add(k);
  for (std::size_t k = 0; k < program_.constants().size(); ++k) add_users(Ref::constant(k));
  for (std::size_t i = 0; i < program_.input_count(); ++i) add_users(Ref::result(i));
  guards_are_done_ = true;
  for (const User& user : sums_) add_user(user);
  for (const std::uint32_t k : steps)
    if (!first[k]) add(k);
  if (plan_.words.size() > std::numeric_limits<std::uint32_t>::max())
    throw UnsupportedError(fmt::format("Replay: a program of {} instructions is too long for it",
                                       program_.instructions().size()));
  const std::size_t numbers = plan_.rows + plan_.varying.size() + plan_.outputs;
  const bool is_small = numbers * many_lanes * sizeof(double) <= most_bytes_of_many;
  plan_.lanes = is_small ? many_lanes : some_lanes;
}

}  // namespace

Replay::Plan::Plan(const Program& source, const ReplayOptions& options)
    : math(options.math), rounding(options.rounding), number(next_number++) {
  Optimised optimised = optimise(source);
  program = std::move(optimised.program);
  reports = std::move(optimised.reports);
  Planner(*this, options).run();
}

}  // namespace tapegrad

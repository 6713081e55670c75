// The order of things in a plan (planner.hpp): inputs, outputs and guards, and what has to wait.

#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>

#include "planner.hpp"
#include "step_order.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

std::atomic<std::uint64_t> next_number = 1;

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

}  // namespace

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
    users_.push_back(
        {program_.guards()[k].condition,
         {.kind = Step::Kind::guard, .held = program_.guards()[k].held, .b = word(k)}});
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
  const bool has_sums = std::ranges::find(is_summed_, true) != is_summed_.end();
  return needed_for(program_, has_sums ? conditions(program_) : std::vector<Ref>());
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
  plan_.steps.back().is_full = are_all_there(plan_.steps.back());
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
  plan_.steps.back().is_full = are_all_there(plan_.steps.back());
  for (std::size_t k = 0; k < count; ++k)
    if (together.rows[k] != no_row) release(together.of[k]);
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
  const std::vector<std::uint32_t> steps = step_order(program_, folds_);
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

Replay::Plan::Plan(const Program& source, const ReplayOptions& options)
    : math(options.math), rounding(options.rounding), number(next_number++) {
  Optimised optimised = optimise(source);
  program = std::move(optimised.program);
  reports = std::move(optimised.reports);
  Planner(*this, options).run();
}

}  // namespace tapegrad

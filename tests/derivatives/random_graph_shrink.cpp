// From a program that fails to the smallest that still does.
//
// Each step takes something away and keeps all remaining operations at the operands that they had:
// what was smooth there stays so, and a difference that appears is no kink stepped upon. (But for
// the last step, which shortens numbers.)

#include <algorithm>
#include <cmath>

#include "random_graph.hpp"

namespace tapegrad::testing {

Program cut_at(const Program& program, std::size_t cut) {
  const std::size_t n = program.point.size(), old = program.place_of(cut);
  Program result = program;
  result.point.push_back(evaluate<double>(program, program.point)[old]);
  result.instructions.erase(result.instructions.begin() + static_cast<std::ptrdiff_t>(cut));
  for (Instruction& step : result.instructions)
    for (Source& source : step.operands) {
      if (source.is_constant()) continue;
      if (source.place == old)
        source.place = n;
      else if (source.place >= n && source.place < old)
        ++source.place;
    }
  return result;
}

namespace {

std::vector<bool> used_places(const Program& program) {
  std::vector<bool> used(program.places());
  used.back() = true;
  for (std::size_t step = program.instructions.size(); step-- > 0;) {
    if (!used[program.place_of(step)]) continue;
    for (const Source& source : program.instructions[step].operands)
      if (!source.is_constant()) used[source.place] = true;
  }
  return used;
}

// The program of those places alone, which must be all that they use.
Program only(const Program& program, const std::vector<bool>& kept) {
  Program result;
  std::vector<std::size_t> now(program.places(), Source::no_place);
  for (std::size_t i = 0; i < program.point.size(); ++i) {
    if (!kept[i]) continue;
    now[i] = result.point.size();
    result.point.push_back(program.point[i]);
  }
  for (std::size_t step = 0; step < program.instructions.size(); ++step) {
    if (!kept[program.place_of(step)]) continue;
    now[program.place_of(step)] = result.places();
    result.instructions.push_back(program.instructions[step]);
    for (Source& source : result.instructions.back().operands)
      if (!source.is_constant()) source.place = now[source.place];
  }
  return result;
}

class Shrinker {
 public:
  Shrinker(Program program, const Fails& fails) : least_(std::move(program)), fails_(fails) {}

  Program run() {
    while (shorten() || drop_unused() || cut() || to_constants() || drop_operands() || plainer() ||
           rounder()) {
    }
    return std::move(least_);
  }

 private:
  bool accept(Program candidate) {
    if (candidate.instructions.empty() || candidate.point.empty() || !fails_(candidate))
      return false;
    least_ = std::move(candidate);
    return true;
  }

  // An earlier output.
  bool shorten() {
    for (std::size_t count = 1; count < least_.instructions.size(); ++count) {
      Program candidate = least_;
      candidate.instructions.resize(count);
      if (accept(candidate)) return true;
    }
    return false;
  }

  // All that is dead at once; if that is what matters, each alone.
  bool drop_unused() {
    const std::vector<bool> used = used_places(least_);
    if (std::ranges::count(used, false) == 0) return false;
    if (accept(only(least_, used))) return true;
    std::vector<bool> taken(least_.places());
    for (const Instruction& step : least_.instructions)
      for (const Source& source : step.operands)
        if (!source.is_constant()) taken[source.place] = true;
    for (std::size_t place = 0; place + 1 < least_.places(); ++place) {
      if (taken[place]) continue;
      std::vector<bool> kept(least_.places(), true);
      kept[place] = false;
      if (accept(only(least_, kept))) return true;
    }
    return false;
  }

  bool cut() {
    for (std::size_t step = least_.instructions.size() - 1; step-- > 0;)
      if (accept(cut_at(least_, step))) return true;
    return false;
  }

  template <class Change> bool change_operands(const Change& change) {
    for (std::size_t step = 0; step < least_.instructions.size(); ++step)
      for (std::size_t k = 0; k < least_.instructions[step].operands.size(); ++k) {
        Program candidate = least_;
        if (change(candidate.instructions[step], k) && accept(std::move(candidate))) return true;
      }
    return false;
  }

  bool to_constants() {
    const std::vector<double> values = evaluate<double>(least_, least_.point);
    return change_operands([&](Instruction& step, std::size_t k) {
      Source& source = step.operands[k];
      if (source.is_constant()) return false;
      source = {.constant = values[source.place]};
      return true;
    });
  }

  // Of an operation of any number of operands; in dot and weighted_sum they are pairs.
  bool drop_operands() {
    return change_operands([](Instruction& step, std::size_t k) {
      if (info(step.op).arity != variadic || step.operands.size() < 2) return false;
      const std::size_t pairs = step.operands.size() / 2;
      const auto erase = [&](std::size_t at) {
        step.operands.erase(step.operands.begin() + static_cast<std::ptrdiff_t>(at));
      };
      if (step.op != Op::Dot && step.op != Op::WeightedSum) return erase(k), true;
      if (k >= pairs || step.operands.size() < 3) return false;
      erase(pairs + k);
      erase(k);
      return true;
    });
  }

  bool plainer() {
    return change_operands([](Instruction& step, std::size_t k) {
      if (k != 0 || !(step.in_place || step.plain_constants)) return false;
      step.in_place = step.plain_constants = false;
      return true;
    });
  }

  // Numbers of fewer digits: whole ones, else eighths, else multiples of 1/1024.
  template <class Place> bool shorten_number(const Place& place) {
    const double x = place(least_);
    for (const double unit : {1.0, 8.0, 1024.0}) {
      const double shorter = std::round(x * unit) / unit;
      if (shorter == x) return false;
      if (std::abs(shorter - x) > 0.125 * std::abs(x)) continue;
      Program candidate = least_;
      place(candidate) = shorter;
      if (accept(std::move(candidate))) return true;
    }
    return false;
  }

  bool rounder() {
    for (std::size_t i = 0; i < least_.point.size(); ++i)
      if (shorten_number([i](Program& program) -> double& { return program.point[i]; }))
        return true;
    for (std::size_t step = 0; step < least_.instructions.size(); ++step)
      for (std::size_t k = 0; k < least_.instructions[step].operands.size(); ++k) {
        if (!least_.instructions[step].operands[k].is_constant()) continue;
        const auto place = [=](Program& program) -> double& {
          return program.instructions[step].operands[k].constant;
        };
        if (shorten_number(place)) return true;
      }
    return false;
  }

  Program least_;
  const Fails& fails_;
};

}  // namespace

Program shrink(Program program, const Fails& fails) {
  return Shrinker(std::move(program), fails).run();
}

}  // namespace tapegrad::testing

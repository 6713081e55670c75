#include "binomial_schedule.hpp"

#include <algorithm>
#include <limits>

namespace tapegrad {
namespace {

constexpr std::size_t largest = std::numeric_limits<std::size_t>::max();

// β(s, 0), β(s, 1), ...: from one to the next by β(s, r) = β(s, r - 1)·(s + r) / r, without
// overflow: what is beyond the largest number counts as that.
class Binomials {
 public:
  explicit Binomials(std::size_t s) : s_(s) {}

  std::size_t value() const { return value_; }        // β(s, r)
  std::size_t previous() const { return previous_; }  // β(s, r - 1), 0 for r = 0

  void increase() {
    ++r_;
    previous_ = value_;
    value_ = value_ > largest / (s_ + r_) ? largest : value_ * (s_ + r_) / r_;
  }

 private:
  std::size_t s_;
  std::size_t r_ = 0;
  std::size_t value_ = 1;
  std::size_t previous_ = 0;
};

// How many steps to advance from a snapshot before the next one, with `length` steps to reverse and
// s ≥ 2 snapshots, that one included: m, so that both parts stay within the binomial bound,
//   m <= β(s, r - 1)  and  β(s - 1, r - 1) <= length - m <= β(s - 1, r),
// where β(s, r - 1) < length <= β(s, r). Among those the largest, which stores least.
std::size_t split(std::size_t length, std::size_t s) {
  Binomials all(s);
  std::size_t before_previous = 0;  // β(s, r - 2)
  while (all.value() < length) {
    before_previous = all.previous();
    all.increase();
  }
  const std::size_t least_rest = all.previous() - before_previous;  // β(s - 1, r - 1)
  return std::min(all.previous(), length - least_rest);
}

}  // namespace

BinomialSchedule::BinomialSchedule(std::size_t steps, std::size_t snapshots)
    : snapshots_(std::clamp<std::size_t>(snapshots, 1, std::max<std::size_t>(steps, 2) - 1)),
      end_(steps) {}

ScheduleMove BinomialSchedule::next() {
  using Kind = ScheduleMove::Kind;
  if (end_ == 0) return {};
  if (!has_state_) {
    if (stored_.back() == end_) stored_.pop_back();  // its step is reversed
    has_state_ = true;
    at_ = stored_.back();
    return {.kind = Kind::restore, .from = at_, .to = at_, .slot = stored_.size() - 1};
  }
  const std::size_t length = end_ - at_;
  if (length == 1) {
    has_state_ = false;
    --end_;
    return {.kind = Kind::reverse, .from = at_, .to = at_ + 1};
  }
  if (stored_.empty() || stored_.back() != at_) {
    stored_.push_back(at_);
    return {.kind = Kind::store, .from = at_, .to = at_, .slot = stored_.size() - 1};
  }
  const std::size_t usable = snapshots_ - stored_.size() + 1;  // the one here, and those free
  const std::size_t from = at_;
  at_ += usable == 1 ? length - 1 : split(length, usable);
  return {.kind = Kind::advance, .from = from, .to = at_};
}

std::size_t fewest_forward_steps(std::size_t steps, std::size_t snapshots) {
  if (steps == 0) return 0;
  if (snapshots <= 1) {
    const std::size_t half = steps % 2 == 0 ? steps / 2 : (steps - 1) / 2;
    const std::size_t other = steps % 2 == 0 ? steps - 1 : steps;
    return half > 0 && other > largest / half ? largest : half * other;
  }
  std::size_t sum = 0;
  for (Binomials b(std::min(snapshots, steps - 1)); b.value() < steps; b.increase()) {
    if (sum > largest - (steps - b.value())) return largest;
    sum += steps - b.value();
  }
  return sum;
}

}  // namespace tapegrad

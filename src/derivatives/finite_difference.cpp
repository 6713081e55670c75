// From the outside in:
//
//   FiniteDifferences::by()  evaluates f at smaller and smaller steps, one tableau after another
//   Progress                 what they show of one result: the derivative, a kink, no limit
//   Tableau                  extrapolates to step 0: the central differences, those from left and
//                            right, and the bend, right minus left, which shrinks like the step
//                            where f is smooth and stays where it has a kink
//   Growth                   do the slopes go to infinity?
#include "derivatives/finite_difference.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace tapegrad {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr int levels = 6;                 // of a tableau, each with half the step of the one before
constexpr std::size_t trusted_after = 3;  // levels; two may agree by chance
constexpr double next_start = 0x1p-6;     // from one tableau to the next
constexpr int wide_starts = 5;
// Where f does not change at all by a smaller step than this, x may have been lost beside larger
// numbers.
constexpr double least_felt_step = 1e-5;
constexpr double probe_step = 0x1p-10;  // of a tableau's first step

// No fraction of whole numbers, or steps would fall into step with f: all differences of
// sin(64πx) with steps 1/8, 1/16 and 1/32 are 0.
constexpr double first_step = 0.11803398874989485;  // (√5 - 2) / 2

// An estimate and the error that its tableau shows; at least `rounding`.
struct Estimate {
  double value = PartialCheck::unknown;
  double error = infinity;
  double rounding = infinity;
  double step = 0;

  bool is_known() const { return error < infinity; }
  bool is_clearly_not_zero() const { return is_known() && std::abs(value) > 10 * error; }
};

// Neville's extrapolation to step 0 of a quantity that is off by powers of the step.
class Tableau {
 public:
  // Halving the step divides the first power by `first`, each following one by `growth` times more.
  Tableau(double first, double growth) : first_(first), growth_(growth) {}

  void clear() { size_ = 0, best_ = {}; }

  void add(double entry, double rounding, double step) {
    if (!std::isfinite(entry)) return clear();
    double factor = first_;
    for (std::size_t k = 0; k < size_; ++k, factor *= growth_) {
      const double before = std::exchange(row_[k], entry);
      const double next = entry + (entry - before) / (factor - 1);
      const double error = std::max(std::abs(next - entry), std::abs(next - before)) + rounding;
      if (error < best_.error) best_ = {next, error, rounding, step};
      entry = next;
    }
    row_[size_++] = entry;
  }

  std::size_t size() const { return size_; }
  const Estimate& best() const { return best_; }

 private:
  double first_, growth_;
  std::array<double, levels> row_{};  // the last: entries of the smallest step so far
  std::size_t size_ = 0;
  Estimate best_;
};

void keep_better(Estimate& kept, const Estimate& other) {
  if (other.error < kept.error) kept = other;
}

// Slopes that have no limit grow by the same factor, of a power of h, with each step of the last
// tableau, where those of mere noise come and go.
class Growth {
 public:
  void begin() { steps_ = 0, last_ = 0, factor_ = 0; }

  void add(double slope, double rounding) {
    constexpr double least = 1.05, same = 0.1;  // h^-0.1 grows by 1.07
    const double factor = slope / last_;
    const bool grows = factor >= least && std::abs(slope) > 10 * rounding &&
                       (factor_ == 0 || std::abs(factor / factor_ - 1) < same);
    if (last_ != 0) steps_ = grows ? steps_ + 1 : -levels;
    if (last_ != 0) factor_ = factor;
    last_ = slope;
  }
  bool has_no_limit() const { return steps_ == levels - 1; }

 private:
  int steps_ = 0;
  double last_ = 0, factor_ = 0;
};

// f below, at and above x, at a distance of h from each other.
struct Sample {
  double below, middle, above, h;

  double slope() const { return (above - below) / (2 * h); }
  double to_right() const { return (above - middle) / h; }
  double to_left() const { return (middle - below) / h; }
  double bend() const { return (above - middle - (middle - below)) / h; }
  // Of one side, if f is finite on one side only.
  double finite_slope() const {
    if (std::isfinite(slope())) return slope();
    return std::isfinite(to_right()) ? to_right() : to_left();
  }
  double size() const {
    return std::max(std::isfinite(below) ? std::abs(below) : 0.0,
                    std::isfinite(above) ? std::abs(above) : 0.0);
  }
  // What rounding may do to the slope.
  double rounding() const { return epsilon * size() / h; }
  bool is_flat() const { return below == middle && middle == above; }
  // The smaller of the changes to both sides, if f goes up or down through x, else 0.
  double change() const {
    const double right = above - middle, left = middle - below;
    return right * left > 0 ? std::min(std::abs(right), std::abs(left)) : 0;
  }
};

// What is seen of one result while steps shrink.
class Progress {
 public:
  // A tableau may look smooth and be wrong: where f oscillates, or has noise, at a smaller scale
  // than its steps. A single difference of a much smaller step would show it.
  // @param scale  a change of x that f should feel
  void begin_tableau(const Sample& probe, double scale) {
    difference_before_ = difference();
    bend_before_ = bend();
    probe_ = probe;
    least_felt_ = least_felt_step * scale;
    for (Tableau* one : {&central_, &bend_, &right_, &left_}) one->clear();
    slope_growth_.begin();
    bend_growth_.begin();
  }

  void add(const Sample& sample) {
    if (sample.is_flat()) widest_flat_ = std::max(widest_flat_, sample.h);
    if (sample.change() > 0) least_change_ = std::min(least_change_, sample.change());
    if (sample.is_flat() && sample.h < least_felt_) {
      is_flat_nearby_ = true;
      return;
    }
    const double h = sample.h, rounding = sample.rounding();
    if (central_.size() == 0) widest_ = sample;
    // What the extrapolations make of rounding at most: twice, four times, eight times.
    central_.add(sample.slope(), 2 * rounding, h);
    bend_.add(sample.bend(), 8 * rounding, h);
    right_.add(sample.to_right(), 16 * rounding, h);
    left_.add(sample.to_left(), 16 * rounding, h);
    slope_growth_.add(sample.finite_slope(), rounding);
    bend_growth_.add(sample.bend(), rounding);
    largest_ = sample.size();
    keep_better(from_right_, right_.best());
    keep_better(from_left_, left_.best());
  }

  bool is_settled(double goal) const {
    if (central_.size() < trusted_after) return false;
    const Estimate d = difference();
    return (is_precise(d, goal) || is_at_rounding(d)) && is_smooth(d, 100 * goal);
  }

  Difference result(double goal, bool is_finite_at_x) const {
    const Estimate estimate = difference();
    if (!is_finite_at_x) return as_difference(estimate, Doubt::not_finite);
    if (!estimate.is_known()) return of_one_side();
    Difference d = as_difference(estimate, Doubt::none);
    if (slope_growth_.has_no_limit() || bend_growth_.has_no_limit()) {
      d.doubt = Doubt::steep;
      return d;
    }
    if (is_smooth(estimate, 100 * goal)) return d;
    const Estimate gap = bend();
    d.is_at_rounding = false;
    d.error += std::abs(gap.value) / 2;
    if (gap.is_clearly_not_zero()) {
      d.doubt = Doubt::kink;
      d.left = d.value - gap.value / 2;
      d.right = d.value + gap.value / 2;
      d.error = estimate.error + gap.error / 2;
    }
    return d;
  }

 private:
  double least_felt_ = 0, largest_ = 0;
  double widest_flat_ = 0, least_change_ = infinity;
  bool is_flat_nearby_ = false;
  Sample probe_{}, widest_{};
  Tableau central_{4, 4}, bend_{2, 4}, right_{2, 2}, left_{2, 2};
  Estimate difference_before_, bend_before_;  // of the tableaux before this one
  Estimate from_right_, from_left_;
  Growth slope_growth_, bend_growth_;

  // How far f may be off a smooth curve, by the probe: beyond rounding and the probe's own error,
  // of order h² for the slope and h for the bend, nothing should part it from the tableaux' limits.
  double unevenness() const {
    const auto off = [this](double probed, const Tableau& tableau, double widest, double order) {
      const double limit = tableau.best().value;
      const double expected = 4 * order * std::abs(widest - limit) + 10 * probe_.rounding();
      const double gap = std::abs(probed - limit);
      return gap > expected ? gap * probe_.h : 0;  // NaN is not
    };
    return std::max(off(probe_.slope(), central_, widest_.slope(), probe_step * probe_step),
                    off(probe_.bend(), bend_, widest_.bend(), probe_step) / 2);
  }
  Estimate difference() const {
    Estimate kept = difference_before_, now = central_.best();
    if (!now.is_known()) return kept;
    now.error += 2 * unevenness() / now.step;
    keep_better(kept, now);
    return kept;
  }
  Estimate bend() const {
    Estimate kept = bend_before_, now = bend_.best();
    if (!now.is_known()) return kept;
    now.rounding += 8 * unevenness() / now.step;
    now.error += 8 * unevenness() / now.step;
    keep_better(kept, now);
    return kept;
  }

  static bool is_precise(const Estimate& d, double goal) {
    return d.error <= goal * std::abs(d.value);
  }
  // A sum of thousands of terms has some ten times the rounding of a single operation.
  bool is_at_rounding(const Estimate& d) const {
    return d.is_known() && d.step >= least_felt_ && d.error <= 128 * epsilon * largest_ / d.step;
  }
  // Do left and right meet, as far as can be seen?
  bool is_smooth(const Estimate& d, double tolerance) const {
    const Estimate gap = bend();
    const double small = std::max(tolerance * std::abs(d.value), 4 * gap.rounding);
    return gap.is_known() && std::abs(gap.value) <= small && gap.error <= small;
  }

  Difference as_difference(const Estimate& estimate, Doubt doubt) const {
    Difference d;
    d.value = estimate.value;
    d.error = estimate.error;
    d.step = estimate.step;
    d.doubt = doubt;
    d.is_flat_nearby = is_flat_nearby_;
    d.is_at_rounding = doubt == Doubt::none && is_at_rounding(estimate);
    if (widest_flat_ > 0 && least_change_ < infinity) d.hidden = least_change_ / widest_flat_;
    return d;
  }
  Difference of_one_side() const {
    const Estimate& side = from_right_.error <= from_left_.error ? from_right_ : from_left_;
    const Doubt doubt = slope_growth_.has_no_limit() ? Doubt::steep : Doubt::one_sided;
    return as_difference(side, side.is_known() ? doubt : Doubt::not_finite);
  }
};

// First steps of the tableaux for an input of that size.
std::vector<double> starts(double size) {
  std::vector<double> steps;
  double step = first_step * std::max(size, 1.0);
  for (int k = 0; k < wide_starts; ++k, step *= next_start) steps.push_back(step);
  double narrow = first_step * size;
  for (int k = 0; k < 2; ++k, narrow *= next_start)
    if (narrow > 0 && narrow < steps[wide_starts - 1]) steps.push_back(narrow);
  return steps;
}

}  // namespace

FiniteDifferences::FiniteDifferences(const PlainFunctions& f, std::span<const double> x,
                                     std::size_t results, double goal)
    : f_(f),
      x_(x.begin(), x.end()),
      middle_(results),
      below_(results),
      above_(results),
      goal_(goal) {
  f_(x_, middle_);
}

// Fills below_ and above_. The step that was taken: one for which x ± step need no rounding; NaN
// where there is none.
double FiniteDifferences::sample(std::size_t i, double step) {
  const double at = x_[i];
  const double outside = at < 0 ? at - step : at + step;
  const double exact = std::isfinite(outside) ? std::abs(outside - at) : PartialCheck::unknown;
  x_[i] = at + exact;
  f_(x_, above_);
  x_[i] = at - exact;
  f_(x_, below_);
  x_[i] = at;
  return exact;
}

std::vector<Difference> FiniteDifferences::by(std::size_t i) {
  const std::size_t results = middle_.size();
  std::vector<Progress> all(results);
  const auto settled = [this](const Progress& one) { return one.is_settled(goal_); };
  const double size = std::abs(x_[i]);
  const double scale = std::max(size, 1.0);
  bool done = results == 0;
  for (const double start : starts(size)) {
    if (done) break;
    const double probe_h = sample(i, probe_step * start);
    for (std::size_t k = 0; k < results; ++k)
      all[k].begin_tableau({below_[k], middle_[k], above_[k], probe_h}, scale);
    double step = start;
    for (int level = 0; level < levels && !done; ++level, step /= 2) {
      const double h = sample(i, step);
      for (std::size_t k = 0; k < results; ++k) all[k].add({below_[k], middle_[k], above_[k], h});
      done = std::ranges::all_of(all, settled);
    }
  }
  std::vector<Difference> differences;
  for (std::size_t k = 0; k < results; ++k)
    differences.push_back(all[k].result(goal_, std::isfinite(middle_[k])));
  return differences;
}

}  // namespace tapegrad

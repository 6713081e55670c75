#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "contest.hpp"

namespace tapegrad::bench {
namespace {

using Row = std::vector<std::string>;

class GeometricMean {
 public:
  void add(double x) { sum_of_logs_ += std::log(x), ++count_; }
  bool empty() const { return count_ == 0; }
  double operator()() const { return std::exp(sum_of_logs_ / count_); }

 private:
  double sum_of_logs_ = 0;
  int count_ = 0;
};

// How one contestant stands beside another one, over all kernels.
struct Comparison {
  GeometricMean mean;
  double worst = 0;
  std::string worst_kernel;

  void add(const std::string& kernel, double ratio) {
    mean.add(ratio);
    if (ratio <= worst) return;
    worst = ratio;
    worst_kernel = kernel;
  }
};

// Names in the order in which they first appear.
template <class NameOf> Row names(const Contest& contest, NameOf name_of) {
  Row names;
  for (const Result& result : contest.results())
    if (const std::string& name = name_of(result.entry);
        std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  return names;
}

const Result* find(const Contest& contest, const std::string& kernel,
                   const std::string& contestant) {
  for (const Result& result : contest.results())
    if (result.entry.kernel == kernel && result.entry.contestant == contestant) return &result;
  return nullptr;
}

bool is_other_tape(const std::string& contestant) {
  return contestant != plain && contestant != by_hand && contestant != ours &&
         contestant != ours_shared;
}

// The fastest package that isn't ours; infinity if there is none.
double best_other_time(const Contest& contest, const std::string& kernel) {
  double best = std::numeric_limits<double>::infinity();
  for (const Result& result : contest.results())
    if (result.entry.kernel == kernel && is_other_tape(result.entry.contestant))
      best = std::min(best, result.time());
  return best;
}

// Text to the left, numbers to the right.
void print_aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows)
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], row[k].size());
  for (const Row& row : rows) {
    fmt::print("{:<{}}", row[0], widths[0]);
    for (std::size_t k = 1; k < row.size(); ++k) fmt::print("  {:>{}}", row[k], widths[k]);
    fmt::print("\n");
  }
}

void print_comparison(std::string_view contestant, std::string_view other,
                      const Comparison& comparison) {
  if (comparison.mean.empty()) return;
  fmt::print("{} takes {:.3f} times as long as {} (geometric mean), at most {:.3f} times ({})\n",
             contestant, comparison.mean(), other, comparison.worst, comparison.worst_kernel);
}

}  // namespace

void print_table(const Contest& contest) {
  Row contestants = names(contest, [](const Entry& entry) { return entry.contestant; });
  std::erase(contestants, plain);

  Row title{"times relative to plain", "plain, us", "operations"};
  title.insert(title.end(), contestants.begin(), contestants.end());
  title.insert(title.end(), {"bytes/op", "ns/op"});
  std::vector<Row> rows{title};
  std::vector<GeometricMean> means(contestants.size());
  Comparison shared;
  Comparison others;

  for (const std::string& kernel :
       names(contest, [](const Entry& entry) { return entry.kernel; })) {
    const double plain_time = find(contest, kernel, plain)->time();
    const Result& our = *find(contest, kernel, ours);
    const Cost& cost = our.entry.cost;
    Row row{kernel, fmt::format("{:.3f}", plain_time / 1000), fmt::format("{}", cost.operations)};
    for (std::size_t k = 0; k < contestants.size(); ++k) {
      const Result* const result = find(contest, kernel, contestants[k]);
      if (result) means[k].add(result->time() / plain_time);
      row.push_back(result ? fmt::format("{:.2f}", result->time() / plain_time) : "-");
    }
    row.push_back(fmt::format("{:.1f}", cost.bytes_per_operation));
    row.push_back(fmt::format("{:.2f}", our.time() / cost.operations));
    rows.push_back(row);

    shared.add(kernel, find(contest, kernel, ours_shared)->time() / our.time());
    const double best_other = best_other_time(contest, kernel);
    if (std::isfinite(best_other)) others.add(kernel, our.time() / best_other);
  }

  Row last{"geometric mean", "", ""};
  for (const GeometricMean& mean : means) last.push_back(fmt::format("{:.2f}", mean()));
  last.insert(last.end(), {"", ""});
  rows.push_back(last);
  print_aligned(rows);
  print_comparison("tapegrad", "the best other tape of each kernel", others);
  print_comparison("tapegrad in a .so", "in the executable", shared);
}

void print_csv(const Contest& contest) {
  fmt::print("kernel,contestant,repetition,nanoseconds\n");
  for (const auto& [entry, times] : contest.results())
    for (std::size_t k = 0; k < times.size(); ++k)
      fmt::print("\"{}\",{},{},{:.3f}\n", entry.kernel, entry.contestant, k, times[k]);
}

}  // namespace tapegrad::bench

// What does a direction cost, where several are swept at once?
//
//   meson test -C build/release --benchmark --verbose directions
//
// Each kernel is recorded once. Below: a direction of pull_back, push_forward and
// hessian_vector_products as a multiple of one sweep by backward(). All by turns, in time of the
// processor; the least of each counts. Before that, they are held against each other.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "kernels.hpp"
#include "processor_time.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

constexpr int rounds = 9;
constexpr double seconds_of_a_round = 0.01;

// One kernel on a tape. Direction d has 1 + d for each of its seeds or tangents.
class Recorded {
 public:
  template <class Kernel>
  explicit Recorded(const Kernel& kernel) : x_(tape_.variables(kernel.inputs())) {
    y_ = kernel(std::span<const Value>(x_));
  }

  std::size_t nodes() const { return tape_.size(); }

  std::span<const double> backward() {
    tape_.backward(y_);
    out_.resize(x_.size());
    tape_.adjoints(x_, out_);
    return out_;
  }
  std::span<const double> pull_back(std::size_t directions) {
    give(directions, 1, x_.size());
    tape_.pull_back(std::span(&y_, 1), given_, x_, out_);
    return out_;
  }
  std::span<const double> push_forward(std::size_t directions) {
    give(directions, x_.size(), 1);
    tape_.push_forward(x_, given_, std::span(&y_, 1), out_);
    return out_;
  }
  std::span<const double> hessian_vector_products(std::size_t directions) {
    const Seed seed{y_};
    give(directions, x_.size(), x_.size());
    tape_.hessian_vector_products(std::span(&seed, 1), x_, given_, out_);
    return out_;
  }

 private:
  // Made anew only when it is another way's turn.
  void give(std::size_t directions, std::size_t each, std::size_t taken) {
    out_.resize(directions * taken);
    if (each_ == each && given_.size() == directions * each) return;
    each_ = each;
    given_.clear();
    for (std::size_t d = 0; d < directions; ++d)
      given_.resize(given_.size() + each, static_cast<double>(1 + d));
  }

  Tape tape_;
  std::vector<Value> x_;
  Value y_;
  std::vector<double> given_, out_;
  std::size_t each_ = 0;
};

struct Way {
  const char* name;
  std::size_t directions;
  std::function<void(Recorded&)> run;
  double least = std::numeric_limits<double>::infinity();  // seconds of a sweep

  void measure(Recorded& recorded) {
    int count = 0;
    const double start = bench::processor_time();
    double spent = 0;
    do run(recorded), ++count, spent = bench::processor_time() - start;
    while (spent < seconds_of_a_round);
    least = std::min(least, spent / count);
  }
};

std::vector<Way> all_ways() {
  std::vector<Way> ways{{"sweep", 1, [](Recorded& one) { one.backward(); }}};
  for (const std::size_t d : {1u, 4u, 8u, 16u})
    ways.push_back({"pull_back", d, [d](Recorded& one) { one.pull_back(d); }});
  for (const std::size_t d : {1u, 4u, 8u, 16u})
    ways.push_back({"push_forward", d, [d](Recorded& one) { one.push_forward(d); }});
  for (const std::size_t d : {1u, 8u, 16u})
    ways.push_back({"H v", d, [d](Recorded& one) { one.hessian_vector_products(d); }});
  return ways;
}

void require(bool agrees, const char* kernel, const char* what) {
  if (agrees) return;
  fmt::print(stderr, "{}: {} does not agree\n", kernel, what);
  std::exit(1);
}

// Direction d is 1 + d times the first one: that is of the sweep, and for second derivatives a
// product of its own.
void check(Recorded& recorded, const char* kernel) {
  const auto near = [](double a, double b) {
    return std::abs(a - b) <= 1e-9 * (std::abs(a) + std::abs(b)) + 1e-12;
  };
  const std::span<const double> swept = recorded.backward();
  const std::vector<double> gradient(swept.begin(), swept.end());
  const std::span<const double> pulled = recorded.pull_back(16);
  for (std::size_t k = 0; k < pulled.size(); ++k) {
    const auto times = static_cast<double>(1 + k / gradient.size());
    require(near(pulled[k], times * gradient[k % gradient.size()]), kernel, "pull_back");
  }
  const double sum = std::accumulate(gradient.begin(), gradient.end(), 0.0);
  const std::span<const double> pushed = recorded.push_forward(16);
  for (std::size_t d = 0; d < pushed.size(); ++d)
    require(near(pushed[d], static_cast<double>(1 + d) * sum), kernel, "push_forward");
  const std::span<const double> single = recorded.hessian_vector_products(1);
  const std::vector<double> product(single.begin(), single.end());
  const std::span<const double> products = recorded.hessian_vector_products(16);
  for (std::size_t k = 0; k < products.size(); ++k) {
    const auto times = static_cast<double>(1 + k / product.size());
    require(near(products[k], times * product[k % product.size()]), kernel, "H v");
  }
}

void print_titles(const std::vector<Way>& ways) {
  fmt::print("{:44} {:>8} {:>9}", "", "", "");
  for (std::size_t k = 1; k < ways.size(); ++k)
    fmt::print(" {:>7}", ways[k].directions == 1 ? ways[k].name : "");
  fmt::print("\n{:44} {:>8} {:>9}", "function", "nodes", "ns a node");
  for (std::size_t k = 1; k < ways.size(); ++k) fmt::print(" {:>7}", ways[k].directions);
  fmt::print("\n");
}

}  // namespace

int main(int count, char** arguments) {
  constexpr std::string_view option = "--kernel=";
  if (count > 2 || (count == 2 && !std::string_view(arguments[1]).starts_with(option))) {
    fmt::print(stderr, "usage: {} [--kernel=TEXT]\n", arguments[0]);
    return 2;
  }
  const std::string_view wanted = count == 2 ? arguments[1] + option.size() : "";
  const std::vector<Way> names = all_ways();
  print_titles(names);
  std::vector<double> logarithms(names.size());
  int kernels = 0;
  bench::for_each_kernel([&]<class Kernel>(const Kernel& kernel) {
    if (std::string_view(Kernel::name).find(wanted) == std::string_view::npos) return;
    Recorded recorded(kernel);
    check(recorded, Kernel::name);
    std::vector<Way> ways = all_ways();
    for (int round = 0; round < rounds; ++round)
      for (Way& way : ways) way.measure(recorded);

    const auto nodes = static_cast<double>(recorded.nodes());
    fmt::print("{:44} {:8} {:9.2f}", Kernel::name, nodes, 1e9 * ways[0].least / nodes);
    for (std::size_t k = 1; k < ways.size(); ++k) {
      const double ratio = ways[k].least / static_cast<double>(ways[k].directions) / ways[0].least;
      logarithms[k] += std::log(ratio);
      fmt::print(" {:7.2f}", ratio);
    }
    fmt::print("\n");
    std::fflush(stdout);
    ++kernels;
  });
  fmt::print("{:44} {:>8} {:>9}", "geometric mean", "", "");
  for (std::size_t k = 1; k < names.size(); ++k)
    fmt::print(" {:7.2f}", std::exp(logarithms[k] / kernels));
  fmt::print("\n");
}

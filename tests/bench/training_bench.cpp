// What does an epoch of training cost, beside a library of matrices, and beside loops by hand?
//
//   meson test -C build/release --benchmark --verbose training
//   build/release/tests/bench/training_bench samples/data/digits.csv
//
// Contestants (training_task.hpp) train the same network with the same samples, and must come to
// the same losses. They take turns, epoch by epoch, and the shortest time counts: time of the
// processor, all threads together, since that is what others on the machine disturb least. Then, by
// the clock: what two threads do beside two processes; and how long it takes to read 97 % of the
// digits that were kept back.
//
// libtorch leaves products of matrices to the libblas.so.3 that is installed. With OpenBLAS
// (Debian: libopenblas0; OPENBLAS_NUM_THREADS=1) in place of the reference BLAS it takes two thirds
// of the time for the small network, a fifth for the large one. For tanh, Eigen calls the C
// library.

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "processes.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/objective.hpp"
#include "tapegrad/nn/random.hpp"
#include "tapegrad/nn/score.hpp"
#include "training_task.hpp"

using namespace tapegrad;
using namespace tapegrad::bench;

namespace {

constexpr std::size_t train_samples = 1500;
constexpr std::uint64_t seed = 1;

/// By the clock.
double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double processor_seconds_of(const std::function<void()>& work) {
  const auto now = [] {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double start = now();
  work();
  return now() - start;
}

Dataset part(const Dataset& data, std::span<const std::size_t> samples) {
  Dataset part{.inputs = data.inputs, .classes = data.classes, .x = {}, .labels = {}};
  for (const std::size_t sample : samples) {
    part.x.insert(part.x.end(), data.row(sample).begin(), data.row(sample).end());
    part.labels.push_back(data.labels[sample]);
  }
  return part;
}

struct Digits {
  explicit Digits(const char* file) {
    Dataset all = read_csv(file, {.classes = 10});
    scale(all, 1.0 / 16);  // grey levels 0..16 to 0..1
    const std::vector<std::size_t> order = Random(seed).permutation(all.size());
    if (order.size() <= train_samples) throw ArgumentError("training_bench: too few digits");
    train = part(all, std::span(order).first(train_samples));
    test = part(all, std::span(order).subspan(train_samples));
  }
  Dataset train, test;
};

struct Contestant {
  std::string name;
  MadeTrainee trainee;
  double seconds = std::numeric_limits<double>::infinity();  // the shortest epoch
};

// A task, and the contestants who take it on.
class TrainingContest {
 public:
  TrainingContest(TrainingTask task, const Dataset& test)
      : task_(std::move(task)),
        test_(one_hot(test)),
        net_(task_.sizes, Activation::tanh, Activation::identity, seed),
        first_(net_.parameters().begin(), net_.parameters().end()) {
    contestants_.push_back({"tape", tape_trainee(task_)});
    contestants_.push_back({"program, exact", program_trainee(task_, Math::exact)});
    contestants_.push_back({"program, vectors", program_trainee(task_, Math::vector)});
    contestants_.push_back({loops, loops_trainee(task_)});
    contestants_.push_back({vector_loops, vector_loops_trainee(task_)});
#if defined(BENCH_EIGEN)
    contestants_.push_back({"Eigen", eigen_trainee(task_)});
#endif
#if defined(BENCH_TORCH)
    contestants_.push_back({torch, torch_trainee(task_)});
#endif
  }

  /// Two epochs of each. @return whether all come to the same losses
  bool check() {
    fmt::print("{}, batches of {}: mean losses\n{:18}{:>24}{:>24}\n", sizes(), task_.batch, "",
               "during the 2nd epoch", "of unseen digits");
    std::vector<std::pair<double, double>> losses;
    for (const Contestant& one : contestants_) {
      one.trainee->start(first_);
      Random random(seed);
      one.trainee->run_epoch(random.permutation(train_samples));
      const double during = one.trainee->run_epoch(random.permutation(train_samples));
      losses.emplace_back(during, score(*one.trainee).loss);
      fmt::print("{:18}{:24.16g}{:24.16g}\n", one.name, losses.back().first, losses.back().second);
    }
    fmt::print("\n");
    const auto is_near = [](double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); };
    return std::ranges::all_of(losses, [&](const auto& loss) {
      return is_near(loss.first, losses[0].first) && is_near(loss.second, losses[0].second);
    });
  }

  void time(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      const std::vector<std::size_t> order =
          Random(static_cast<std::uint64_t>(round)).permutation(train_samples);
      for (Contestant& one : contestants_) {
        one.trainee->start(first_);
        const double seconds = processor_seconds_of([&] { one.trainee->run_epoch(order); });
        one.seconds = std::min(one.seconds, seconds);
      }
    }
  }

  void print() const {
    fmt::print("{}, batches of {}: an epoch of {} digits, one thread\n{:18}{:>10}", sizes(),
               task_.batch, train_samples, "", "ms");
    const std::vector<const Contestant*> baselines = {find(loops), find(vector_loops), find(torch)};
    for (const Contestant* baseline : baselines)
      if (baseline != nullptr) fmt::print("{:>18}", "/ " + baseline->name);
    fmt::print("\n");
    for (const Contestant& one : contestants_) {
      fmt::print("{:18}{:10.2f}", one.name, one.seconds * 1e3);
      for (const Contestant* baseline : baselines)
        if (baseline != nullptr) fmt::print("{:18.2f}", one.seconds / baseline->seconds);
      fmt::print("\n");
    }
    fmt::print("\n");
  }

  /// Epochs until so many unseen digits are read, and the seconds that they took.
  void race(double accuracy) {
    constexpr int most_epochs = 100;
    fmt::print("{}, batches of {}: until it reads {} % of the unseen digits\n", sizes(),
               task_.batch, accuracy * 100);
    for (const Contestant& one : contestants_) {
      one.trainee->start(first_);
      Random random(seed);
      double seconds = 0;
      Score reached;
      int epochs = 0;
      while (epochs < most_epochs && !(reached.accuracy >= accuracy)) {
        const std::vector<std::size_t> order = random.permutation(train_samples);
        seconds += processor_seconds_of([&] { one.trainee->run_epoch(order); });
        reached = score(*one.trainee);
        ++epochs;
      }
      fmt::print("{:18}{:4} epochs, {:9.2f} ms, {:.2f} %\n", one.name, epochs, seconds * 1e3,
                 reached.accuracy * 100);
    }
    fmt::print("\n");
  }

 private:
  static constexpr const char* loops = "loops";
  static constexpr const char* vector_loops = "loops, vectors";
  static constexpr const char* torch = "libtorch";

  std::string sizes() const { return fmt::format("{}", fmt::join(task_.sizes, "-")); }

  const Contestant* find(const char* name) const {
    const auto found = std::ranges::find(contestants_, name, &Contestant::name);
    return found == contestants_.end() ? nullptr : &*found;
  }

  Score score(const Trainee& trainee) {
    std::ranges::copy(trainee.parameters(), net_.parameters().begin());
    return evaluate(net_, classification(), test_);
  }

  TrainingTask task_;
  Samples test_;
  MLP net_;
  std::vector<double> first_;  // parameters
  std::vector<Contestant> contestants_;
};

// Two threads at one training; and two processes, each at a training of its own.
class TwoAtWork {
 public:
  /// Processes are made here: before there are threads.
  explicit TwoAtWork(TrainingTask task)
      : task_(std::move(task)),
        order_(Random(seed).permutation(train_samples)),
        processes_(2, [this](std::size_t, std::size_t turns) {
          if (one_ == nullptr) one_ = started(1);
          for (std::size_t turn = 0; turn < turns; ++turn) one_->run_epoch(order_);
        }) {}

  void time_and_print(int rounds) {
    processes_.run(1);  // compile
    const MadeTrainee one = started(1), two = started(2);
    double of_one = std::numeric_limits<double>::infinity(), of_threads = of_one,
           of_processes = of_one;
    const auto shorten = [](double& least, const std::function<void()>& work) {
      least = std::min(least, seconds_of(work));
    };
    for (int round = 0; round < rounds; ++round) {
      shorten(of_one, [&] { one->run_epoch(order_); });
      shorten(of_threads, [&] { two->run_epoch(order_); });
      shorten(of_processes, [&] { processes_.run(1); });
    }
    fmt::print(
        "{}, batches of {}: epochs a second, by programs with vector functions\n"
        "one thread {:.0f}, two threads {:.0f}, two processes {:.0f}\n"
        "as a multiple: two threads {:.2f}, two processes {:.2f}\n\n",
        fmt::join(task_.sizes, "-"), task_.batch, 1 / of_one, 1 / of_threads, 2 / of_processes,
        of_one / of_threads, 2 * of_one / of_processes);
  }

 private:
  MadeTrainee started(std::size_t threads) const {
    MadeTrainee trainee = program_trainee(task_, Math::vector, threads);
    const MLP net(task_.sizes, Activation::tanh, Activation::identity, seed);
    trainee->start(net.parameters());
    trainee->run_epoch(order_);  // compiles
    return trainee;
  }

  TrainingTask task_;
  std::vector<std::size_t> order_;
  MadeTrainee one_;  // of a process
  Processes processes_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: {} DIGITS.csv\n", arguments[0]);
    return 2;
  }
  try {
    const Digits digits(arguments[1]);
    const TrainingTask small{.sizes = {64, 32, 10}, .adam = {.rate = 0.004}, .train = digits.train};
    const TrainingTask large{
        .sizes = {64, 128, 128, 10}, .batch = 256, .adam = {.rate = 0.004}, .train = digits.train};
    TwoAtWork two_at_small(small), two_at_large(large);
    TrainingContest at_small(small, digits.test), at_large(large, digits.test);
    if (!at_small.check() || !at_large.check()) {
      fmt::print("they do not agree\n");
      return 1;
    }
    at_small.time(50);
    at_large.time(5);
    at_small.print();
    at_large.print();
    two_at_small.time_and_print(50);
    two_at_large.time_and_print(5);
    at_small.race(0.97);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

// Training a network to read digits, by tapegrad and by others: what each of them has to do.
//
// All do the same arithmetic in double precision, up to rounding: the same first weights, the same
// samples in the same batches, mean softmax cross-entropy, Adam.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "tapegrad/nn/dataset.hpp"
#include "tapegrad/nn/optimizer.hpp"
#include "tapegrad/program/replay.hpp"

namespace tapegrad::bench {

struct TrainingTask {
  std::vector<std::size_t> sizes;  // inputs, then the neurons of each layer; hidden ones are tanh
  std::size_t batch = 32;
  AdamOptions adam = {};
  const Dataset& train;
};

/// A network in training.
class Trainee {
 public:
  virtual ~Trainee() = default;

  /// Begins at parameters in the order of MLP::parameters(), with an Adam that remembers nothing.
  virtual void start(std::span<const double> parameters) = 0;
  /// Goes through all samples in this order, batch by batch, with a step after each.
  /// @return  the mean of the losses that the samples had before their batch's step
  virtual double run_epoch(std::span<const std::size_t> order) = 0;
  virtual std::vector<double> parameters() const = 0;
};

using MadeTrainee = std::unique_ptr<Trainee>;
MadeTrainee tape_trainee(const TrainingTask& task, std::size_t threads = 1);
MadeTrainee program_trainee(const TrainingTask& task, Math math, std::size_t threads = 1);
/// Loops written for this network, as one would without a library.
MadeTrainee loops_trainee(const TrainingTask& task);
/// The same loops with vector functions for tanh and exp, as far as there are any.
MadeTrainee vector_loops_trainee(const TrainingTask& task);
/// A batch as matrices, by Eigen.
MadeTrainee eigen_trainee(const TrainingTask& task);
/// torch::nn::Linear and its like, on one thread.
MadeTrainee torch_trainee(const TrainingTask& task);

/// Calls visit(batch) for one batch after the other.
template <class Visit>
void for_each_batch(std::span<const std::size_t> order, std::size_t batch, Visit&& visit) {
  for (std::size_t begin = 0; begin < order.size(); begin += batch)
    visit(order.subspan(begin, std::min(batch, order.size() - begin)));
}

/// Adam by hand, for those who have none.
class AdamByHand {
 public:
  AdamByHand(const AdamOptions& options, std::size_t parameters)
      : options_(options), mean_(parameters), square_(parameters) {}

  void step(std::span<double> parameters, std::span<const double> gradient) {
    const auto [rate, beta1, beta2, epsilon] = options_;
    beta1_power_ *= beta1;
    beta2_power_ *= beta2;
    const double mean_scale = 1 / (1 - beta1_power_), square_scale = 1 / (1 - beta2_power_);
    double* const x = parameters.data();
    double* const m = mean_.data();
    double* const v = square_.data();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const double g = gradient[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      x[i] -= rate * (m[i] * mean_scale) / (std::sqrt(v[i] * square_scale) + epsilon);
    }
  }

 private:
  AdamOptions options_;
  std::vector<double> mean_, square_;
  double beta1_power_ = 1, beta2_power_ = 1;
};

}  // namespace tapegrad::bench

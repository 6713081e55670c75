#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "training_task.hpp"

namespace tapegrad::bench {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

struct EigenLayer {
  Index inputs, neurons;
  Index first;     // of its parameters
  MatrixXd a;      // neurons × samples
  MatrixXd delta;  // derivatives by the pre-activations
};

class EigenTrainee final : public Trainee {
 public:
  explicit EigenTrainee(const TrainingTask& task) : task_(task) {
    Index first = 0;
    for (std::size_t l = 0; l + 1 < task.sizes.size(); ++l) {
      const auto inputs = static_cast<Index>(task.sizes[l]);
      const auto neurons = static_cast<Index>(task.sizes[l + 1]);
      layers_.push_back({inputs, neurons, first, {}, {}});
      first += (inputs + 1) * neurons;
    }
    gradient_.resize(static_cast<std::size_t>(first));
  }

  void start(std::span<const double> parameters) override {
    parameters_.assign(parameters.begin(), parameters.end());
    adam_ = AdamByHand(task_.adam, parameters_.size());
  }

  double run_epoch(std::span<const std::size_t> order) override {
    const auto inputs = static_cast<Index>(task_.train.inputs);
    double loss = 0;
    for_each_batch(order, task_.batch, [&](std::span<const std::size_t> batch) {
      x_.resize(inputs, static_cast<Index>(batch.size()));
      for (std::size_t p = 0; p < batch.size(); ++p)
        std::ranges::copy(task_.train.row(batch[p]), x_.col(static_cast<Index>(p)).data());
      forward();
      loss += loss_and_delta(batch);
      backward();
      adam_.step(parameters_, gradient_);
    });
    return loss / static_cast<double>(order.size());
  }

  std::vector<double> parameters() const override { return parameters_; }

 private:
  static Eigen::Map<MatrixXd> weights(std::vector<double>& numbers, const EigenLayer& layer) {
    return {numbers.data() + layer.first, layer.neurons, layer.inputs};
  }
  static Eigen::Map<Eigen::VectorXd> biases(std::vector<double>& numbers, const EigenLayer& layer) {
    return {numbers.data() + layer.first + layer.inputs * layer.neurons, layer.neurons};
  }
  const MatrixXd& inputs_of(std::size_t l) const { return l == 0 ? x_ : layers_[l - 1].a; }

  void forward() {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      EigenLayer& layer = layers_[l];
      layer.a.noalias() = weights(parameters_, layer) * inputs_of(l);
      layer.a.colwise() += biases(parameters_, layer);
      if (l + 1 < layers_.size()) layer.a = layer.a.array().tanh();
    }
  }

  double loss_and_delta(std::span<const std::size_t> batch) {
    EigenLayer& last = layers_.back();
    const Eigen::RowVectorXd greatest = last.a.colwise().maxCoeff();
    last.delta = (last.a.rowwise() - greatest).array().exp();
    const Eigen::RowVectorXd sum = last.delta.colwise().sum();
    double loss = greatest.sum() + sum.array().log().sum();
    last.delta.array().rowwise() /= sum.array();
    for (std::size_t p = 0; p < batch.size(); ++p) {
      const auto label = static_cast<Index>(task_.train.labels[batch[p]]);
      loss -= last.a(label, static_cast<Index>(p));
      last.delta(label, static_cast<Index>(p)) -= 1;
    }
    last.delta /= static_cast<double>(batch.size());
    return loss;
  }

  void backward() {
    for (std::size_t l = layers_.size(); l-- > 0;) {
      EigenLayer& layer = layers_[l];
      weights(gradient_, layer).noalias() = layer.delta * inputs_of(l).transpose();
      biases(gradient_, layer) = layer.delta.rowwise().sum();
      if (l == 0) break;
      EigenLayer& before = layers_[l - 1];
      before.delta.noalias() = weights(parameters_, layer).transpose() * layer.delta;
      before.delta.array() *= 1 - before.a.array().square();
    }
  }

  TrainingTask task_;
  std::vector<EigenLayer> layers_;
  std::vector<double> parameters_, gradient_;
  MatrixXd x_;  // of a batch
  AdamByHand adam_{{}, 0};
};

}  // namespace

MadeTrainee eigen_trainee(const TrainingTask& task) { return std::make_unique<EigenTrainee>(task); }

}  // namespace tapegrad::bench

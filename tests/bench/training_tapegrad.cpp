#include <algorithm>
#include <optional>

#include "tapegrad/nn/loss_gradient.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/target_loss.hpp"
#include "training_task.hpp"

namespace tapegrad::bench {
namespace {

// What a Trainer does in an epoch, without its scores at the end.
class TapegradTrainee final : public Trainee {
 public:
  TapegradTrainee(const TrainingTask& task, const LossGradientOptions& options)
      : task_(task),
        samples_(one_hot(task.train)),
        net_(task.sizes, Activation::tanh, Activation::identity, 1),
        loss_gradient_(
            [this](std::span<const Value> parameters, const SampleValues& sample) {
              return softmax_cross_entropy(net_.forward(parameters, sample.inputs), sample.targets);
            },
            {.parameters = net_.parameters().size(),
             .inputs = samples_.inputs,
             .targets = samples_.targets},
            options),
        gradient_(net_.parameters().size()) {}

  void start(std::span<const double> parameters) override {
    std::ranges::copy(parameters, net_.parameters().begin());
    adam_.emplace(task_.adam);
  }

  double run_epoch(std::span<const std::size_t> order) override {
    double loss = 0;
    for_each_batch(order, task_.batch, [&](std::span<const std::size_t> batch) {
      rows_.clear();
      for (const std::size_t sample : batch) {
        const std::span<const double> x = samples_.row(sample), y = samples_.target(sample);
        rows_.insert(rows_.end(), x.begin(), x.end());
        rows_.insert(rows_.end(), y.begin(), y.end());
      }
      loss += loss_gradient_.run(
          {.parameters = net_.parameters(), .rows = rows_, .gradient = gradient_});
      for (double& derivative : gradient_) derivative /= static_cast<double>(batch.size());
      adam_->step(net_.parameters(), gradient_);
    });
    return loss / static_cast<double>(order.size());
  }

  std::vector<double> parameters() const override {
    return {net_.parameters().begin(), net_.parameters().end()};
  }

 private:
  TrainingTask task_;
  Samples samples_;
  MLP net_;
  LossGradient loss_gradient_;
  std::optional<Adam> adam_;
  std::vector<double> gradient_;
  std::vector<double> rows_;  // of a batch
};

}  // namespace

MadeTrainee tape_trainee(const TrainingTask& task, std::size_t threads) {
  return std::make_unique<TapegradTrainee>(
      task, LossGradientOptions{.engine = Engine::tape, .threads = threads});
}

MadeTrainee program_trainee(const TrainingTask& task, Math math, std::size_t threads) {
  return std::make_unique<TapegradTrainee>(
      task, LossGradientOptions{.engine = Engine::program, .threads = threads, .math = math});
}

}  // namespace tapegrad::bench

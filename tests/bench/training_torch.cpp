#include <torch/torch.h>

#include <algorithm>
#include <optional>

#include "training_task.hpp"

namespace tapegrad::bench {
namespace {

// As its tutorials do it: modules, cross_entropy, Adam. Samples are a tensor of its own from the
// start, and a batch is picked by index_select.
class TorchTrainee final : public Trainee {
 public:
  explicit TorchTrainee(const TrainingTask& task) : task_(task) {
    at::set_num_threads(1);
    torch::set_default_dtype(caffe2::TypeMeta::Make<double>());
    for (std::size_t l = 0; l + 1 < task.sizes.size(); ++l) {
      const auto inputs = static_cast<std::int64_t>(task.sizes[l]);
      net_->push_back(torch::nn::Linear(inputs, static_cast<std::int64_t>(task.sizes[l + 1])));
      if (l + 2 < task.sizes.size()) net_->push_back(torch::nn::Tanh());
    }
    const auto samples = static_cast<std::int64_t>(task.train.size());
    x_ = torch::empty({samples, static_cast<std::int64_t>(task.train.inputs)}, torch::kDouble);
    std::ranges::copy(task.train.x, x_.data_ptr<double>());
    labels_ = numbers(task.train.labels);
  }

  void start(std::span<const double> parameters) override {
    const torch::NoGradGuard no_grad;
    const double* from = parameters.data();
    for (torch::Tensor& tensor : net_->parameters()) {
      torch::Tensor ours = torch::empty(shape_of_ours(tensor), torch::kDouble);
      std::copy_n(from, ours.numel(), ours.data_ptr<double>());
      tensor.copy_(ours.t());
      from += ours.numel();
    }
    const AdamOptions& adam = task_.adam;
    adam_.emplace(
        net_->parameters(),
        torch::optim::AdamOptions(adam.rate).betas({adam.beta1, adam.beta2}).eps(adam.epsilon));
  }

  double run_epoch(std::span<const std::size_t> order) override {
    double loss = 0;
    for_each_batch(order, task_.batch, [&](std::span<const std::size_t> batch) {
      const torch::Tensor picked = numbers(batch);
      const torch::Tensor outputs = net_->forward(x_.index_select(0, picked));
      const torch::Tensor mean =
          torch::nn::functional::cross_entropy(outputs, labels_.index_select(0, picked));
      adam_->zero_grad();
      mean.backward();
      adam_->step();
      loss += mean.item<double>() * static_cast<double>(batch.size());
    });
    return loss / static_cast<double>(order.size());
  }

  std::vector<double> parameters() const override {
    std::vector<double> parameters;
    for (const torch::Tensor& tensor : net_->parameters()) {
      const torch::Tensor ours = tensor.detach().t().contiguous();
      parameters.insert(parameters.end(), ours.data_ptr<double>(),
                        ours.data_ptr<double>() + ours.numel());
    }
    return parameters;
  }

 private:
  // Of a Linear's weight, which is neurons × inputs there, and of its bias.
  static std::vector<std::int64_t> shape_of_ours(const torch::Tensor& tensor) {
    return tensor.t().sizes().vec();
  }

  static torch::Tensor numbers(std::span<const std::size_t> from) {
    torch::Tensor to = torch::empty({static_cast<std::int64_t>(from.size())}, torch::kLong);
    std::ranges::copy(from, to.data_ptr<std::int64_t>());
    return to;
  }

  TrainingTask task_;
  torch::nn::Sequential net_;
  torch::Tensor x_, labels_;
  std::optional<torch::optim::Adam> adam_;
};

}  // namespace

MadeTrainee torch_trainee(const TrainingTask& task) { return std::make_unique<TorchTrainee>(task); }

}  // namespace tapegrad::bench

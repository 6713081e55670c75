// What one writes without a library: matrices are arrays, and every product is three loops, in an
// order in which the compiler makes SIMD instructions of the innermost one.

#include <algorithm>
#include <cmath>

#include "training_task.hpp"

#if defined(__GLIBC__) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#if __GLIBC_PREREQ(2, 35)
// Other names for the C library's functions, under which it is known that they have vector
// variants.
extern "C" {
__attribute__((simd("notinbranch"))) double bench_vector_tanh(double) noexcept __asm__("tanh");
__attribute__((simd("notinbranch"))) double bench_vector_exp(double) noexcept __asm__("exp");
}
#define BENCH_VECTOR_FUNCTIONS
#endif
#endif

namespace tapegrad::bench {
namespace {

using Numbers = std::vector<double>;

struct ExactFunctions {
  static double tanh(double x) { return std::tanh(x); }
  static double exp(double x) { return std::exp(x); }
};
#if defined(BENCH_VECTOR_FUNCTIONS)
struct VectorFunctions {
  static double tanh(double x) { return bench_vector_tanh(x); }
  static double exp(double x) { return bench_vector_exp(x); }
};
#else
using VectorFunctions = ExactFunctions;
#endif

template <double (*function)(double)> void apply(double* numbers, std::size_t count) {
#if !defined(__clang__)
#pragma GCC ivdep
#endif
  for (std::size_t k = 0; k < count; ++k) numbers[k] = function(numbers[k]);
}

// A matrix, or its transpose, as it lies in memory.
struct Left {
  const double* numbers;
  std::size_t row, column;  // from one to the next
};

// c += a · b, all rows × columns, with `inner` columns of a.
void add_product(double* __restrict c, std::size_t rows, std::size_t columns, Left a,
                 std::size_t inner, const double* __restrict b) {
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < inner; ++k) {
      const double aik = a.numbers[i * a.row + k * a.column];
      for (std::size_t j = 0; j < columns; ++j) c[i * columns + j] += aik * b[k * columns + j];
    }
  }
}

struct DenseLayer {
  std::size_t inputs, neurons;
  std::size_t first;   // of its parameters
  Numbers transposed;  // weights, neurons × inputs
  Numbers a, delta;    // samples × neurons: activations, and derivatives by the pre-activations
};

template <class Functions> class LoopsTrainee final : public Trainee {
 public:
  explicit LoopsTrainee(const TrainingTask& task) : task_(task) {
    std::size_t first = 0;
    for (std::size_t l = 0; l + 1 < task.sizes.size(); ++l) {
      const std::size_t inputs = task.sizes[l], neurons = task.sizes[l + 1];
      layers_.push_back({inputs, neurons, first, Numbers(inputs * neurons),
                         Numbers(task.batch * neurons), Numbers(task.batch * neurons)});
      first += (inputs + 1) * neurons;
    }
    gradient_.resize(first);
    x_.resize(task.batch * task.sizes[0]);
  }

  void start(std::span<const double> parameters) override {
    parameters_.assign(parameters.begin(), parameters.end());
    adam_ = AdamByHand(task_.adam, parameters_.size());
  }

  double run_epoch(std::span<const std::size_t> order) override {
    double loss = 0;
    for_each_batch(order, task_.batch, [&](std::span<const std::size_t> batch) {
      for (std::size_t p = 0; p < batch.size(); ++p)
        std::ranges::copy(task_.train.row(batch[p]), x_.data() + p * task_.train.inputs);
      forward(batch.size());
      loss += loss_and_delta(batch);
      backward(batch.size());
      adam_.step(parameters_, gradient_);
    });
    return loss / static_cast<double>(order.size());
  }

  std::vector<double> parameters() const override { return parameters_; }

 private:
  const double* inputs_of(std::size_t layer) const {
    return layer == 0 ? x_.data() : layers_[layer - 1].a.data();
  }

  void forward(std::size_t samples) {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      DenseLayer& layer = layers_[l];
      const double* const weights = parameters_.data() + layer.first;
      const double* const biases = weights + layer.inputs * layer.neurons;
      double* const a = layer.a.data();
      for (std::size_t p = 0; p < samples; ++p)
        std::copy_n(biases, layer.neurons, a + p * layer.neurons);
      add_product(a, samples, layer.neurons, {inputs_of(l), layer.inputs, 1}, layer.inputs,
                  weights);
      if (l + 1 == layers_.size()) break;
      apply<&Functions::tanh>(a, samples * layer.neurons);
    }
  }

  // @return the sum of the batch's losses
  double loss_and_delta(std::span<const std::size_t> batch) {
    DenseLayer& last = layers_.back();
    double loss = 0;
    for (std::size_t p = 0; p < batch.size(); ++p) {
      const double* const a = last.a.data() + p * last.neurons;
      double* const delta = last.delta.data() + p * last.neurons;
      const double greatest = *std::max_element(a, a + last.neurons);
      for (std::size_t j = 0; j < last.neurons; ++j) delta[j] = a[j] - greatest;
      apply<&Functions::exp>(delta, last.neurons);
      double sum = 0;
      for (std::size_t j = 0; j < last.neurons; ++j) sum += delta[j];
      const std::size_t label = task_.train.labels[batch[p]];
      loss += greatest + std::log(sum) - a[label];
      const double share = 1 / static_cast<double>(batch.size());
      for (std::size_t j = 0; j < last.neurons; ++j) delta[j] *= share / sum;
      delta[label] -= share;
    }
    return loss;
  }

  void backward(std::size_t samples) {
    std::ranges::fill(gradient_, 0.0);
    for (std::size_t l = layers_.size(); l-- > 0;) {
      DenseLayer& layer = layers_[l];
      double* const weights = gradient_.data() + layer.first;
      double* const biases = weights + layer.inputs * layer.neurons;
      add_product(weights, layer.inputs, layer.neurons, {inputs_of(l), 1, layer.inputs}, samples,
                  layer.delta.data());
      for (std::size_t p = 0; p < samples; ++p)
        for (std::size_t j = 0; j < layer.neurons; ++j)
          biases[j] += layer.delta[p * layer.neurons + j];
      if (l == 0) break;
      const double* const old = parameters_.data() + layer.first;
      for (std::size_t i = 0; i < layer.inputs; ++i)
        for (std::size_t j = 0; j < layer.neurons; ++j)
          layer.transposed[j * layer.inputs + i] = old[i * layer.neurons + j];
      DenseLayer& before = layers_[l - 1];
      std::ranges::fill(before.delta, 0.0);
      add_product(before.delta.data(), samples, layer.inputs,
                  {layer.delta.data(), layer.neurons, 1}, layer.neurons, layer.transposed.data());
      for (std::size_t k = 0; k < samples * before.neurons; ++k)
        before.delta[k] *= 1 - before.a[k] * before.a[k];
    }
  }

  TrainingTask task_;
  std::vector<DenseLayer> layers_;
  Numbers parameters_, gradient_;
  Numbers x_;  // of a batch
  AdamByHand adam_{{}, 0};
};

}  // namespace

MadeTrainee loops_trainee(const TrainingTask& task) {
  return std::make_unique<LoopsTrainee<ExactFunctions>>(task);
}

MadeTrainee vector_loops_trainee(const TrainingTask& task) {
  return std::make_unique<LoopsTrainee<VectorFunctions>>(task);
}

}  // namespace tapegrad::bench

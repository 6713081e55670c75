#include "tapegrad/derivatives/checkpoint.hpp"

#include <algorithm>

#include "recomputed.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/external.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/tape.hpp"
#include "values_of.hpp"

namespace tapegrad {
namespace {

class Checkpoint final : public External {
 public:
  Checkpoint(Segment f, std::span<const Value> inputs, std::string name)
      : f_(std::move(f)), name_(std::move(name)) {
    for (const Value& x : inputs) is_constant_.push_back(x.is_constant());
  }

  /// The first time. A result is a constant if it does not depend on the inputs; a Value of the
  /// scratch tape, which is good for nothing more than its value, if it does.
  std::vector<Value> run(std::span<const Value> inputs) {
    const Recorded recorded(*this, values_of(inputs));
    results_ = values_of(recorded.results);
    return recorded.results;
  }
  std::span<const double> results() const { return results_; }

  std::string_view name() const override { return name_; }

  void pull_back(std::span<const double> x, std::span<const double> result_adjoints,
                 std::span<double> adjoints) const override {
    const RecordedAgain recorded(*this, x);
    const std::vector<Seed> seeds = recorded.seeds(result_adjoints);
    if (std::ranges::all_of(seeds, [](const Seed& seed) { return seed.output.is_constant(); }))
      return;
    recorded.tape.backward(seeds);
    for (std::size_t k = 0; k < adjoints.size(); ++k)
      adjoints[k] += recorded.tape.adjoint(recorded.leaves()[k]);
  }

  void push_forward(std::span<const double> x, std::span<const double> tangents,
                    std::span<double> result_tangents) const override {
    const RecordedAgain recorded(*this, x);
    std::vector<double> pushed(result_tangents.size());
    recorded.tape.push_forward(recorded.leaves(), tangents, recorded.results, pushed);
    for (std::size_t j = 0; j < pushed.size(); ++j) result_tangents[j] += pushed[j];
  }

  void pull_back_derivative(std::span<const double> x, std::span<const double> tangents,
                            std::span<const double> result_adjoints,
                            std::span<double> adjoints) const override {
    const RecordedAgain recorded(*this, x);
    std::vector<double> products(adjoints.size());
    recorded.tape.hessian_vector_products(recorded.seeds(result_adjoints), recorded.leaves(),
                                          tangents, products);
    for (std::size_t k = 0; k < products.size(); ++k) adjoints[k] += products[k];
  }

 private:
  // The segment on a scratch tape: of those that the thread keeps for gradient(), one for each
  // depth of nesting.
  struct Recorded {
    Recorded(const Checkpoint& checkpoint, std::span<const double> x)
        : call(x), tape(*active_recording->tape()) {
      std::vector<Value> inputs(x.begin(), x.end());
      for (std::size_t k = 0; k < inputs.size(); ++k)
        if (!checkpoint.is_constant_[k]) inputs[k] = leaves()[k];
      try {
        results = checkpoint.f_(inputs);
      } catch (const StaleValueError& error) {
        throw_captured(checkpoint.described(), error);
      }
      check_results(checkpoint.described(), results, tape);
    }

    std::span<const Value> leaves() const { return call.inputs(); }

    std::vector<Seed> seeds(std::span<const double> adjoints) const {
      std::vector<Seed> all;
      for (std::size_t j = 0; j < adjoints.size(); ++j) all.push_back({results[j], adjoints[j]});
      return all;
    }

    GradientCall call;
    Tape& tape;
    std::vector<Value> results;
  };

  struct RecordedAgain : Recorded {
    RecordedAgain(const Checkpoint& checkpoint, std::span<const double> x)
        : Recorded(checkpoint, x) {
      check_repeated(checkpoint.described(), results, checkpoint.results_);
    }
  };

  Recomputed described() const { return {.kind = "checkpoint", .name = name_}; }

  Segment f_;
  std::string name_;
  std::vector<bool> is_constant_;
  std::vector<double> results_;
};

}  // namespace

std::vector<Value> record_checkpoint(Segment f, std::span<const Value> inputs, std::string name) {
  const CallerScope caller(TAPEGRAD_CALLER);
  const std::vector<Value> taken = recorded_inputs(inputs, name);
  inputs = taken;
  Tape* const tape = active_recording->tape();  // none: then all inputs are constants
  const auto checkpoint = std::make_shared<Checkpoint>(std::move(f), inputs, std::move(name));
  const std::vector<Value> found = checkpoint->run(inputs);
  if (std::ranges::all_of(found, &Value::is_constant)) return found;

  std::vector<Value> results = tape->external(checkpoint, inputs, checkpoint->results());
  for (std::size_t j = 0; j < results.size(); ++j)
    if (found[j].is_constant()) results[j] = found[j];
  return results;
}

}  // namespace tapegrad

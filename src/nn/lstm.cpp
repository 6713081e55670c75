#include "tapegrad/nn/lstm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/operators.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/nn/initializer.hpp"
#include "tapegrad/nn/layer.hpp"
#include "tapegrad/nn/neuron.hpp"

namespace tapegrad {
namespace {

constexpr std::array<const char*, 4> gate_names{"i", "f", "g", "o"};

// The nodes of one call, in the order in which LSTM::step() records them: for each unit its gates,
// each with p + q products and the sums between them, the bias, the activation; then the cell.
std::shared_ptr<const NameScheme> names_of_call(std::size_t layer, std::size_t inputs,
                                                std::size_t hidden) {
  const std::size_t products = inputs + hidden;
  const std::size_t of_gate = 2 * products + 1;
  const std::size_t of_unit = gate_names.size() * of_gate + 5;
  std::vector<NameGrid> grids;
  const auto add = [&](const std::string& text, std::size_t first, NameGrid::Axis j = {}) {
    grids.push_back({fmt::format("L{}.n%i.", layer) + text, first, {hidden, of_unit}, j});
  };

  for (std::size_t k = 0; k < gate_names.size(); ++k) {
    const std::string gate = gate_names[k];
    const std::size_t first = k * of_gate;
    add(gate + ".w%j*x%j", first);
    if (inputs > 1) add(gate + ".w%j*x%j", first + 1, {inputs - 1, 2, 2});
    add(gate + ".u%j*h%j", first + 2 * inputs - 1, {hidden, 2, 1});
    add(gate + ".sum%j", first + 2, {products - 1, 2, 2});
    add(gate + ".pa", first + 2 * products - 1);
    add(gate, first + 2 * products);
  }
  std::size_t next = gate_names.size() * of_gate;
  for (const char* text : {"f*c", "i*g", "c", "tanh_c", "h"}) add(text, next++);
  return std::make_shared<NameScheme>(of_unit * hidden, std::move(grids));
}

}  // namespace

LSTM::LSTM(std::size_t inputs, std::size_t hidden, std::size_t number)
    : inputs_(inputs), hidden_(hidden), number_(number) {
  if (inputs == 0 || hidden == 0)
    throw ShapeError(fmt::format("LSTM {}: {} inputs and {} units; it needs at least one of each",
                                 number, inputs, hidden));
  constexpr std::size_t most = Layer::max_parameters;  // far below what overflows
  if (inputs > most || hidden > most / 4 || inputs + hidden + 1 > most / (4 * hidden))
    throw ShapeError(
        fmt::format("LSTM {}: {} inputs and {} units are too large; no memory holds the parameters",
                    number, inputs, hidden));
  node_names_ = names_of_call(number, inputs, hidden);
}

std::shared_ptr<const NameScheme> LSTM::parameter_names() const {
  std::vector<NameGrid> grids;
  for (const Gate gate : {Gate::i, Gate::f, Gate::g, Gate::o}) {
    const std::string unit =
        fmt::format("L{}.n%j.{}.", number_, gate_names[static_cast<std::size_t>(gate)]);
    const std::size_t row = 4 * hidden_;
    grids.push_back({unit + "w%i", input_weight_index(0, gate, 0), {inputs_, row}, {hidden_}});
    grids.push_back({unit + "u%i", hidden_weight_index(0, gate, 0), {hidden_, row}, {hidden_}});
    grids.push_back({.text = unit + "b", .first = bias_index(gate, 0), .j = {hidden_}});
  }
  return std::make_shared<NameScheme>(parameter_count(), std::move(grids));
}

void LSTM::check_parameters(std::size_t count) const {
  if (count != parameter_count())
    throw ShapeError(fmt::format("LSTM {}: {} parameters for {} inputs and {} units; it needs {}",
                                 number_, count, inputs_, hidden_, parameter_count()));
}

void LSTM::initialize(std::span<double> parameters, Random& random, double forget_bias) const {
  check_parameters(parameters.size());
  if (!std::isfinite(forget_bias))
    throw ArgumentError(fmt::format("LSTM {}: the forget gates' bias is {}; pass a finite number",
                                    number_, forget_bias));
  const std::size_t fan_in = inputs_ + hidden_;
  const std::size_t weights = fan_in * 4 * hidden_;
  tapegrad::initialize(parameters.first(weights), fan_in, hidden_, Initializer::xavier_uniform,
                       random);
  std::ranges::fill(parameters.subspan(weights), 0.0);
  std::ranges::fill(parameters.subspan(bias_index(Gate::f, 0), hidden_), forget_bias);
}

template <class T>
LSTMState<T> LSTM::step(std::span<const T> parameters, std::span<const T> x,
                        const LSTMState<T>& state) const {
  using std::tanh;
  check_parameters(parameters.size());
  if (x.size() != inputs_)
    throw ShapeError(
        fmt::format("LSTM {}: a row of {}, where it reads {}", number_, x.size(), inputs_));
  if (state.h.size() != hidden_ || state.c.size() != hidden_)
    throw ShapeError(
        fmt::format("LSTM {}: a state of {} outputs and {} cells for {} units; begin "
                    "with start()",
                    number_, state.h.size(), state.c.size(), hidden_));

  // W over U is one matrix, whose column makes a gate a neuron of x and h.
  std::vector<T> x_and_h(x.begin(), x.end());
  x_and_h.insert(x_and_h.end(), state.h.begin(), state.h.end());
  const auto gate = [&](Gate which, std::size_t j, Activation activation) {
    return Neuron<T>(parameters.data() + column(which, j), x_and_h.size(), 4 * hidden_,
                     parameters[bias_index(which, j)], activation)(x_and_h);
  };

  LSTMState<T> after;
  for (std::size_t j = 0; j < hidden_; ++j) {
    const T i = gate(Gate::i, j, Activation::sigmoid);
    const T f = gate(Gate::f, j, Activation::sigmoid);
    const T g = gate(Gate::g, j, Activation::tanh);
    const T o = gate(Gate::o, j, Activation::sigmoid);
    const T kept = f * state.c[j];  // by itself: the order of recording is that of the names
    const T written = i * g;
    after.c.push_back(kept + written);
    after.h.push_back(o * tanh(after.c[j]));
  }
  return after;
}

LSTMState<double> LSTM::operator()(std::span<const double> parameters, std::span<const double> x,
                                   const LSTMState<double>& state) const {
  return step(parameters, x, state);
}

LSTMState<Value> LSTM::operator()(std::span<const Value> parameters, std::span<const Value> x,
                                  const LSTMState<Value>& state) const {
  const CallerScope caller(TAPEGRAD_CALLER);
  Tape* const tape = active_recording->tape();
  const std::size_t before = tape == nullptr ? 0 : tape->size();
  LSTMState<Value> after = step(parameters, x, state);
  // A product of two constants records nothing; then the names would go astray.
  if (tape != nullptr && tape->size() - before == node_names_->size())
    tape->name_range(before + 1, node_names_);
  return after;
}

}  // namespace tapegrad

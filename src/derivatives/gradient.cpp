#include "tapegrad/derivatives/gradient.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/of_this_thread.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

// The tape and inputs of one call; calls that nest on a thread take one each, and leave it to the
// next call.
struct GradientCall::Workspace {
  Tape tape{Tape::inactive};
  std::vector<Value> inputs;

  struct OfThread {
    std::vector<std::unique_ptr<Workspace>> levels;
    std::size_t depth = 0;
  };
  static OfThread& of_thread() { return of_this_thread<OfThread>(); }
  static Workspace& enter() {
    auto& [levels, depth] = of_thread();
    if (depth == levels.size()) levels.push_back(std::make_unique<Workspace>());
    return *levels[depth++];
  }
};

GradientCall::Level::Level() : workspace(Workspace::enter()) {}

GradientCall::Level::~Level() { --Workspace::of_thread().depth; }

GradientCall::GradientCall(std::span<const double> x) : active_(level_.workspace.tape) {
  auto& [tape, inputs] = level_.workspace;
  tape.clear();
  inputs.resize(x.size());
  tape.variables(x, inputs);
}

GradientCall::~GradientCall() = default;

std::span<const Value> GradientCall::inputs() const { return level_.workspace.inputs; }

double GradientCall::sweep(Value y, std::span<double> gradient) const {
  if (y.is_constant()) {
    std::ranges::fill(gradient, 0.0);
    return y.value();
  }
  Tape& tape = level_.workspace.tape;
  tape.backward(y);
  tape.adjoints(inputs(), gradient);
  return y.value();
}

void throw_wrong_gradient_length(std::size_t inputs, std::size_t gradient) {
  throw ShapeError(
      fmt::format("gradient: room for {} partial derivatives by {} inputs; they must be as many",
                  gradient, inputs));
}

}  // namespace tapegrad

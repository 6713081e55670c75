// The contestant that this is all about. A header, since it takes part twice: compiled into the
// executable, and into a shared library, where position independent code has to ask for the active
// tape in another way.
#pragma once

#include <memory>

#include "contest.hpp"
#include "kernels.hpp"
#include "tapegrad/core.hpp"

namespace tapegrad::bench {

template <class Kernel> struct TapegradRun {
  Kernel kernel;
  std::shared_ptr<Tape> tape;
  std::vector<double> x = kernel.inputs();
  std::vector<Value> leaves = std::vector<Value>(x.size());

  double operator()(std::span<double> gradient) {
    start();
    const Value y = kernel(std::span<const Value>(leaves));
    tape->backward(y);
    tape->adjoints(leaves, gradient);
    return y.value();
  }

  void start() {
    tape->clear();
    tape->variables(x, leaves);
  }

  Cost cost() {
    std::vector<double> gradient(x.size());
    (*this)(gradient);
    const std::size_t nodes = tape->size(), bytes = tape->recording().used_bytes();
    start();  // the leaves alone
    const auto operations = static_cast<double>(nodes - tape->size());
    return {operations, static_cast<double>(bytes - tape->recording().used_bytes()) / operations};
  }
};

/// @param tape  active on this thread; all entries share it
inline void enter_tapegrad_as(const char* contestant, Contest& contest,
                              const std::shared_ptr<Tape>& tape) {
  for_each_kernel([&]<class Kernel>(const Kernel& kernel) {
    if (!contest.wants(Kernel::name)) return;
    TapegradRun<Kernel> run{kernel, tape};
    const Cost cost = run.cost();
    contest.enter(kernel, contestant, std::move(run), cost);
  });
}

// In the shared library.
[[gnu::visibility("default")]] void enter_tapegrad_shared(Contest& contest,
                                                          const std::shared_ptr<Tape>& tape);

}  // namespace tapegrad::bench

#include <stan/math/rev/scal.hpp>

#include "contestants.hpp"
#include "kernels.hpp"

namespace tapegrad::bench {
namespace {

using stan::math::var;

template <class Kernel> struct StanRun {
  Kernel kernel;
  std::vector<double> x = kernel.inputs();
  std::vector<var> leaves = std::vector<var>(x.size());

  double operator()(std::span<double> gradient) {
    for (std::size_t i = 0; i < x.size(); ++i) leaves[i] = x[i];
    const var y = kernel(std::span<const var>(leaves));
    stan::math::grad(y.vi_);
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = leaves[i].adj();
    const double value = y.val();
    stan::math::recover_memory();  // for the next run; nothing is freed
    return value;
  }
};

}  // namespace

void enter_stan(Contest& contest) {
  for_each_kernel([&]<class Kernel>(const Kernel& kernel) {
    contest.enter(kernel, "Stan", StanRun<Kernel>{kernel});
  });
}

}  // namespace tapegrad::bench

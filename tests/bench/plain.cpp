// The function by itself, and its gradient as an expert writes it by hand.

#include "contestants.hpp"
#include "kernels.hpp"

namespace tapegrad::bench {
namespace {

template <class Kernel> struct Plain {
  Kernel kernel;
  std::vector<double> x = kernel.inputs();

  double operator()(std::span<double>) const { return kernel(std::span<const double>(x)); }
};

template <class Kernel> struct ByHand {
  Kernel kernel;
  std::vector<double> x = kernel.inputs();

  double operator()(std::span<double> gradient) const { return kernel.gradient(x, gradient); }
};

}  // namespace

void enter_plain(Contest& contest) {
  for_each_kernel([&]<class Kernel>(const Kernel& kernel) {
    contest.enter(kernel, plain, Plain<Kernel>{kernel});
    contest.enter(kernel, by_hand, ByHand<Kernel>{kernel});
  });
}

}  // namespace tapegrad::bench

#define TRILINOS_NO_CONFIG_H  // the one of Debian asks for Kokkos
#define RAD_EQ_ALIAS          // a copy stands for the same variable: cheaper, and good here
#include <Sacado_trad.hpp>

#include "contestants.hpp"
#include "kernels.hpp"

namespace tapegrad::bench {
namespace {

using Active = Sacado::Rad::ADvar<double>;

template <class Kernel> struct SacadoRun {
  Kernel kernel;
  std::vector<double> x = kernel.inputs();
  std::vector<Active> active = std::vector<Active>(x.size());

  // Memory is reused by itself: what is recorded after a sweep starts anew.
  double operator()(std::span<double> gradient) {
    for (std::size_t i = 0; i < x.size(); ++i) active[i] = x[i];
    Active y = kernel(std::span<const Active>(active));
    Active::Outvar_Gradcomp(y);
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = active[i].adj();
    return y.val();
  }
};

}  // namespace

void enter_sacado(Contest& contest) {
  for_each_kernel([&]<class Kernel>(const Kernel& kernel) {
    // Sacado's reverse mode has no erf.
    if constexpr (!needs_erf<Kernel>) contest.enter(kernel, "Sacado", SacadoRun<Kernel>{kernel});
  });
}

}  // namespace tapegrad::bench

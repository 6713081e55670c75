#include "tapegrad/ops/special.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace tapegrad::special {
namespace {

// Also the text that generated C++ has them by (program/gamma_functions.hpp).
#include "gamma_functions.inc"

}  // namespace

// The reentrant lgamma_r is POSIX's; elsewhere (Windows) std::lgamma has no global sign to race on.
#if defined(__GLIBC__) || defined(__APPLE__)
float lgamma(float x) {
  int sign = 0;
  return ::lgammaf_r(x, &sign);
}
double lgamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}
#else
float lgamma(float x) { return std::lgamma(x); }
double lgamma(double x) { return std::lgamma(x); }
#endif
#if defined(__GLIBC__)
long double lgamma(long double x) {
  int sign = 0;
  return ::lgammal_r(x, &sign);
}
#else
long double lgamma(long double x) { return std::lgamma(x); }
#endif

float digamma(float x) { return static_cast<float>(digamma_of<double>(x)); }
double digamma(double x) { return digamma_of(x); }
long double digamma(long double x) { return digamma_of(x); }

float polygamma(float n, float x) { return static_cast<float>(polygamma_of<double>(n, x)); }
double polygamma(double n, double x) { return polygamma_of(n, x); }
long double polygamma(long double n, long double x) { return polygamma_of(n, x); }

}  // namespace tapegrad::special

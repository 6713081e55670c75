// With glibc's vector functions (libmvec). Its headers tell the compiler of them under -ffast-math
// only; they are within 4 units in the last place, and treat NaN, infinities and subnormal numbers
// as they should.

#include <cmath>
#if defined(__GLIBC__) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define TAPEGRAD_VECTOR(function) \
  __attribute__((simd("notinbranch"))) double function(double) noexcept;
#define TAPEGRAD_VECTOR_2(function) \
  __attribute__((simd("notinbranch"))) double function(double, double) noexcept;
extern "C" {
TAPEGRAD_VECTOR(exp)
TAPEGRAD_VECTOR(log)
TAPEGRAD_VECTOR(sin)
TAPEGRAD_VECTOR(cos)
TAPEGRAD_VECTOR_2(pow)
#if __GLIBC_PREREQ(2, 35)
TAPEGRAD_VECTOR(acos)
TAPEGRAD_VECTOR(acosh)
TAPEGRAD_VECTOR(asin)
TAPEGRAD_VECTOR(asinh)
TAPEGRAD_VECTOR(atan)
TAPEGRAD_VECTOR(atanh)
TAPEGRAD_VECTOR(cbrt)
TAPEGRAD_VECTOR(cosh)
TAPEGRAD_VECTOR(erf)
TAPEGRAD_VECTOR(erfc)
TAPEGRAD_VECTOR(exp2)
TAPEGRAD_VECTOR(expm1)
TAPEGRAD_VECTOR(log10)
TAPEGRAD_VECTOR(log1p)
TAPEGRAD_VECTOR(log2)
TAPEGRAD_VECTOR(sinh)
TAPEGRAD_VECTOR(tan)
TAPEGRAD_VECTOR(tanh)
TAPEGRAD_VECTOR_2(atan2)
TAPEGRAD_VECTOR_2(hypot)
#endif
}
#endif

#define TAPEGRAD_FEW few_lanes_vector
#include "lane_steps.hpp"

namespace tapegrad {

const RunSteps& vector_steps() { return widest_steps(); }

}  // namespace tapegrad

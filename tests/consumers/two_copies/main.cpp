// A process with two copies of tapegrad: each works, and takes the other's Values for stale.
#include <tapegrad/core/value.hpp>

namespace first {
tapegrad::Value variable(double x);
double square_gradient(double at);
bool catches(tapegrad::Value x);
}  // namespace first

namespace second {
tapegrad::Value variable(double x);
double square_gradient(double at);
bool catches(tapegrad::Value x);
}  // namespace second

int main() {
  if (first::square_gradient(3) != 6 || second::square_gradient(-4) != -8) return 1;
  for (int i = 0; i < 1000; ++i) {
    if (!first::catches(second::variable(i))) return 2;
    if (!second::catches(first::variable(i))) return 3;
  }
  return 0;
}

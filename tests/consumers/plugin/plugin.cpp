#include <tapegrad/tapegrad.hpp>

extern "C" double gradient_of_cube(double at) {
  return tapegrad::gradient([](tapegrad::Value x) { return x * x * x; }, at).gradient[0];
}

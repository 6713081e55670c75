// The file with the implementation, at its end: names of the library's own, such as Block and Run,
// are in nobody's way.
#include "tapegrad_single.hpp"

using namespace tapegrad;

struct Block {
  double at;
};
struct Run {
  double operator()(const Block& block) const {
    return gradient([](Value x) { return x * x * x; }, block.at).gradient[0];
  }
};

double cube_gradient(double at) { return Run()(Block{at}); }

#define TAPEGRAD_IMPLEMENTATION
#include "tapegrad_single.hpp"

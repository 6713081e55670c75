// Where a sweep starts. Compiled without optimisation and with debug information, like
// sweep_plain.cpp: whoever steps into backward() comes from here to the chain rule.

#include "sweep.hpp"
#include "sweeping.hpp"

namespace tapegrad {

void Tape::backward(Value output, double seed) {
  const Seed one{output, seed};
  sweep(&one, 1, false);
}
void Tape::backward(std::initializer_list<Seed> seeds) {
  sweep(seeds.begin(), seeds.size(), false);
}
void Tape::backward(std::span<const Seed> seeds) { sweep(seeds.data(), seeds.size(), false); }

void Tape::accumulate(Value output, double seed) {
  const Seed one{output, seed};
  sweep(&one, 1, true);
}
void Tape::accumulate(std::initializer_list<Seed> seeds) {
  sweep(seeds.begin(), seeds.size(), true);
}
void Tape::accumulate(std::span<const Seed> seeds) { sweep(seeds.data(), seeds.size(), true); }

void Tape::sweep(const Seed* seeds, std::size_t count, bool keep_leaves) {
  if (!sweeps_plainly()) return sweep_fast(seeds, count, keep_leaves);

  // The adjoints are 0, those of the outputs have their seeds. `next` leads to the chain rule.
  Sweeping sweeping(*this, seeds, count, keep_leaves);
  sweep_plain(recording_, externals_, sweeping.adjoints, sweeping.last, &sweeping.observers);
  sweeping.done();
}

}  // namespace tapegrad

#include "contestants.hpp"
#include "tapegrad_entries.hpp"

namespace tapegrad::bench {

void enter_tapegrad(Contest& contest) {
  const auto tape = std::make_shared<Tape>();
  enter_tapegrad_as(ours, contest, tape);
  enter_tapegrad_shared(contest, tape);
}

}  // namespace tapegrad::bench

// What every sweep of a tape does before and after the chain rule.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "closed.hpp"
#include "sweep.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {

/// Checks the outputs, clears the adjoints and seeds them. Unless the sweep is done() when this
/// ends, because a callback threw, all adjoints are put back as they were.
class Tape::Sweeping {
 public:
  Sweeping(Tape& tape, const Seed* first, std::size_t count, bool keep_leaves);
  ~Sweeping();
  Sweeping(const Sweeping&) = delete;
  Sweeping& operator=(const Sweeping&) = delete;

  void done();

  double* adjoints = nullptr;  // one for each row, row 0 included
  std::size_t last = 0;        // the node to start at
  SweepObservers observers;

 private:
  Tape& tape_;
  std::vector<double> before_;
  std::optional<Recording::Closed> closed_;
};

}  // namespace tapegrad

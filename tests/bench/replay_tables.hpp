// What the contest of replays has come to, as tables.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tapegrad/program/passes.hpp"

namespace tapegrad::bench {

struct ReplayResult {
  std::string kernel;
  std::map<std::string, double> seconds;  // of a point, by contestant
  std::vector<PassReport> passes;
};

/// Value and gradient at one of many points, as a multiple of the function alone.
void print_many_points(const std::vector<ReplayResult>& results);
/// One call at one point, as a multiple of the gradient by hand.
void print_one_point(const std::vector<ReplayResult>& results);
/// Two threads beside two processes, as points a second of one.
void print_two_at_work(const std::vector<ReplayResult>& results);
/// Instructions after each pass.
void print_passes(const std::vector<ReplayResult>& results);

}  // namespace tapegrad::bench

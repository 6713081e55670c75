// Where a derivative comes from: ∂y/∂x as a sum over the paths from y down to x.
//
//   Value w = tape.variable(1, "w");
//   Value y = tanh(w * 2) + w;
//   fmt::print("{}", to_string(explain(y, w)));
//
//   d(#4)/d(#1 w) = 1.1413, the sum over 2 paths
//            1   87.6 %  #4 add: 1 <- #1 w
//     0.141302   12.4 %  #4 add: 1 <- #3 tanh: 0.0706508 <- #2 mul: 2 <- #1 w
//
// By the chain rule each path contributes the product of the partials along it. There may be
// 2^1000 of them; the largest few are found one by one, the others as one sum. What is suspicious
// anywhere in a recording: audit.hpp; where a NaN comes from: anomaly.hpp.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "tapegrad/core/node.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// One way through the graph. Its contribution is the product of its partials.
struct TAPEGRAD_API Path {
  std::vector<std::size_t> nodes;  // from the output down to the input
  std::vector<double> partials;    // ∂nodes[i]/∂nodes[i+1]; NaN where only a callback knows it
  double contribution = 0;
  double log10_size = 0;  // of |contribution|, good also where that over- or underflows
  double share = 0;  // of Σ|contribution| over all finite paths; NaN if this one is not finite

  bool is_finite() const;  // all partials are
};

/// A partial of 0 at which an adjoint stops.
struct Cut {
  std::size_t node = 0;
  std::size_t place = 0;    // of the operand, from 0
  std::size_t operand = 0;  // its node
};

/// Why a derivative is what it is: the paths that carry it.
struct Explanation {
  static constexpr double negative_infinity = -std::numeric_limits<double>::infinity();

  Node output;
  Node input;
  bool reaches = false;   // is there any path from output to input?
  double derivative = 0;  // as backward(output) makes the input's adjoint, to the last bit

  /// Those of the largest |contribution|, in falling order. Paths with a partial that is not finite
  /// come first; paths that a partial of 0 cuts off are left out.
  std::vector<Path> largest = {};
  double rest = 0;                        // sum of the contributions of all other paths
  double log10_rest = negative_infinity;  // of |rest|, good also where that over- or underflows
  double path_count = 0;                  // of all that are not cut off; may be infinite
  double log10_path_count = negative_infinity;  // good also then

  /// Where every path is cut off: the partials of 0 that stop the adjoint, in the order of the
  /// sweep.
  std::vector<Cut> cuts = {};
};

/// Explains ∂y/∂x by the `paths` largest contributions.
///
/// The products are formed with an exponent of their own, so that none over- or underflows, and
/// are ranked by them. Products of partials that the sweep would lose (an adjoint of 0 hands
/// nothing on) count as 0. Nobody is asked: what goes through a user's operation (External) is
/// unknown, NaN. The sum of all contributions is the derivative up to rounding.
/// @throws ArgumentError if the nodes are of different tapes, or no longer on theirs
/// Cost: a few sweeps over the nodes between x and y, and 24 bytes for each of them and each path
/// asked for. A million nodes take about a second.
TAPEGRAD_API Explanation explain(const Node& y, const Node& x, std::size_t paths = 5);

/// A line of summary, then a line for each path: contribution, its part of the sum of all
/// |contributions|, and the chain, in which each number is the partial to the node behind it:
/// 0.84  100.0 %  #7 y tanh: 0.42 <- #4 mul: 2 <- #1 w
/// Paths that read alike, as by either operand of x · x, are one line: 2 × 0.42  100.0 %  ...
/// The tape must still hold the nodes.
TAPEGRAD_API std::string to_string(const Explanation& explanation);

}  // namespace tapegrad

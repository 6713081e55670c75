// What hides behind a bad gradient: a list of suspicions about a recording, most serious first.
//
//   fmt::print("{}", to_string(audit(loss)));
//
// A finding is no proof. It says where to look, and what is there. For one derivative in particular
// explain.hpp has the numbers, and for NaN and infinity anomaly.hpp all that stands behind the
// first finding here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tapegrad/core/node.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

struct AuditOptions {
  /// Lines of one kind in the text.
  std::size_t most_of_a_kind = 5;

  /// Vanishing or exploding: the ratio of the mean |adjoint| in the first and in the last layer.
  double layer_ratio = 1e4;
  /// Where nodes have no names of layers: of the geometric means of |adjoint| in the tenths of the
  /// graph that are farthest from and nearest to the output, of graphs at least 20 nodes deep. Each
  /// half of the way must do a part: one large factor somewhere is no explosion.
  double depth_ratio = 1e6;

  /// Half of the relus of a network are off at any sample. They count where so many of the relus of
  /// a layer are off (by name, else of all); or where this part of the variables has gradient 0 for
  /// relus that are off, each in that many uses.
  double dead_share = 0.9;
  double dead_variables = 0.5;
  std::size_t dead_uses = 16;

  /// A sum cancels if Σ|terms| is so many times |sum|: 1e8 is half of the digits.
  double cancellation = 1e8;

  /// How close to a kink or a jump is close. Relative: to the two numbers that are compared, to the
  /// terms of which a number next to 0 is the sum, to 1 for a variable and for integers. Any other
  /// number is next to 0 only if it is 0.
  double near = 1e-6;
};

/// One thing that an audit has found.
struct Finding {
  /// Most serious first.
  enum class Kind : std::uint8_t {
    not_finite,     // NaN or infinity that reaches output or gradient
    zero_gradient,  // of variables that the output was computed from: where it dies
    unreached,      // a variable that never reaches the output
    vanishing,      // the adjoint, on the way from the output to the first layer
    exploding,
    cancellation,  // a sum of which few digits are left
    jump,          // the output is discontinuous next to where it was computed
    kink,          // its derivative is
    unused,        // a value that was computed and never used
  };

  Kind kind;
  std::vector<std::size_t> nodes;  // the variables, the node
  std::size_t blamed = 0;          // the node at which it happens
  std::string text;
  std::optional<Location> location = {};  // where that was recorded, if the tape knows
};

/// What hides behind a gradient.
struct Audit {
  std::vector<Finding> findings;  // most serious first, then in the order of recording
  std::size_t most_of_a_kind = 5;

  bool is_clean() const { return findings.empty(); }
};

/// Looks through what was recorded up to `output`, with adjoints of its own: no sweep need have
/// run, and none is changed. Comparisons of Values count where the tape keeps them
/// (Options::guards). A value that was taken out of the tape by value() is not to be seen; its
/// variable often never reaches the output.
/// @throws ArgumentError if the node is not on its tape
/// Cost: a few times that of a plain sweep.
TAPEGRAD_API Audit audit(const Node& output, const AuditOptions& options = {});

/// One line for each finding, "and 37 more like it", or "no findings".
TAPEGRAD_API std::string to_string(const Audit& audit);

}  // namespace tapegrad

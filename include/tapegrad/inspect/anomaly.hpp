// NaN and infinity: where they begin.
//
//   find_anomalies(y)    looks at a recording after the fact
//   DetectAnomaly        a scope in which recording or sweeping one throws
//
// What counts is the origin, not the nodes it has spread to: a log of 0, not the loss that became
// NaN twenty nodes later. One that is masked, since select() did not choose it or no adjoint meets
// it, does no harm, and is told apart.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tapegrad/core/node.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// When a DetectAnomaly scope looks.
enum class When : std::uint8_t { recording, sweep, both };

struct AnomalyOptions {
  When when = When::both;
  /// Infinity counts as well, not only NaN. Switch it off where -∞ is meant: in what log_sum_exp
  /// leaves out, in bounds.
  bool infinity = true;
  /// While recording, a partial that is not finite counts, too: that of sqrt(x) at 0.
  bool partials = true;
  /// In a sweep also what is masked counts: values and partials that are not finite at nodes whose
  /// adjoint is 0.
  bool masked = false;

  /// Does a number count?
  bool is_bad(double x) const { return infinity ? !std::isfinite(x) : std::isnan(x); }
};

/// A node at which something that is not finite begins: all it was computed from is finite.
struct Anomaly {
  enum class Kind : std::uint8_t {
    value,       // its value
    derivative,  // its partial to an operand, or that times its adjoint
  };
  enum class Fate : std::uint8_t {
    reaches,       // the output (kind value), or the gradient
    cut,           // select(), max(), ... did not choose it, or a flat operation ends it
    zero_adjoint,  // it is on the way to the output, but the adjoint that meets it is 0
    unconnected,   // the output does not depend on it
  };

  Kind kind = Kind::value;
  Fate fate = Fate::reaches;
  std::size_t node = 0;
  std::size_t operand = 0;           // of a derivative: the operand's node; 0 if there is no one
  std::string cause;                 // "log of 0"
  std::string statement;             // "#18 = log(#17) = -inf, #17 p = 0"
  std::optional<Location> location;  // where the node was recorded, if the tape knows
  std::vector<std::size_t> path;     // from the node to the output; empty if there is no way
  std::string text;                  // all of it: a few lines, each with its end
};

/// What in a recording is not finite, and where that comes from.
struct Anomalies {
  static constexpr std::size_t most_origins = 5;  // to be told

  std::size_t output = 0;
  std::size_t first_value = 0;      // of all that are not finite, in the order of recording
  std::size_t first_in_sweep = 0;   // whose adjoint is not finite, or a partial that meets one
  std::size_t count = 0;            // of origins
  std::size_t masked = 0;           // of these reach neither output nor gradient
  std::vector<Anomaly> origins;     // the first few, those that reach before the others
  std::vector<std::size_t> spoilt;  // variables whose gradient is not finite
  std::string spoilt_text;          // the first of them by name

  bool is_clean() const { return count == 0; }
};

/// Looks for values, partials and adjoints that are not finite, on the whole tape of `output`. The
/// adjoints are its own, of a sweep from `output`: no sweep need have run, and none is changed.
/// Callbacks of users' operations are asked; one that throws an Error hands nothing on.
/// @throws ArgumentError if the node is not on its tape
/// Cost: a few times that of a plain sweep.
TAPEGRAD_API Anomalies find_anomalies(const Node& output, const AnomalyOptions& options = {});

/// A few lines for each origin, or "all values, partials and adjoints are finite".
TAPEGRAD_API std::string to_string(const Anomalies& anomalies);

/// While it lives, a tape throws AnomalyError where something that is not finite comes up. The text
/// names the origin: node, operation, operands with their values, names, source location (with
/// Tape::record_locations()) and the way to the output.
///
/// - Recording: a value that is not finite, or a partial (of an operation whose value is finite)
///   to an operand that is a node. The operation throws, and the node is taken back, so that the
///   debugger or the stack trace stands at the operation. Whether a select() would drop it later
///   cannot be known then: for such code, When::sweep. Operations of constants are not recorded.
/// - In a sweep: an adjoint that is not finite, or a value that is not at a node with an adjoint:
///   backward() throws, and the adjoints are as before. So a NaN that never reaches the output, or
///   that a zero adjoint masks, does not throw.
///
/// It sees what hooks made before it have left of an adjoint. pull_back() sweeps unseen. Scopes
/// nest, and each tape has its own.
/// Cost: none outside. Within, a call for each node; the benchmark `looking` has the figures.
class TAPEGRAD_API DetectAnomaly : private Observer {
 public:
  /// On the active tape. @throws NoActiveTapeError if there is none
  explicit DetectAnomaly(const AnomalyOptions& options = {});
  explicit DetectAnomaly(When when) : DetectAnomaly(AnomalyOptions{.when = when}) {}
  explicit DetectAnomaly(Tape& tape, const AnomalyOptions& options = {});
  DetectAnomaly(Tape& tape, When when) : DetectAnomaly(tape, AnomalyOptions{.when = when}) {}
  ~DetectAnomaly() override;

 private:
  bool sees_recording() const override { return options_.when != When::sweep; }
  bool sees_sweep() const override { return options_.when != When::recording; }
  void recorded(const Node& node) override;
  void adjoint_ready(const Node& node, double& adjoint) override;
  void tape_gone() override { tape_ = nullptr; }
  bool has_bad_partial(const Node& node) const;
  [[noreturn]] TAPEGRAD_COLD void throw_recorded(const Node& node) const;
  [[noreturn]] TAPEGRAD_COLD void throw_swept(const Node& node, double adjoint) const;

  Tape* tape_;
  AnomalyOptions options_;
  // Of the sweep that is under way: the adjoints it has come by, from swept_from_ down.
  std::vector<double> adjoints_;
  std::size_t swept_from_ = 0;
  std::size_t last_swept_ = 0;
};

}  // namespace tapegrad

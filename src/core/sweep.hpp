// The sweeps. The reverse one three times: as plain as the chain rule, fast, and of several
// directions at once, equal to the last bit (tests/core/sweep_test.cpp, pull_back_test.cpp). Then
// forward, with tangents, and the reverse one of second order.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "tapegrad/core/external.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/recording.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

class AdjointRows;

using Externals = std::vector<std::shared_ptr<const External>>;

/// The observers of a tape that want to see a sweep.
class SweepObservers {
 public:
  explicit SweepObservers(const Tape& tape);
  bool empty() const { return observers_.empty(); }
  /// The adjoint of the node is complete.
  void ready(std::size_t node, double& adjoint) const;

 private:
  const Tape& tape_;
  std::vector<Observer*> observers_;
};

/// Hands each node's adjoint to its operands, from node `last` down to 1.
/// @param adjoints  one for each row, row 0 included; the seeds are in place
TAPEGRAD_API void sweep_plain(const Recording& recording, const Externals& externals,
                              double* adjoints, std::size_t last,
                              const SweepObservers* observers = nullptr);
TAPEGRAD_API void sweep_fast(const Recording& recording, const Externals& externals,
                             std::span<double> adjoints, std::size_t last);

/// How many directions go through one sweep, fewest first.
inline constexpr std::array<std::size_t, 4> first_order_lanes{1, 4, 8, 16};
inline constexpr std::array<std::size_t, 3> second_order_lanes{1, 8, 16};

/// The sweep of several directions at once, from node `last` down to `first`.
/// @param rows   of the adjoints; those of all nodes behind `last` are handed on, the seeds in
/// place
/// @param lanes  one of first_order_lanes
void sweep_lanes(const Recording& recording, const Externals& externals, AdjointRows& rows,
                 std::size_t lanes, std::size_t last, std::size_t first);

/// The tangent sweep of several directions, from node `first` on to `last`: the tangents of these
/// nodes, a leaf's 0, from those of the nodes before.
/// @param lanes     one of first_order_lanes
/// @param tangents  `lanes` for each row; results of a user's operation before `first` have theirs
void sweep_tangents(const Recording& recording, const Externals& externals,
                    std::span<double> tangents, std::size_t lanes, std::size_t first,
                    std::size_t last);

/// The reverse sweep of several directions, with tangents: of adjoints, and of how they change as
/// the inputs move.
/// @param lanes             one of second_order_lanes
/// @param tangents          `lanes` for each row, of a tangent sweep that went as far as `last`
/// @param adjoints          one for each row; the seeds are in place
/// @param rows              of the tangents of adjoints, as for sweep_lanes(); a node without
///                          has no adjoint either
void sweep_second_order(const Recording& recording, const Externals& externals,
                        std::span<const double> tangents, std::span<double> adjoints,
                        AdjointRows& rows, std::size_t lanes, std::size_t last, std::size_t first);

/// Is the plain sweep to be taken, always? In builds without optimisation, and where the
/// environment variable TAPEGRAD_PLAIN_SWEEP is 1: stepping into backward() then leads to the chain
/// rule.
/// @throws ArgumentError if that variable is neither 1 nor 0
bool plain_sweep_wanted();

/// Asks a user's operation for the adjoints of its operands, and adds them.
void sweep_external(const Recording& recording, const Externals& externals,
                    std::span<double> adjoints, std::size_t node);

/// Its parts, for the sweep of several directions.
const External& operation_of(const Recording& recording, const Externals& externals,
                             std::size_t node);
void ask_external(const Recording& recording, const External& operation, std::span<double> adjoints,
                  std::size_t node);
/// The values of the operands, also of those that are constants.
std::vector<double> external_operands(const Recording& recording, std::size_t node);
/// How many results it has: the nodes behind its own, of so many rows.
std::size_t result_count(const Recording& recording, std::size_t node, std::size_t rows);

}  // namespace tapegrad

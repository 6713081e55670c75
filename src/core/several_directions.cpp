// Sweeping several directions at once: backward, forward, and with second derivatives.
//
// A sweep comes in a few numbers of lanes (sweep_lanes.cpp, sweep_second_order.cpp). As many
// directions as the widest holds take turns; where the tape's memory limit leaves less room, fewer.

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "closed.hpp"
#include "sweep.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {
namespace {

// What a kind of sweep needs memory for.
struct LaneMemory {
  std::span<const std::size_t> lanes;  // that it comes in, fewest first
  std::size_t per_lane;                // numbers of each row in each lane
  std::size_t per_row;                 // and beside the lanes
};

constexpr LaneMemory first_order{first_order_lanes, 1, 0};    // an adjoint, or a tangent
constexpr LaneMemory second_order{second_order_lanes, 2, 1};  // tangents of both, and an adjoint

// From the numbers of the caller's that begin each direction to those that end it.
struct Shape {
  const char* operation;
  const char* given;  // "seeds"
  const char* givers;
  const char* taken;  // "adjoints"
  const char* takers;
};

std::size_t count_directions(const Shape& shape, std::size_t given, std::size_t givers,
                             std::size_t taken, std::size_t takers) {
  const std::size_t directions = givers == 0 ? 0 : given / givers;
  if (directions * givers == given && directions * takers == taken) return directions;
  throw ShapeError(fmt::format(
      "{0}: {5} {1} for {6} {2}, and room for {7} {3} of {8} {4}; for d directions there are d {1} "
      "to each of the {2} and d {3} to each of the {4}",
      shape.operation, shape.given, shape.givers, shape.taken, shape.takers, given, givers, taken,
      takers));
}

// Some of the directions, on their way through one sweep.
struct Turn {
  std::size_t first;  // of the caller's directions
  std::size_t count;
  std::size_t lanes;
  std::span<double> numbers;  // as LaneMemory says, all 0 at first

  // Adds what the caller gives for each of the values.
  void scatter(std::span<const double> given, std::span<const Value> values,
               std::span<double> to) const {
    for (std::size_t d = 0; d < count; ++d)
      for (std::size_t k = 0; k < values.size(); ++k)
        to[values[k].node() * lanes + d] += given[(first + d) * values.size() + k];
  }

  void gather(std::span<const double> from, std::span<const Value> values,
              std::span<double> taken) const {
    for (std::size_t d = 0; d < count; ++d)
      for (std::size_t k = 0; k < values.size(); ++k)
        taken[(first + d) * values.size() + k] = from[values[k].node() * lanes + d];
  }
};

std::size_t first_node(std::span<const Value> inputs) {
  return std::ranges::min(inputs, {}, &Value::node).node();
}

}  // namespace

// Checks what is asked for, and lends memory for as many directions as go together.
class Tape::Multisweep {
 public:
  // @throws UnsupportedError unless the tape may be swept now
  Multisweep(Tape& tape, const char* operation) : tape_(tape), operation_(operation) {
    tape.check_idle(operation);
  }

  // @throws StaleValueError; NoAdjointError for a constant
  void require_inputs(std::span<const Value> inputs) const {
    for (const Value& x : inputs) {
      if (x.is_constant())
        throw NoAdjointError(
            fmt::format("{}: an input, of value {}, is a constant; make it with variable()",
                        operation_, x.value()));
      tape_.recording_.require(x, operation_);
    }
  }

  // @return the last node of them; 0 if all are constants. @throws StaleValueError
  std::size_t require_outputs(std::span<const Value> outputs) const {
    std::size_t last = 0;
    for (const Value& y : outputs) {
      if (y.is_constant()) continue;
      tape_.recording_.require(y, operation_);
      last = std::max<std::size_t>(last, y.node());
    }
    return last;
  }

  // Calls sweep(turn) until all directions have had theirs. Nothing can be recorded meanwhile.
  // @throws TapeFullError if there is no memory for the fewest lanes
  template <class Sweep>
  void in_turns(std::size_t directions, const LaneMemory& memory, Sweep&& sweep) const {
    for (std::size_t first = 0; first < directions;) {
      const Turn turn = next_turn(first, directions - first, memory);
      const Recording::Closed closed(tape_.recording_);
      sweep(turn);
      first += turn.count;
    }
  }

 private:
  // With the fewest lanes that hold all directions that are left; or where there is no memory for
  // them, with fewer.
  Turn next_turn(std::size_t first, std::size_t left, const LaneMemory& memory) const {
    const std::size_t rows = tape_.recording_.next();
    std::size_t w = 0;
    while (w + 1 < memory.lanes.size() && memory.lanes[w] < left) ++w;
    for (;; --w) {
      const std::size_t lanes = memory.lanes[w];
      const std::size_t numbers = rows * (lanes * memory.per_lane + memory.per_row);
      if (fits(numbers)) {
        const std::span<double> lent = std::span(tape_.lanes_).first(numbers);
        std::ranges::fill(lent, 0.0);
        return {first, std::min(lanes, left), lanes, lent};
      }
      if (w == 0) break;
    }
    throw TapeFullError(
        fmt::format("{}: no memory to sweep {} nodes in one direction (Tape::Options::memory_limit "
                    "is {} bytes)",
                    operation_, tape_.size(), tape_.recording_.memory_limit_));
  }

  bool fits(std::size_t numbers) const {
    const Recording& recording = tape_.recording_;
    std::vector<double>& lanes = tape_.lanes_;
    if (recording.memory_bytes() + numbers * sizeof(double) > recording.memory_limit_) return false;
    if (lanes.size() >= numbers) return true;
    try {
      lanes = {};  // first, so that both are never there together
      lanes = std::vector<double>(numbers);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  Tape& tape_;
  const char* operation_;
};

void Tape::pull_back(std::span<const Value> outputs, std::span<const double> seeds,
                     std::span<const Value> inputs, std::span<double> out) {
  const Multisweep sweep(*this, "pull_back");
  const std::size_t directions =
      count_directions({"pull_back", "seeds", "outputs", "adjoints", "inputs"}, seeds.size(),
                       outputs.size(), out.size(), inputs.size());
  const std::size_t last = sweep.require_outputs(outputs);
  sweep.require_inputs(inputs);
  sweep.in_turns(directions, first_order, [&](const Turn& turn) {
    turn.scatter(seeds, outputs, turn.numbers);
    sweep_lanes(recording_, externals_, turn.numbers, turn.lanes, last);
    turn.gather(turn.numbers, inputs, out);
  });
}

void Tape::push_forward(std::span<const Value> inputs, std::span<const double> tangents,
                        std::span<const Value> outputs, std::span<double> out) {
  const Multisweep sweep(*this, "push_forward");
  const std::size_t directions =
      count_directions({"push_forward", "tangents", "inputs", "tangents", "outputs"},
                       tangents.size(), inputs.size(), out.size(), outputs.size());
  const std::size_t last = sweep.require_outputs(outputs);
  sweep.require_inputs(inputs);
  sweep.in_turns(directions, first_order, [&](const Turn& turn) {
    turn.scatter(tangents, inputs, turn.numbers);
    sweep_tangents(recording_, externals_, turn.numbers, turn.lanes, first_node(inputs), last);
    turn.gather(turn.numbers, outputs, out);
  });
}

void Tape::hessian_vector_products(std::span<const Seed> seeds, std::span<const Value> inputs,
                                   std::span<const double> directions, std::span<double> out) {
  const Multisweep sweep(*this, "hessian_vector_products");
  const std::size_t count =
      count_directions({"hessian_vector_products", "directions", "inputs", "products", "inputs"},
                       directions.size(), inputs.size(), out.size(), inputs.size());
  std::size_t last = 0;
  for (const Seed& seed : seeds)
    last = std::max(last, sweep.require_outputs(std::span(&seed.output, 1)));
  sweep.require_inputs(inputs);
  const std::size_t rows = recording_.next();
  sweep.in_turns(count, second_order, [&](const Turn& turn) {
    const std::size_t numbers = rows * turn.lanes;
    const std::span<double> tangents = turn.numbers.first(numbers);
    const std::span<double> adjoint_tangents = turn.numbers.subspan(numbers, numbers);
    const std::span<double> adjoints = turn.numbers.last(rows);
    turn.scatter(directions, inputs, tangents);
    for (const Seed& seed : seeds)
      if (!seed.output.is_constant()) adjoints[seed.output.node()] += seed.adjoint;
    sweep_tangents(recording_, externals_, tangents, turn.lanes, first_node(inputs), last);
    sweep_second_order(recording_, externals_, tangents, adjoints, adjoint_tangents, turn.lanes,
                       last);
    turn.gather(adjoint_tangents, inputs, out);
  });
}

}  // namespace tapegrad

// Sweeping several directions at once: backward, forward, and with second derivatives.
//
// A sweep comes in a few numbers of lanes (sweep_lanes.cpp, sweep_tangents.cpp,
// sweep_second_order.cpp). As many directions as the widest holds take turns; where the tape's
// memory limit leaves less room, fewer.

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <numeric>

#include "adjoint_rows.hpp"
#include "closed.hpp"
#include "lanes.hpp"
#include "sweep.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {
namespace {

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

  // Adds what the caller gives for value k of n.
  void add(std::span<const double> given, std::size_t n, std::size_t k, double* to) const {
    for (std::size_t d = 0; d < count; ++d) to[d] += given[(first + d) * n + k];
  }

  // The same, where nothing was before.
  void set(std::span<const double> given, std::size_t n, std::size_t k, double* to) const {
    for (std::size_t d = 0; d < count; ++d) to[d] = given[(first + d) * n + k];
    for (std::size_t d = count; d < lanes; ++d) to[d] = 0;
  }

  void take(const double* from, std::size_t n, std::size_t k, std::span<double> taken) const {
    for (std::size_t d = 0; d < count; ++d) taken[(first + d) * n + k] = from[d];
  }
};

// What the caller of pull_back wants.
struct Pull {
  std::span<const Value> outputs;
  std::span<const double> seeds;
  std::span<const Value> inputs;
  std::span<const std::size_t> in_order;  // places_by_node(inputs)
  std::span<double> out;
  std::size_t last;  // node that may have an adjoint

  // Calls seed(k, node) for the outputs that have one.
  template <class Seed> void for_each_output(Seed&& seed) const {
    for (std::size_t k = 0; k < outputs.size(); ++k)
      if (!outputs[k].is_constant()) seed(k, outputs[k].node());
  }
};

// Places in the list, in the order of the nodes that stand there.
std::vector<std::size_t> places_by_node(std::span<const Value> values) {
  std::vector<std::size_t> places(values.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  if (!std::ranges::is_sorted(values, {}, &Value::node))
    std::ranges::stable_sort(places, {}, [&](std::size_t k) { return values[k].node(); });
  return places;
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
  // @param lanes  that it comes in, fewest first
  // @param sweep  says whether there was memory for so many lanes
  // @throws TapeFullError if there is none for the fewest
  template <class Sweep>
  void in_turns(std::size_t directions, std::span<const std::size_t> lanes, Sweep&& sweep) const {
    for (std::size_t first = 0; first < directions;) {
      const std::size_t left = directions - first;
      std::size_t w = 0;
      while (w + 1 < lanes.size() && lanes[w] < left) ++w;  // of the fewest that hold all
      const Recording::Closed closed(tape_.recording_);
      const auto turn = [&] { return Turn{first, std::min(lanes[w], left), lanes[w]}; };
      while (!sweep(turn())) {
        if (w == 0) throw_full();
        --w;
      }
      first += turn().count;
    }
  }

  // Memory for so many numbers, kept for the next sweep; empty where there is none. They begin at a
  // multiple of 64 bytes, and are any.
  std::span<double> lend(std::size_t numbers) const {
    std::vector<double>& memory = tape_.lanes_;
    const std::size_t wanted = numbers + numbers_in_line;
    if (wanted * sizeof(double) > bytes_left(kept_rows())) tape_.adjoint_rows_.reset();
    if (wanted * sizeof(double) > bytes_left(0)) return {};
    if (memory.size() < wanted) {
      try {
        memory = {};  // first, so that both are never there together
        memory = std::vector<double>(wanted);
      } catch (const std::bad_alloc&) {
        return {};
      }
    }
    return {first_of_line(memory), numbers};
  }

  // One direction is a sweep as any other, but the adjoints of the last one stay.
  bool pull_back_one(const Turn& turn, const Pull& pull) const {
    const std::span<double> adjoints = lend(tape_.recording_.next());
    if (adjoints.empty()) return false;
    std::ranges::fill(adjoints, 0.0);
    pull.for_each_output([&](std::size_t k, std::size_t node) {
      turn.add(pull.seeds, pull.outputs.size(), k, &adjoints[node]);
    });
    tapegrad::sweep_fast(tape_.recording_, tape_.externals_, adjoints, pull.last);
    for (std::size_t k = 0; k < pull.inputs.size(); ++k)
      turn.take(&adjoints[pull.inputs[k].node()], pull.inputs.size(), k, pull.out);
    return true;
  }

  bool pull_back_some(const Turn& turn, const Pull& pull) const {
    if (tape_.adjoint_rows_ == nullptr) tape_.adjoint_rows_ = std::make_unique<AdjointRows>();
    try {
      pull_back_some(turn, pull, *tape_.adjoint_rows_);
      return true;
    } catch (const AdjointRows::Full&) {
      if (tape_.lanes_.empty()) return false;
    }
    tape_.lanes_ = {};
    return pull_back_some(turn, pull);
  }

  // Tangents of the nodes up to the last one; all 0 before the first input.
  // @param in_order  places_by_node(inputs)
  void tangents(const Turn& turn, std::span<const Value> inputs,
                std::span<const std::size_t> in_order, std::span<const double> given,
                std::span<double> rows, std::size_t last) const {
    const Recording& recording = tape_.recording_;
    const auto row = [&](std::size_t node) { return rows.data() + node * turn.lanes; };
    const auto sweep = [&](std::size_t from, std::size_t to) {
      if (from <= to) sweep_tangents(recording, tape_.externals_, rows, turn.lanes, from, to);
    };
    const std::size_t first = inputs.empty() ? last + 1 : inputs[in_order[0]].node();
    std::size_t next = std::min(first, last + 1);
    while (next <= last && recording.op(next) == Op::Result) ++next;  // of an operation before
    std::ranges::fill(rows.first(next * turn.lanes), 0.0);
    for (const std::size_t k : in_order) {
      const std::size_t node = inputs[k].node();
      if (node > last) break;
      if (node >= next && recording.op(node) == Op::Leaf) {
        sweep(next, node - 1);
        turn.set(given, inputs.size(), k, row(node));
      } else {
        sweep(next, node);
        turn.add(given, inputs.size(), k, row(node));
      }
      next = std::max(next, node + 1);
    }
    sweep(next, last);
  }

 private:
  std::size_t bytes_left(std::size_t kept) const {
    const Recording& recording = tape_.recording_;
    const std::size_t bytes = recording.memory_bytes() + kept;
    return bytes < recording.memory_limit_ ? recording.memory_limit_ - bytes : 0;
  }

  std::size_t kept_rows() const {
    return tape_.adjoint_rows_ == nullptr ? 0 : tape_.adjoint_rows_->bytes();
  }

  void pull_back_some(const Turn& turn, const Pull& pull, AdjointRows& rows) const {
    const Recording& recording = tape_.recording_;
    rows.start(recording.size(), turn.lanes, bytes_left(tape_.lanes_.capacity() * sizeof(double)));
    pull.for_each_output([&](std::size_t k, std::size_t node) {
      turn.add(pull.seeds, pull.outputs.size(), k, rows.find_or_take(node));
    });
    const auto is_leaf = [&](std::size_t k) {
      return recording.op(pull.inputs[k].node()) == Op::Leaf;
    };
    const auto take = [&](std::size_t k) {
      turn.take(rows.find(pull.inputs[k].node()), pull.inputs.size(), k, pull.out);
    };
    // The adjoints of an input that is no leaf are taken when they are complete, before it hands
    // them on. Leaves keep theirs.
    std::size_t next = pull.last;
    for (auto place = pull.in_order.rbegin(); place != pull.in_order.rend(); ++place) {
      const std::size_t k = *place;
      if (is_leaf(k)) continue;
      if (const std::size_t node = pull.inputs[k].node(); node < next) {
        sweep_lanes(recording, tape_.externals_, rows, turn.lanes, next, node + 1);
        next = node;
      }
      take(k);
    }
    sweep_lanes(recording, tape_.externals_, rows, turn.lanes, next, 1);
    for (std::size_t k = 0; k < pull.inputs.size(); ++k)
      if (is_leaf(k)) take(k);
  }

  [[noreturn]] void throw_full() const {
    throw TapeFullError(
        fmt::format("{}: no memory to sweep {} nodes in one direction (Tape::Options::memory_limit "
                    "is {} bytes)",
                    operation_, tape_.size(), tape_.recording_.memory_limit_));
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
  const std::vector<std::size_t> in_order = places_by_node(inputs);
  const Pull pull{outputs, seeds, inputs, in_order, out, last};
  sweep.in_turns(directions, first_order_lanes, [&](const Turn& turn) {
    return turn.lanes == 1 ? sweep.pull_back_one(turn, pull) : sweep.pull_back_some(turn, pull);
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
  const std::vector<std::size_t> in_order = places_by_node(inputs);
  sweep.in_turns(directions, first_order_lanes, [&](const Turn& turn) {
    const std::span<double> rows = sweep.lend(recording_.next() * turn.lanes);
    if (rows.empty()) return false;
    sweep.tangents(turn, inputs, in_order, tangents, rows, last);
    for (std::size_t k = 0; k < outputs.size(); ++k)
      turn.take(&rows[outputs[k].node() * turn.lanes], outputs.size(), k, out);
    return true;
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
  const std::vector<std::size_t> in_order = places_by_node(inputs);
  const std::size_t rows = recording_.next();
  sweep.in_turns(count, second_order_lanes, [&](const Turn& turn) {
    const std::size_t numbers = rows * turn.lanes;
    const std::span<double> lent = sweep.lend(2 * numbers + rows);
    if (lent.empty()) return false;
    const std::span<double> tangents = lent.first(numbers);
    const std::span<double> adjoint_tangents = lent.subspan(numbers, numbers);
    const std::span<double> adjoints = lent.last(rows);
    std::ranges::fill(lent.subspan(numbers), 0.0);
    for (const Seed& seed : seeds)
      if (!seed.output.is_constant()) adjoints[seed.output.node()] += seed.adjoint;
    sweep.tangents(turn, inputs, in_order, directions, tangents, last);
    sweep_second_order(recording_, externals_, tangents, adjoints, adjoint_tangents, turn.lanes,
                       last);
    for (std::size_t k = 0; k < inputs.size(); ++k)
      turn.take(&adjoint_tangents[inputs[k].node() * turn.lanes], inputs.size(), k, out);
    return true;
  });
}

}  // namespace tapegrad

// Sweeping several directions at once: backward, forward, and with second derivatives.
//
// A sweep comes in a few numbers of lanes (sweep_lanes.cpp, sweep_tangents.cpp,
// sweep_second_order.cpp). As many directions as the widest holds take turns; where the tape's
// memory limit leaves less room, fewer.

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <numeric>
#include <utility>

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

// What derivatives are by.
struct Inputs {
  std::span<const Value> values;
  std::vector<std::size_t> in_order{};  // their places, by the nodes that stand there

  explicit Inputs(std::span<const Value> inputs) : values(inputs) {}

  void sort() {
    in_order.resize(size());
    std::iota(in_order.begin(), in_order.end(), std::size_t{0});
    const auto node_of = [this](std::size_t k) { return node(k); };
    if (!std::ranges::is_sorted(in_order, {}, node_of))
      std::ranges::stable_sort(in_order, {}, node_of);
  }

  std::size_t size() const { return values.size(); }
  std::size_t node(std::size_t k) const { return values[k].node(); }
};

// What the caller of pull_back wants.
struct Pull {
  std::span<const Value> outputs;
  std::span<const double> seeds;
  Inputs inputs;
  std::span<double> out;
  std::size_t last;  // node that may have an adjoint

  // Calls seed(k, node) for the outputs that have one.
  template <class Seed> void for_each_output(Seed&& seed) const {
    for (std::size_t k = 0; k < outputs.size(); ++k)
      if (!outputs[k].is_constant()) seed(k, outputs[k].node());
  }
};

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
      bool is_kept = tape_.adjoint_rows_ != nullptr || !tape_.lanes_.empty();
      while (!sweep(turn())) {
        tape_.adjoint_rows_.reset();
        release(tape_.lanes_);
        if (std::exchange(is_kept, false)) continue;  // without the memory of sweeps before
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
    if (std::max(wanted, memory.capacity()) * sizeof(double) > bytes_left(kept_rows())) return {};
    if (memory.size() < wanted) {
      try {
        release(memory);  // first, so that both are never there together
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
    if (pull.last > 0)
      tapegrad::sweep_fast(tape_.recording_, tape_.externals_, adjoints, pull.last);
    for (std::size_t k = 0; k < pull.inputs.size(); ++k)
      turn.take(&adjoints[pull.inputs.node(k)], pull.inputs.size(), k, pull.out);
    return true;
  }

  bool pull_back_some(const Turn& turn, const Pull& pull) const {
    const auto sweep = [&](AdjointRows& rows) {
      pull.for_each_output([&](std::size_t k, std::size_t node) {
        turn.add(pull.seeds, pull.outputs.size(), k, rows.find_or_take(node));
      });
      sweep_down(turn, pull.inputs, rows, pull.last, pull.out,
                 [&](std::size_t last, std::size_t first) {
                   sweep_lanes(tape_.recording_, tape_.externals_, rows, turn.lanes, last, first);
                 });
    };
    return with_rows(turn, sweep);
  }

  // Calls sweep(rows). @return was there memory for it?
  template <class Sweep> bool with_rows(const Turn& turn, Sweep&& sweep) const {
    if (tape_.adjoint_rows_ == nullptr) tape_.adjoint_rows_ = std::make_unique<AdjointRows>();
    AdjointRows& rows = *tape_.adjoint_rows_;
    try {
      rows.start(tape_.recording_.size(), turn.lanes,
                 bytes_left(tape_.lanes_.capacity() * sizeof(double)));
      sweep(rows);
      return true;
    } catch (const AdjointRows::Full&) {
      return false;
    }
  }

  // Calls sweep(last, first) for all nodes from `last` down to 1, and takes the inputs' rows: those
  // of leaves at the end; those of others when they are complete, before they are handed on.
  template <class Sweep>
  void sweep_down(const Turn& turn, const Inputs& inputs, const AdjointRows& rows, std::size_t last,
                  std::span<double> out, Sweep&& sweep) const {
    const auto is_leaf = [&](std::size_t k) {
      return tape_.recording_.op(inputs.node(k)) == Op::Leaf;
    };
    const auto take = [&](std::size_t k) {
      turn.take(rows.find(inputs.node(k)), inputs.size(), k, out);
    };
    for (auto place = inputs.in_order.rbegin(); place != inputs.in_order.rend(); ++place) {
      const std::size_t k = *place;
      if (is_leaf(k)) continue;
      if (inputs.node(k) < last) {
        sweep(last, inputs.node(k) + 1);
        last = inputs.node(k);
      }
      take(k);
    }
    sweep(last, 1);
    for (std::size_t k = 0; k < inputs.size(); ++k)
      if (is_leaf(k)) take(k);
  }

  // Tangents of the nodes up to the last one; all 0 before the first input.
  void tangents(const Turn& turn, const Inputs& inputs, std::span<const double> given,
                std::span<double> rows, std::size_t last) const {
    const Recording& recording = tape_.recording_;
    const auto row = [&](std::size_t node) { return rows.data() + node * turn.lanes; };
    const auto sweep = [&](std::size_t from, std::size_t to) {
      if (from <= to) sweep_tangents(recording, tape_.externals_, rows, turn.lanes, from, to);
    };
    const std::size_t first = inputs.size() == 0 ? last + 1 : inputs.node(inputs.in_order[0]);
    std::size_t next = std::min(first, last + 1);
    while (next <= last && recording.op(next) == Op::Result) ++next;  // of an operation before
    std::ranges::fill(rows.first(next * turn.lanes), 0.0);
    for (const std::size_t k : inputs.in_order) {
      const std::size_t node = inputs.node(k);
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
  Pull pull{outputs, seeds, Inputs(inputs), out, last};
  if (directions > 1) pull.inputs.sort();
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
  Inputs sorted(inputs);
  sorted.sort();
  sweep.in_turns(directions, first_order_lanes, [&](const Turn& turn) {
    const std::span<double> rows = sweep.lend(recording_.next() * turn.lanes);
    if (rows.empty()) return false;
    sweep.tangents(turn, sorted, tangents, rows, last);
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
  Inputs sorted(inputs);
  sorted.sort();
  const std::size_t nodes = recording_.next();
  sweep.in_turns(count, second_order_lanes, [&](const Turn& turn) {
    const std::span<double> lent = sweep.lend(nodes * turn.lanes + nodes);
    if (lent.empty()) return false;
    const std::span<double> tangents = lent.first(nodes * turn.lanes);
    const std::span<double> adjoints = lent.last(nodes);
    sweep.tangents(turn, sorted, directions, tangents, last);
    return sweep.with_rows(turn, [&](AdjointRows& rows) {
      std::ranges::fill(adjoints, 0.0);
      for (const Seed& seed : seeds) {
        if (seed.output.is_constant()) continue;
        adjoints[seed.output.node()] += seed.adjoint;
        rows.find_or_take(seed.output.node());
      }
      sweep.sweep_down(turn, sorted, rows, last, out, [&](std::size_t from, std::size_t to) {
        sweep_second_order(recording_, externals_, tangents, adjoints, rows, turn.lanes, from, to);
      });
    });
  });
}

}  // namespace tapegrad

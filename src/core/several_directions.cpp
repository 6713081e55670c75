// Sweeping several directions at once: backward, forward, and with second derivatives.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "closed.hpp"
#include "multisweep.hpp"
#include "sweep.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {
namespace {

constexpr std::array<std::size_t, 4> first_order_widths{1, 4, 8, 16};
constexpr std::array<std::size_t, 2> second_order_widths{1, 8};

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

// Adds what a caller gives for each of `values` in a few of the directions.
void scatter(std::span<const double> given, std::span<const Value> values, std::size_t first,
             std::size_t directions, std::size_t lanes, std::span<double> to) {
  for (std::size_t d = 0; d < directions; ++d)
    for (std::size_t k = 0; k < values.size(); ++k)
      to[values[k].node() * lanes + d] += given[(first + d) * values.size() + k];
}

void gather(std::span<const double> from, std::span<const Value> values, std::size_t first,
            std::size_t directions, std::size_t lanes, std::span<double> taken) {
  for (std::size_t d = 0; d < directions; ++d)
    for (std::size_t k = 0; k < values.size(); ++k)
      taken[(first + d) * values.size() + k] = from[values[k].node() * lanes + d];
}

std::size_t first_node(std::span<const Value> inputs) {
  return std::ranges::min(inputs, {}, &Value::node).node();
}

}  // namespace

void Tape::pull_back(std::span<const Value> outputs, std::span<const double> seeds,
                     std::span<const Value> inputs, std::span<double> out) {
  const Multisweep sweep(*this, "pull_back");
  const std::size_t directions =
      count_directions({"pull_back", "seeds", "outputs", "adjoints", "inputs"}, seeds.size(),
                       outputs.size(), out.size(), inputs.size());
  const std::size_t last = sweep.require_outputs(outputs);
  sweep.require_inputs(inputs);
  for (std::size_t first = 0; first < directions;) {
    const auto [lanes, adjoints] = sweep.lend(directions - first, first_order_widths, 1, 0);
    const std::size_t together = std::min(lanes, directions - first);
    scatter(seeds, outputs, first, together, lanes, adjoints);
    {
      const Recording::Closed closed(recording_);
      sweep_lanes(recording_, externals_, adjoints, lanes, last);
    }
    gather(adjoints, inputs, first, together, lanes, out);
    first += together;
  }
}

void Tape::push_forward(std::span<const Value> inputs, std::span<const double> tangents,
                        std::span<const Value> outputs, std::span<double> out) {
  const Multisweep sweep(*this, "push_forward");
  const std::size_t directions =
      count_directions({"push_forward", "tangents", "inputs", "tangents", "outputs"},
                       tangents.size(), inputs.size(), out.size(), outputs.size());
  const std::size_t last = sweep.require_outputs(outputs);
  sweep.require_inputs(inputs);
  for (std::size_t first = 0; first < directions;) {
    const auto [lanes, swept] = sweep.lend(directions - first, first_order_widths, 1, 0);
    const std::size_t together = std::min(lanes, directions - first);
    scatter(tangents, inputs, first, together, lanes, swept);
    {
      const Recording::Closed closed(recording_);
      sweep_tangents(recording_, externals_, swept, lanes, first_node(inputs), last);
    }
    gather(swept, outputs, first, together, lanes, out);
    first += together;
  }
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
  const std::size_t rows = size() + 1;
  for (std::size_t first = 0; first < count;) {
    const auto [lanes, numbers] = sweep.lend(count - first, second_order_widths, 2, 1);
    const std::size_t together = std::min(lanes, count - first);
    const std::span<double> tangents = numbers.first(rows * lanes);
    const std::span<double> changes = numbers.subspan(rows * lanes, rows * lanes);
    const std::span<double> adjoints = numbers.last(rows);
    scatter(directions, inputs, first, together, lanes, tangents);
    for (const Seed& seed : seeds)
      if (!seed.output.is_constant()) adjoints[seed.output.node()] += seed.adjoint;
    {
      const Recording::Closed closed(recording_);
      sweep_tangents(recording_, externals_, tangents, lanes, first_node(inputs), last);
      sweep_second_order(recording_, externals_, tangents, adjoints, changes, lanes, last);
    }
    gather(changes, inputs, first, together, lanes, out);
    first += together;
  }
}

}  // namespace tapegrad

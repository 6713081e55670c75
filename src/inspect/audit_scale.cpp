// How large adjoints are on the way from the output down: by layers where nodes have names of
// layers, else by depth.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>

#include "audit_parts.hpp"
#include "operand_nodes.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

using Kind = Finding::Kind;

struct Mean {
  double sum = 0;
  std::size_t count = 0;
  std::size_t first_node = 0;
  void add(double x, std::size_t node) {
    if (count == 0) first_node = node;
    sum += x;
    ++count;
  }
  double value() const { return sum / static_cast<double>(count); }
};

// The mean |adjoint| of the pre-activations of each layer.
std::map<std::size_t, Mean> means_of_layers(const SweepReplay& replay) {
  std::map<std::size_t, Mean> layers;
  for (std::size_t node = 1; node <= replay.output(); ++node) {
    const Op op = replay.recording().op(node);
    if (op != Op::Add && op != Op::WeightedSum) continue;
    const std::string name = replay.tape().name(node);
    const std::string layer = layer_of(name);
    if (layer.empty() || !name.ends_with(".pa")) continue;
    const double adjoint = std::abs(replay.adjoint(node));
    if (std::isfinite(adjoint))
      layers[std::strtoull(layer.c_str() + 1, nullptr, 10)].add(adjoint, node);
  }
  return layers;
}

bool compare_layers(const SweepReplay& replay, const AuditOptions& options, Findings& findings) {
  const auto layers = means_of_layers(replay);
  if (layers.size() < 2) return false;
  const Mean& first = layers.begin()->second;
  const Mean& last = layers.rbegin()->second;
  const double ratio = first.value() / last.value();
  const bool vanishes = ratio > 0 && ratio < 1 / options.layer_ratio;
  if (!vanishes && !(ratio > options.layer_ratio && std::isfinite(ratio))) return true;
  std::string steps;
  std::size_t i = 0;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer, ++i) {
    const bool shown = layers.size() <= 6 || i < 3 || i + 2 >= layers.size();
    if (shown)
      steps +=
          fmt::format("{}L{} {}", i == 0 ? "" : ", ", layer->first, number(layer->second.value()));
    else if (i == 3)
      steps += ", ...";
  }
  findings.push_back({vanishes ? Kind::vanishing : Kind::exploding,
                      {first.first_node},
                      first.first_node,
                      fmt::format("mean |adjoint| of pre-activations, from the output down: {}; "
                                  "a factor of {:.2g}",
                                  steps, ratio)});
  return true;
}

constexpr std::size_t bands = 10;
constexpr std::size_t least_depth = 20;

// The longest way from each node to the output.
std::vector<std::uint32_t> depths(const SweepReplay& replay) {
  std::vector<std::uint32_t> depth(replay.output() + 1);
  for (std::size_t node = replay.output(); node > 0; --node) {
    if (!replay.is_connected(node)) continue;
    for_each_operand_node(replay.recording(), node, [&](std::size_t operand) {
      depth[operand] = std::max(depth[operand], depth[node] + 1);
    });
  }
  return depth;
}

void compare_depths(const SweepReplay& replay, const AuditOptions& options, Findings& findings) {
  const std::vector<std::uint32_t> depth = depths(replay);
  const std::size_t deepest = *std::ranges::max_element(depth);
  if (deepest < least_depth) return;
  std::array<Mean, bands> logs;
  for (std::size_t node = 1; node <= replay.output(); ++node) {
    const double size = std::abs(replay.adjoint(node));
    if (replay.recording().op(node) == Op::Leaf || size == 0 || !std::isfinite(size)) continue;
    logs[depth[node] * bands / (deepest + 1)].add(std::log10(size), node);
  }
  const Mean &near = logs.front(), &middle = logs[bands / 2], &far = logs.back();
  if (near.count == 0 || middle.count == 0 || far.count == 0) return;
  const double least = std::log10(options.depth_ratio);
  const double whole = far.value() - near.value();
  const double half = (middle.value() - near.value()) / whole;  // its share of the way
  if (!(std::abs(whole) > least) || half < 0.2 || half > 0.8) return;
  findings.push_back(
      {whole < 0 ? Kind::vanishing : Kind::exploding,
       {far.first_node},
       far.first_node,
       fmt::format("|adjoint| {} from {:.2g} next to the output to {:.2g} at a depth of {} nodes, "
                   "as at {} with {}",
                   whole < 0 ? "falls" : "grows", std::pow(10, near.value()),
                   std::pow(10, far.value()), deepest, statement(replay.node(far.first_node)),
                   number(replay.adjoint(far.first_node)))});
}

}  // namespace

void find_scales(const SweepReplay& replay, const AuditOptions& options, Findings& findings) {
  if (!compare_layers(replay, options, findings)) compare_depths(replay, options, findings);
}

}  // namespace tapegrad

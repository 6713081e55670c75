// The search. Values are looked through in the order of recording, derivatives in that of the
// sweep; what is found is told in anomaly_text.cpp.

#include "tapegrad/inspect/anomaly.hpp"

#include <algorithm>
#include <optional>

#include "anomaly_search.hpp"
#include "operand_nodes.hpp"
#include "wording.hpp"

namespace tapegrad {

using Kind = Anomaly::Kind;
using Fate = Anomaly::Fate;

AnomalySearch::AnomalySearch(const SweepReplay& replay, const AnomalyOptions& options)
    : replay_(replay),
      options_(options),
      size_(replay.tape().size()),
      poisons_(size_ + 1),
      gets_bad_(size_ + 1),
      spoils_(size_ + 1) {
  found_.output = replay.output();
  mark_spoilt();
  mark_poison();
  find_values();
  find_derivatives();
}

bool AnomalySearch::has_bad_value(std::size_t node) const {
  const Recording& recording = replay_.recording();  // the value of a call is no number
  return recording.op(node) != Op::External && is_bad(recording.value(node));
}

bool AnomalySearch::has_bad_input(std::size_t node) const {
  const Recording& recording = replay_.recording();
  const std::size_t source =
      recording.op(node) == Op::Result ? std::size_t{recording.row(node).a} : node;
  bool bad = false;
  for_each_operand_node(recording, source,
                        [&](std::size_t operand) { bad = bad || has_bad_value(operand); });
  return bad;
}

// A bad value does harm at the output, wherever there is an adjoint, and where it makes a bad
// adjoint for another operand, as in atan2(∞, x); what it was computed from does so by it.
void AnomalySearch::mark_poison() {
  const Recording& recording = replay_.recording();
  for (std::size_t node = replay_.output(); node > 0; --node) {
    const double adjoint = replay_.adjoint(node);
    const bool has_adjoint = replay_.is_connected(node) && adjoint != 0;
    if (poisons_[node] == 0 && has_bad_value(node) && (has_adjoint || node == replay_.output()))
      poisons_[node] = static_cast<std::uint32_t>(node);
    const bool is_poison = poisons_[node] != 0;
    if (!is_poison && !(has_adjoint && !is_bad(adjoint) && has_bad_input(node) && spreads(node)))
      continue;
    const bool chooses = recording.op(node) == Op::Select;
    for (std::size_t k = 0; k < recording.operand_count(node); ++k) {
      const Operand operand = recording.operand(node, k);
      if (operand.node == 0 || poisons_[operand.node] != 0) continue;
      if (chooses && operand.partial == 0) continue;
      const bool is_call = recording.op(operand.node) == Op::External;
      if ((is_poison && is_call) || has_bad_value(operand.node))
        poisons_[operand.node] = static_cast<std::uint32_t>(node);
    }
  }
}

// Does it hand something bad on that gets to a variable, by whichever operand?
bool AnomalySearch::spreads(std::size_t node) const {
  const Op op = replay_.recording().op(node);
  if (has_unknown_partials(op)) return false;
  for (const Operand& operand : replay_.node(node).operands()) {
    if (operand.node == 0 || is_cut(op, operand) || !spoils_[operand.node]) continue;
    if (is_bad(rule::Chain::value(replay_.adjoint(node), operand.partial))) return true;
  }
  return false;
}

// Which variables get a bad adjoint, and through which nodes.
void AnomalySearch::mark_spoilt() {
  const Recording& recording = replay_.recording();
  for (std::size_t node = 1; node <= replay_.output(); ++node) {
    if (recording.op(node) != Op::Leaf || !is_bad(replay_.adjoint(node))) continue;
    spoils_[node] = true;
    found_.spoilt.push_back(node);
  }
  if (found_.spoilt.empty()) return;
  for (std::size_t node = 1; node <= replay_.output(); ++node) {
    bool maybe = false;
    for_each_operand_node(recording, node, [&](std::size_t o) { maybe = maybe || spoils_[o]; });
    if (!maybe) continue;
    for (const Operand& operand : replay_.node(node).operands())
      if (operand.node != 0 && spoils_[operand.node] && !is_cut(recording.op(node), operand))
        spoils_[node] = true;
  }
}

// ---- Values ----

void AnomalySearch::find_values() {
  for (std::size_t node = 1; node <= size_; ++node) {
    if (!has_bad_value(node)) continue;
    if (found_.first_value == 0) found_.first_value = node;
    if (!has_bad_input(node)) add(Kind::value, fate_of_value(node), node);
  }
}

Fate AnomalySearch::fate_of_value(std::size_t node) const {
  if (!replay_.is_connected(node)) return Fate::unconnected;
  if (poisons_[node] != 0) return Fate::reaches;
  return replay_.is_open(node) ? Fate::zero_adjoint : Fate::cut;
}

// ---- Partials and adjoints ----

void AnomalySearch::find_derivatives() {
  for (std::size_t node = size_; node > 0; --node) {
    const Op op = replay_.recording().op(node);
    const bool is_bad_adjoint = is_bad(replay_.adjoint(node));
    if (is_bad_adjoint && found_.first_in_sweep == 0) found_.first_in_sweep = node;
    if (is_bad_adjoint && !gets_bad_[node])
      add(Kind::derivative, spoils_[node] ? Fate::reaches : Fate::cut, node, no_operand);
    if (op == Op::External) find_in_call(node);
    if (op != Op::Leaf && !has_unknown_partials(op)) find_in_rule(node);
  }
}

// A callback that gives something bad, and was given nothing bad.
void AnomalySearch::find_in_call(std::size_t node) {
  if (std::ranges::find(replay_.spoilt_by_callbacks(), node) == replay_.spoilt_by_callbacks().end())
    return;
  const Recording& recording = replay_.recording();
  bool is_origin = !has_bad_input(node);
  for (std::size_t j = node + 1; j <= size_ && recording.op(j) == Op::Result; ++j)
    is_origin = is_origin && !is_bad(replay_.adjoint(j)) && !has_bad_value(j);
  bool spoils = false;
  for_each_operand_node(recording, node, [&](std::size_t operand) {
    spoils = spoils || (is_bad(replay_.adjoint(operand)) && spoils_[operand]);
    is_origin = is_origin && !gets_bad_[operand];
    gets_bad_[operand] = true;
  });
  if (is_origin) add(Kind::derivative, spoils ? Fate::reaches : Fate::cut, node, no_operand);
}

// The first operand for which the node makes something bad of what is not; one that does harm
// before one that does not.
void AnomalySearch::find_in_rule(std::size_t node) {
  const Recording& recording = replay_.recording();
  const Op op = recording.op(node);
  const double adjoint = replay_.adjoint(node);
  const bool is_origin = !has_bad_value(node) && !has_bad_input(node);
  std::optional<Origin> found;
  for (std::size_t k = 0; k < recording.operand_count(node); ++k) {
    const Operand operand = recording.operand(node, k);
    if (operand.node == 0 || is_cut(op, operand)) continue;
    const bool bad_product = is_bad(rule::Chain::value(adjoint, operand.partial));
    if (bad_product) {
      gets_bad_[operand.node] = true;
      if (found_.first_in_sweep == 0) found_.first_in_sweep = node;
    }
    if (!is_origin || !(is_bad(operand.partial) || (bad_product && !is_bad(adjoint)))) continue;
    const Fate fate = fate_of_derivative(node, operand);
    if (!found || (found->fate != Fate::reaches && fate == Fate::reaches))
      found = Origin{Kind::derivative, fate, static_cast<std::uint32_t>(node),
                     static_cast<std::uint32_t>(k)};
  }
  if (found) origins_.push_back(*found);
}

Fate AnomalySearch::fate_of_derivative(std::size_t node, const Operand& operand) const {
  if (!replay_.is_connected(node)) return Fate::unconnected;
  if (replay_.adjoint(node) != 0) return spoils_[operand.node] ? Fate::reaches : Fate::cut;
  return replay_.is_open(node) ? Fate::zero_adjoint : Fate::cut;
}

void AnomalySearch::add(Kind kind, Fate fate, std::size_t node, std::size_t operand) {
  origins_.push_back(
      {kind, fate, static_cast<std::uint32_t>(node), static_cast<std::uint32_t>(operand)});
}

// ---- All of it ----

Anomalies AnomalySearch::report() const {
  std::vector<Origin> ordered = origins_;
  std::stable_partition(ordered.begin(), ordered.end(),
                        [](const Origin& o) { return o.fate == Fate::reaches; });
  Anomalies all = found_;
  all.spoilt_text = list_of_nodes(replay_.tape(), all.spoilt);
  all.count = ordered.size();
  all.masked = static_cast<std::size_t>(
      std::ranges::count_if(ordered, [](const Origin& o) { return o.fate != Fate::reaches; }));
  ordered.resize(std::min(ordered.size(), Anomalies::most_origins));
  for (const Origin& origin : ordered) all.origins.push_back(describe(origin));
  return all;
}

Anomalies find_anomalies(const Node& output, const AnomalyOptions& options) {
  check_node("find_anomalies", output);
  const SweepReplay replay(output);
  return AnomalySearch(replay, options).report();
}

}  // namespace tapegrad

// The audit as a whole, and its simple parts.

#include "tapegrad/inspect/audit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "anomaly_search.hpp"
#include "audit_parts.hpp"
#include "operand_nodes.hpp"
#include "tapegrad/inspect/location.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

using Kind = Finding::Kind;

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::not_finite:
      return "not finite";
    case Kind::zero_gradient:
      return "zero gradient";
    case Kind::unreached:
      return "unreached";
    case Kind::vanishing:
      return "vanishing";
    case Kind::exploding:
      return "exploding";
    case Kind::cancellation:
      return "cancellation";
    case Kind::jump:
      return "jump";
    case Kind::kink:
      return "kink";
    case Kind::unused:
      return "unused";
  }
  return "";
}

// How often each node is an operand.
std::vector<std::uint32_t> count_uses(const Recording& recording) {
  std::vector<std::uint32_t> uses(recording.size() + 1);
  for (std::size_t node = 1; node <= recording.size(); ++node)
    for_each_operand_node(recording, node, [&](std::size_t operand) { ++uses[operand]; });
  return uses;
}

void find_not_finite(const SweepReplay& replay, Findings& findings) {
  const AnomalyOptions options;
  const Anomalies anomalies = AnomalySearch(replay, options).report();
  const std::size_t count = anomalies.count - anomalies.masked;
  if (count == 0) return;
  const Anomaly& first = anomalies.origins.front();
  std::string text = fmt::format("{}: {}", first.cause, first.statement);
  if (count > 1) text += fmt::format("; {} in all", counted(count, "origin"));
  text += " (more: find_anomalies; in a debugger: nan)";
  findings.push_back({Kind::not_finite, {first.node}, first.node, text});
}

void find_unreached(const SweepReplay& replay, const std::vector<std::uint32_t>& uses,
                    Findings& findings) {
  for (const Node node : replay.tape().nodes()) {
    if (!node.is_leaf() || replay.is_connected(node.index())) continue;
    const std::string_view why = uses[node.index()] == 0
                                     ? "nothing was computed from it"
                                     : "the output does not depend on what was computed from it";
    findings.push_back({Kind::unreached,
                        {node.index()},
                        node.index(),
                        fmt::format("{}: {}", statement(node), why)});
  }
}

void find_unused(const SweepReplay& replay, const std::vector<std::uint32_t>& uses,
                 Findings& findings) {
  const auto guards = replay.tape().guards();  // in order
  for (std::size_t index = 1; index < replay.output(); ++index) {
    const Node node = replay.node(index);
    if (uses[index] != 0 || node.is_leaf() || node.op() == Op::External) continue;
    if (std::ranges::binary_search(guards, index)) continue;
    findings.push_back(
        {Kind::unused, {index}, index, statement(node) + " was computed for nothing"});
  }
}

std::string line(const Finding& finding) {
  const std::string place =
      finding.location ? "; recorded at " + to_string(*finding.location) : std::string();
  return fmt::format("{}: {}{}\n", name_of(finding.kind), finding.text, place);
}

}  // namespace

Audit audit(const Node& output, const AuditOptions& options) {
  check_node("audit", output);
  const SweepReplay replay(output);
  const std::vector<std::uint32_t> uses = count_uses(replay.recording());
  Audit audit{.findings = {}, .most_of_a_kind = options.most_of_a_kind};
  find_not_finite(replay, audit.findings);
  find_zero_gradients(replay, options, uses, audit.findings);
  find_unreached(replay, uses, audit.findings);
  find_scales(replay, options, audit.findings);
  find_cancellations(replay, options, audit.findings);
  find_edges(replay, options, audit.findings);
  find_unused(replay, uses, audit.findings);
  std::ranges::stable_sort(audit.findings, {}, &Finding::kind);
  for (Finding& finding : audit.findings) finding.location = location(replay.node(finding.blamed));
  return audit;
}

std::string to_string(const Audit& audit) {
  if (audit.is_clean()) return "no findings\n";
  std::string text;
  const auto& all = audit.findings;
  for (std::size_t first = 0; first < all.size();) {
    std::size_t end = first;
    while (end < all.size() && all[end].kind == all[first].kind) ++end;
    std::size_t shown = end - first;
    if (shown > audit.most_of_a_kind + 1) shown = audit.most_of_a_kind;
    for (std::size_t i = first; i < first + shown; ++i) text += line(all[i]);
    if (first + shown < end) text += fmt::format("  and {} more like it\n", end - first - shown);
    first = end;
  }
  return text;
}

}  // namespace tapegrad

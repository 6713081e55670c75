// The parts of an audit. Each looks for a few kinds of findings, and adds them to the list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sweep_replay.hpp"
#include "tapegrad/inspect/audit.hpp"

namespace tapegrad {

using Findings = std::vector<Finding>;

void find_zero_gradients(const SweepReplay& replay, const AuditOptions& options,
                         const std::vector<std::uint32_t>& uses, Findings& findings);
void find_scales(const SweepReplay& replay, const AuditOptions& options, Findings& findings);
void find_cancellations(const SweepReplay& replay, const AuditOptions& options, Findings& findings);
void find_edges(const SweepReplay& replay, const AuditOptions& options, Findings& findings);

/// "L3" of a node called "L3.n1.pa"; empty if it is of no layer.
std::string layer_of(const std::string& name);

/// Σ|terms| of a node that is a sum; 0 of any other.
double size_of_terms(const Node& node);

}  // namespace tapegrad

// The scope in which a NaN throws.
//
// In a sweep a node is looked at when its adjoint is complete. All adjoints above were in order, so
// that the origin is found by going back to them: they are kept here, since the tape's own are
// restored when we throw.

#include <fmt/format.h>

#include "anomaly_search.hpp"
#include "operand_nodes.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/no_grad.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/inspect/anomaly.hpp"
#include "tapegrad/inspect/location.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

Tape& active_tape() {
  Tape* const tape = active_recording->tape();
  if (within_no_grad())
    throw NoActiveTapeError(
        "DetectAnomaly: within NoGrad nothing is recorded; make it before, or pass the tape");
  if (tape == nullptr)
    throw NoActiveTapeError(
        "DetectAnomaly: no tape is active on this thread; make a Tape first, or pass one");
  return *tape;
}

// Those that reach; where none does, whatever there is.
std::string texts_of_origins(const Anomalies& anomalies) {
  std::string text;
  for (const Anomaly& origin : anomalies.origins)
    if (origin.fate == Anomaly::Fate::reaches) text += origin.text;
  if (!text.empty()) return text;
  for (const Anomaly& origin : anomalies.origins) text += origin.text;
  return text;
}

}  // namespace

DetectAnomaly::DetectAnomaly(const AnomalyOptions& options)
    : DetectAnomaly(active_tape(), options) {}

DetectAnomaly::DetectAnomaly(Tape& tape, const AnomalyOptions& options)
    : tape_(&tape), options_(options) {
  tape.add_observer(*this);
}

DetectAnomaly::~DetectAnomaly() {
  if (tape_ != nullptr) tape_->remove_observer(*this);
}

bool DetectAnomaly::has_bad_partial(const Node& node) const {
  if (has_unknown_partials(node.op())) return false;
  for (const Operand& operand : node.operands())
    if (operand.node != 0 && options_.is_bad(operand.partial)) return true;
  return false;
}

void DetectAnomaly::recorded(const Node& node) {
  if (node.op() == Op::External) return;  // its results come next
  const bool bad = options_.is_bad(node.value()) || (options_.partials && has_bad_partial(node));
  if (bad) [[unlikely]]
    throw_recorded(node);
}

void DetectAnomaly::throw_recorded(const Node& node) const {
  const Anomalies anomalies = find_anomalies(node, options_);
  std::string text = fmt::format("recording {}", label(node));
  if (!anomalies.origins.empty()) {
    const Anomaly& origin = anomalies.origins.front();
    text += fmt::format(": {}: {}", origin.cause, origin.statement);
    if (origin.location) text += fmt::format("\n  recorded at {}", to_string(*origin.location));
    if (origin.path.size() > 1)
      text += fmt::format("\n  and from there: {}", path_text(node.tape(), origin.path));
  }
  text += "\n  If a select() drops it later, look in sweeps only: DetectAnomaly(When::sweep)";
  throw AnomalyError(text);
}

void DetectAnomaly::adjoint_ready(const Node& node, double& adjoint) {
  const std::size_t index = node.index();
  if (index + 1 != last_swept_) {  // a sweep begins
    swept_from_ = index;
    adjoints_.resize(index + 1);
  }
  last_swept_ = index;
  adjoints_[index] = adjoint;
  const bool bad_value = node.op() != Op::External && options_.is_bad(node.value());
  const bool bad = options_.is_bad(adjoint) || (bad_value && (adjoint != 0 || options_.masked));
  if (bad || (options_.masked && has_bad_partial(node))) [[unlikely]] {
    last_swept_ = 0;
    throw_swept(node, adjoint);
  }
}

void DetectAnomaly::throw_swept(const Node& node, double adjoint) const {
  const SweepReplay replay(Node(*tape_, swept_from_), adjoints_, node.index());
  const Anomalies anomalies = AnomalySearch(replay, options_).report();
  std::string text = "sweep: ";
  if (options_.is_bad(adjoint))
    text += fmt::format("the adjoint of {} is {}", label(node), number(adjoint));
  else if (options_.is_bad(node.value()))
    text += fmt::format("the value of {} is {}", label(node), number(node.value()));
  else
    text += fmt::format("a partial of {} is not finite", label(node));
  throw AnomalyError(without_last_end(text + "\n" + texts_of_origins(anomalies)));
}

}  // namespace tapegrad

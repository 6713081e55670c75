// What an AnomalySearch has found, in words.

#include <fmt/format.h>

#include <cmath>

#include "../core/shown.hpp"
#include "anomaly_search.hpp"
#include "cause.hpp"
#include "formula.hpp"
#include "operand_nodes.hpp"
#include "tapegrad/inspect/location.hpp"
#include "wording.hpp"

namespace tapegrad {

using Kind = Anomaly::Kind;
using Fate = Anomaly::Fate;

Anomaly AnomalySearch::describe(const Origin& origin) const {
  const Node node = replay_.node(origin.node);
  const bool has_operand = origin.kind == Kind::derivative && origin.operand != no_operand;
  Anomaly anomaly{.kind = origin.kind,
                  .fate = origin.fate,
                  .node = origin.node,
                  .operand = has_operand ? node.operands()[origin.operand].node : 0,
                  .cause = cause_of(origin),
                  .statement = statement_with_operands(node),
                  .location = location(node),
                  .path = path_from(origin),
                  .text = {}};
  anomaly.text = fmt::format("{}: {}\n", anomaly.cause, anomaly.statement);
  if (has_operand) anomaly.text += fmt::format("  {}\n", factors_of(origin));
  if (anomaly.location)
    anomaly.text += fmt::format("  recorded at {}\n", to_string(*anomaly.location));
  anomaly.text += turn_text(anomaly);
  anomaly.text += fmt::format("  {}\n", fate_text(anomaly));
  return anomaly;
}

std::string AnomalySearch::cause_of(const Origin& origin) const {
  const Node node = replay_.node(origin.node);
  if (origin.kind == Kind::value) return cause_of_value(node);
  if (node.op() == Op::External)
    return fmt::format("the pull_back of {} gives an adjoint that is not finite",
                       shown(node.operation()));
  const double adjoint = replay_.adjoint(node.index());
  if (origin.operand != no_operand) {
    const double partial = node.operands()[origin.operand].partial;
    if (is_bad(partial)) return cause_of_partial(node, origin.operand);
    return fmt::format("adjoint {} times partial {} is {}", number(adjoint), number(partial),
                       number(adjoint * partial));
  }
  if (replay_.user(node.index()) == node.index())
    return fmt::format("the sweep starts with {}", number(adjoint));
  if (std::isnan(adjoint)) return "a hook makes the adjoint nan";
  return "the sum of what the adjoint receives overflows";
}

// The step of the chain rule, with numbers.
std::string AnomalySearch::factors_of(const Origin& origin) const {
  const Node node = replay_.node(origin.node);
  const Operand operand = node.operands()[origin.operand];
  const std::string partial = fmt::format("∂#{}/∂#{}", node.index(), operand.node);
  return fmt::format("adjoint({}) += adjoint({}) · {} = {} · {}, and {} = {}",
                     label(replay_.node(operand.node)), label(node), partial,
                     number(replay_.adjoint(node.index())), number(operand.partial), partial,
                     operand_formula(node, origin.operand).partial);
}

// An infinity is often meant; the NaN that it turns into is not.
std::string AnomalySearch::turn_text(const Anomaly& anomaly) const {
  if (anomaly.kind != Kind::value || anomaly.fate != Fate::reaches ||
      std::isnan(replay_.node(anomaly.node).value()))
    return {};
  for (const std::size_t index : anomaly.path) {
    const Node node = replay_.node(index);
    if (node.op() == Op::External || !std::isnan(node.value())) continue;
    return fmt::format("  becomes nan at {}: {}\n", statement(node), cause_of_value(node));
  }
  return {};
}

std::string AnomalySearch::fate_text(const Anomaly& anomaly) const {
  if (anomaly.fate != Fate::reaches) return masked_text(anomaly);
  const bool by_value = anomaly.kind == Kind::value && has_bad_value(replay_.output());
  if (anomaly.path.size() < 2) return by_value ? "is the output" : "reaches the gradient";
  return fmt::format("reaches the {}: {}", by_value ? "output" : "gradient; its way to the output",
                     path_text(replay_.tape(), anomaly.path));
}

std::string AnomalySearch::masked_text(const Anomaly& anomaly) const {
  const std::string node = label(replay_.node(anomaly.node));
  if (anomaly.fate == Fate::unconnected)
    return fmt::format("masked: the output {} does not depend on {}",
                       label(replay_.node(replay_.output())), node);
  if (anomaly.kind == Kind::derivative && replay_.adjoint(anomaly.node) != 0)
    return "masked: no variable receives it";
  if (anomaly.kind == Kind::derivative && anomaly.fate == Fate::zero_adjoint)
    return fmt::format("masked: the adjoint of {} is 0", node);
  const std::size_t end = end_of(anomaly.node);
  return fmt::format("masked: it ends at {}", end == 0 ? node : statement(replay_.node(end)));
}

// Where a bad value, or the adjoint for it, is dropped on the way to the output.
std::size_t AnomalySearch::end_of(std::size_t node) const {
  const bool is_value = has_bad_value(node);
  for (std::size_t user = replay_.user(node); user != node; user = replay_.user(node)) {
    bool cut = has_rule(replay_.recording().op(user));
    for (const Operand& operand : replay_.node(user).operands())
      if (operand.node == node && !is_cut(replay_.recording().op(user), operand)) cut = false;
    const bool is_call = replay_.recording().op(user) == Op::External;
    if (cut || (is_value && !is_call && !has_bad_value(user))) return user;
    node = user;
  }
  return 0;
}

std::vector<std::size_t> AnomalySearch::path_from(const Origin& origin) const {
  std::vector<std::size_t> path;
  std::size_t node = origin.node;
  if (!replay_.is_connected(node)) return path;
  path.push_back(node);
  const auto follow = [&](auto&& user_of) {
    for (std::size_t user = user_of(node); user != node && user != 0; user = user_of(node)) {
      node = user;
      path.push_back(node);
    }
  };
  if (origin.kind == Kind::value && origin.fate == Fate::reaches)
    follow([&](std::size_t n) { return std::size_t{poisons_[n]}; });
  if (replay_.is_open(node))
    follow([&](std::size_t n) { return replay_.open_user(n); });
  else
    follow([&](std::size_t n) { return replay_.user(n); });
  return path;
}

std::string to_string(const Anomalies& anomalies) {
  if (anomalies.is_clean()) return "all values, partials and adjoints are finite\n";
  std::string text;
  for (const Anomaly& origin : anomalies.origins) text += origin.text;
  if (anomalies.count > anomalies.origins.size())
    text += fmt::format("and {} like these\n",
                        counted(anomalies.count - anomalies.origins.size(), "more origin"));
  if (!anomalies.spoilt.empty())
    text += fmt::format("not finite in the gradient: {}\n", anomalies.spoilt_text);
  return text;
}

}  // namespace tapegrad

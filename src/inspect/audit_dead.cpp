// Variables with a gradient of exactly 0, and the place where it dies: the last node, from the
// output down, that still has an adjoint.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit_parts.hpp"
#include "cause.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

// An operand that gets nothing of the adjoint that its user has.
struct Place {
  std::size_t user;
  std::size_t operand;
};

Place place_of_death(const SweepReplay& replay, std::size_t leaf) {
  const bool open = replay.is_open(leaf);
  std::size_t node = leaf;
  for (;;) {
    std::size_t user = open ? replay.open_user(node) : replay.user(node);
    std::size_t with_adjoint = user;  // the adjoint of a user's operation is that of its results
    if (replay.recording().op(user) == Op::External)
      with_adjoint = open ? replay.open_user(user) : replay.user(user);
    if (replay.adjoint(with_adjoint) != 0 || user == node) return {user, node};
    node = user;
  }
}

// The first place of the operand.
std::size_t place_in(const Node& user, std::size_t operand) {
  std::size_t place = 0;
  while (user.operands()[place].node != operand) ++place;
  return place;
}

// What the user does to the operand; where it hands on, what was handed on adds up to 0.
std::string_view cause_of(const SweepReplay& replay, const Place& place) {
  const Node user = replay.node(place.user);
  const Op op = user.op();
  if (op == Op::External) return "its pull_back gives 0";
  bool any_partial = false;
  bool any_product = false;
  for (const Operand& operand : user.operands()) {
    if (operand.node != place.operand || operand.partial == 0) continue;
    any_partial = true;
    any_product |= rule::Chain::value(replay.adjoint(place.user), operand.partial) != 0;
  }
  if (any_product) return "what it receives adds up to 0";
  if (any_partial) return "the adjoint underflows";
  const std::string_view cause = cause_of_zero(op, place_in(user, place.operand));
  return cause.empty() ? "its partial is 0" : cause;
}

// relu(x), or max(x, 0).
bool is_relu(const Node& node) {
  if (node.op() != Op::Max) return node.op() == Op::Relu;
  return std::ranges::any_of(node.operands().begin(), node.operands().end(),
                             [](const Operand& o) { return o.node == 0 && o.constant == 0; });
}

// Of each layer, how many relus there are, and how many are off.
class Relus {
 public:
  explicit Relus(const SweepReplay& replay) {
    for (std::size_t index = 1; index <= replay.output(); ++index) {
      const Node node = replay.node(index);
      if (!replay.is_connected(index) || !is_relu(node)) continue;
      auto& [all, off] = counts_[layer_of(node.name())];
      ++all;
      if (node.value() == 0) ++off;
    }
  }

  double share_off(const Node& relu) const {
    const auto [all, off] = counts_.at(layer_of(relu.name()));
    return static_cast<double>(off) / static_cast<double>(all);
  }

 private:
  std::map<std::string, std::pair<std::size_t, std::size_t>> counts_;
};

// The operand by which the k-th is multiplied, where the operation is a product or a sum of them.
std::size_t place_of_factor(const Node& node, std::size_t k) {
  const std::size_t n = node.operands().size();
  const std::size_t half = node.op() == Op::Dot           ? n / 2
                           : node.op() == Op::WeightedSum ? (n - 1) / 2
                                                          : 1;
  return k < half ? k + half : k - half;
}

// The relu that is off, and takes the gradient: the user itself, or the factor 0 that it has.
std::optional<Node> relu_of(const SweepReplay& replay, const Place& place) {
  const Node user = replay.node(place.user);
  if (is_relu(user)) return user;
  if (cause_of(replay, place) != by_zero) return std::nullopt;
  const OperandRange operands = user.operands();
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (operands[k].node != place.operand) continue;
    const Operand factor = operands[place_of_factor(user, k)];
    if (factor.node == 0 || !is_relu(replay.node(factor.node))) continue;
    return replay.node(factor.node);
  }
  return std::nullopt;
}

struct Death {
  std::size_t leaf;
  Place place;
  std::string cause;
  std::optional<Node> relu;
};

// All of them, and of how many variables in all.
std::vector<Death> find_deaths(const SweepReplay& replay, std::size_t& variables) {
  std::vector<Death> deaths;
  for (std::size_t leaf = 1; leaf <= replay.output(); ++leaf) {
    if (replay.recording().op(leaf) != Op::Leaf || !replay.is_connected(leaf)) continue;
    ++variables;
    if (replay.adjoint(leaf) != 0) continue;
    const Place place = place_of_death(replay, leaf);
    deaths.push_back({leaf, place, std::string(cause_of(replay, place)), relu_of(replay, place)});
  }
  return deaths;
}

// Relus are off at half of all samples: are there so many that it is more than that?
void drop_harmless_relus(const SweepReplay& replay, const AuditOptions& options,
                         const std::vector<std::uint32_t>& uses, std::size_t variables,
                         std::vector<Death>& deaths) {
  const auto often = static_cast<double>(std::ranges::count_if(deaths, [&](const Death& death) {
    return death.relu && uses[death.leaf] >= options.dead_uses;
  }));
  if (often >= options.dead_variables * static_cast<double>(variables)) return;
  const Relus relus(replay);
  std::erase_if(deaths, [&](const Death& death) {
    return death.relu && relus.share_off(*death.relu) < options.dead_share;
  });
}

}  // namespace

std::string layer_of(const std::string& name) {
  const std::size_t end = name.find('.');
  const std::string layer = name.substr(0, end);
  const bool is_one = end != name.npos && layer.size() > 1 && layer[0] == 'L' &&
                      layer.find_first_not_of("0123456789", 1) == layer.npos;
  return is_one ? layer : "";
}

void find_zero_gradients(const SweepReplay& replay, const AuditOptions& options,
                         const std::vector<std::uint32_t>& uses, Findings& findings) {
  std::size_t variables = 0;
  std::vector<Death> deaths = find_deaths(replay, variables);
  drop_harmless_relus(replay, options, uses, variables, deaths);

  // One finding for each place; all that are multiplied by 0, as by zeros in the data, together.
  std::map<std::pair<std::string, std::size_t>, std::size_t> groups;
  std::vector<std::pair<Death, std::vector<std::size_t>>> ordered;
  for (Death& death : deaths) {
    const std::size_t place = death.cause == by_zero ? 0 : death.place.user;
    const auto [group, is_new] = groups.try_emplace({death.cause, place}, ordered.size());
    if (is_new) ordered.push_back({death, {}});
    ordered[group->second].second.push_back(death.leaf);
  }
  for (auto& [death, leaves] : ordered) {
    std::string text =
        fmt::format("{}: {} at {}", list_of_nodes(replay.tape(), leaves), death.cause,
                    statement_with_operands(replay.node(death.place.user)));
    findings.push_back(
        {Finding::Kind::zero_gradient, std::move(leaves), death.place.user, std::move(text)});
  }
}

}  // namespace tapegrad

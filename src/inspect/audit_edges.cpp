// Where a small change makes a large one: sums that cancel, kinks and jumps next to the point.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "audit_parts.hpp"
#include "operand_nodes.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

using Kind = Finding::Kind;

double value_of(const Node& node, const Operand& operand) {
  return operand.node == 0 ? operand.constant : Node(node.tape(), operand.node).value();
}

double value_of(const Node& node, std::size_t k) { return value_of(node, node.operands()[k]); }

bool is_computed(const Node& node, const Operand& operand) {
  return operand.node != 0 && !Node(node.tape(), operand.node).is_leaf();
}

// ---- Cancellation ----

bool has_computed_operand(const Node& node) {
  return std::ranges::any_of(node.operands().begin(), node.operands().end(),
                             [&](const Operand& o) { return is_computed(node, o); });
}

}  // namespace

double size_of_terms(const Node& node) {
  const OperandRange operands = node.operands();
  const std::size_t n = operands.size();
  double size = 0;
  const auto add_products = [&](std::size_t factors) {
    for (std::size_t k = 0; k < factors; ++k)
      size += std::abs(value_of(node, k) * value_of(node, factors + k));
  };
  switch (node.op()) {
    case Op::Add:
    case Op::Sub:
    case Op::Sum:
      for (const Operand& operand : operands) size += std::abs(value_of(node, operand));
      return size;
    case Op::Dot:
      add_products(n / 2);
      return size;
    case Op::WeightedSum:
      add_products(n / 2);
      return size + std::abs(value_of(node, n - 1));
    default:
      return 0;
  }
}

void find_cancellations(const SweepReplay& replay, const AuditOptions& options,
                        Findings& findings) {
  const double output = std::abs(replay.node(replay.output()).value());
  for (std::size_t index = 1; index <= replay.output(); ++index) {
    const double adjoint = std::abs(replay.adjoint(index));
    if (adjoint == 0) continue;
    const Node node = replay.node(index);
    const double size = size_of_terms(node);
    if (size == 0 || !std::isfinite(size)) continue;
    const double ratio = size / std::abs(node.value());
    if (!(ratio > options.cancellation)) continue;
    const double condition = adjoint * size / output;
    // Two equal numbers leave an exact 0: a loss only if they were computed, and if it shows.
    const bool is_zero = node.value() == 0;
    const bool is_exact = node.operands().size() == 2 && !has_computed_operand(node);
    if (is_zero && (is_exact || !(condition > options.cancellation))) continue;
    const std::string lost =
        is_zero ? "all digits cancel"
                : fmt::format("{:.0f} of 16 digits cancel", std::min(16.0, std::log10(ratio)));
    findings.push_back({Kind::cancellation,
                        {index},
                        index,
                        fmt::format("{}: {}; the output's condition by it is {:.1e}",
                                    statement_with_operands(node), lost, condition)});
  }
}

// ---- Kinks and jumps ----

namespace {

class Edges {
 public:
  Edges(const SweepReplay& replay, const AuditOptions& options, Findings& findings)
      : replay_(replay), near_(options.near), findings_(findings) {}

  void look_at(const Node& node) {
    switch (node.op()) {
      case Op::Abs:
      case Op::Relu:
      case Op::LeakyRelu:
        if (is_near_zero(node, 0)) add(Kind::kink, node, "has its kink at 0");
        break;
      case Op::Elu:
        if (is_near_zero(node, 0) && !are_close(value_of(node, 1), 1, 0))
          add(Kind::kink, node, "has its kink at 0");
        break;
      case Op::Hypot:
      case Op::Norm:
        if (node.value() == 0) add(Kind::kink, node, "has its kink at 0, and gradient 0 there");
        break;
      case Op::Max:
      case Op::Min:
        if (is_tie(node)) add(Kind::kink, node, "is close to a tie");
        break;
      case Op::Floor:
      case Op::Ceil:
      case Op::Trunc:
      case Op::Round:
      case Op::Fmod:
        if (is_near_jump(node)) add(Kind::jump, node, "is close to its jump");
        break;
      case Op::Select:
        look_at_choice(node);
        break;
      default:
        break;
    }
  }

  void look_at_guards() {
    for (const std::uint32_t guard : replay_.tape().guards()) {
      if (guard > replay_.output()) break;
      const Node node = replay_.node(guard);
      if (is_tie(node)) add(Kind::jump, node, "decided a branch, and is close to a tie");
    }
  }

 private:
  void add(Kind kind, const Node& node, std::string_view what) {
    findings_.push_back({kind,
                         {node.index()},
                         node.index(),
                         fmt::format("{} {}", statement_with_operands(node), what)});
  }

  bool are_close(double a, double b, double scale) const {
    return std::abs(a - b) <= near_ * std::max({std::abs(a), std::abs(b), scale});
  }

  // To what the distance of an operand to 0 is relative.
  static double scale_of(const Node& node, std::size_t k) {
    const Operand operand = node.operands()[k];
    if (operand.node == 0) return 0;
    const Node x(node.tape(), operand.node);
    return x.is_leaf() ? 1 : size_of_terms(x);
  }

  // A sum of zeros is not close to 0: it stands for a sample without inputs.
  bool is_near_zero(const Node& node, std::size_t k) const {
    const Operand operand = node.operands()[k];
    const double x = value_of(node, operand);
    if (x == 0) return operand.node == 0 || !is_sum_of_zeros(Node(node.tape(), operand.node));
    return std::abs(x) <= near_ * scale_of(node, k);
  }

  static bool is_sum_of_zeros(const Node& node) {
    const Op op = node.op();
    const bool is_sum =
        op == Op::Add || op == Op::Sub || op == Op::Sum || op == Op::Dot || op == Op::WeightedSum;
    return is_sum && size_of_terms(node) == 0;
  }

  bool is_tie(const Node& node) const {
    const Operand a = node.operands()[0], b = node.operands()[1];
    if (a.node != 0 && a.node == b.node) return false;  // x and x: no other side
    const double x = value_of(node, a), y = value_of(node, b);
    if (b.node == 0 && y == 0) return is_near_zero(node, 0);
    if (a.node == 0 && x == 0) return is_near_zero(node, 1);
    return are_close(x, y, 0);
  }

  bool is_near_jump(const Node& node) const {
    double x = value_of(node, 0);
    if (node.op() == Op::Fmod) x /= value_of(node, 1);
    const double shift = node.op() == Op::Round ? 0.5 : 0;
    const double jump = std::round(x - shift) + shift;
    const bool smooth_at_zero = node.op() == Op::Trunc || node.op() == Op::Fmod;
    if (smooth_at_zero && jump == 0) return false;
    return std::abs(x - jump) <= std::min(near_ * std::max(1.0, std::abs(x)), 1e-3);
  }

  void look_at_choice(const Node& node) {
    const Operand condition = node.operands()[0];
    if (condition.node == 0) return;
    const Node comparison(node.tape(), condition.node);
    if (!is_comparison(comparison.op()) || !is_tie(comparison)) return;
    const bool continuous = are_close(value_of(node, 1), value_of(node, 2), 1);
    add(continuous ? Kind::kink : Kind::jump, node,
        fmt::format("is close to the other choice: {}", statement_with_operands(comparison)));
  }

  const SweepReplay& replay_;
  double near_;
  Findings& findings_;
};

}  // namespace

void find_edges(const SweepReplay& replay, const AuditOptions& options, Findings& findings) {
  Edges edges(replay, options, findings);
  for (std::size_t node = 1; node <= replay.output(); ++node)
    if (replay.adjoint(node) != 0) edges.look_at(replay.node(node));
  edges.look_at_guards();
}

}  // namespace tapegrad

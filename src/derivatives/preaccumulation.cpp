#include "tapegrad/derivatives/preaccumulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/operand_nodes.hpp"
#include "core/partials.hpp"
#include "core/sweep.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/external.hpp"
#include "tapegrad/core/no_grad.hpp"
#include "tapegrad/derivatives/matrix.hpp"
#include "tapegrad/ops/op.hpp"
#include "values_of.hpp"

namespace tapegrad {
namespace {

/// m results that are linear in n operands, as far as a sweep is concerned.
class Linearised : public External {
 public:
  Linearised(std::string name, Matrix jacobian)
      : name_(std::move(name)), jacobian_(std::move(jacobian)) {}

  std::string_view name() const override { return name_; }

  void pull_back(std::span<const double>, std::span<const double> result_adjoints,
                 std::span<double> operand_adjoints) const override {
    for (std::size_t j = 0; j < jacobian_.rows; ++j)
      for (std::size_t k = 0; k < jacobian_.columns; ++k)
        operand_adjoints[k] += rule::Chain::value(result_adjoints[j], jacobian_(j, k));
  }

  void push_forward(std::span<const double>, std::span<const double> operand_tangents,
                    std::span<double> result_tangents) const override {
    for (std::size_t j = 0; j < jacobian_.rows; ++j)
      for (std::size_t k = 0; k < jacobian_.columns; ++k)
        result_tangents[j] += rule::Chain::value(operand_tangents[k], jacobian_(j, k));
  }

  void pull_back_derivative(std::span<const double>, std::span<const double>,
                            std::span<const double>, std::span<double>) const override {
    throw UnsupportedError(
        fmt::format("{}: of a preaccumulated block only the first derivatives were kept; record it "
                    "without Preaccumulation to differentiate it twice",
                    name_));
  }

 private:
  std::string name_;
  Matrix jacobian_;
};

/// The nodes of a tape from `first` on, swept by themselves.
class Block {
 public:
  Block(const Tape& tape, std::size_t first)
      : tape_(tape), recording_(tape.recording()), first_(first), last_(tape.size()) {
    for (std::size_t node = first_; node <= last_; ++node) add_operands(node);
    std::ranges::sort(operands_);
    operands_.erase(std::unique(operands_.begin(), operands_.end()), operands_.end());
  }

  /// Nodes before the block that it uses, in order.
  const std::vector<std::uint32_t>& operands() const { return operands_; }

  /// ∂result/∂operand of the nodes `results` of the block.
  Matrix jacobian(std::span<const Value> results) const {
    Matrix jacobian(results.size(), operands_.size());
    for (std::size_t j = 0; j < results.size(); ++j) {
      std::vector<double> adjoints(last_ - first_ + 1 + operands_.size());
      adjoints[slot(results[j].node())] = 1;
      for (std::size_t node = results[j].node(); node >= first_; --node) sweep(node, adjoints);
      std::copy(adjoints.end() - static_cast<std::ptrdiff_t>(operands_.size()), adjoints.end(),
                jacobian.numbers.begin() + static_cast<std::ptrdiff_t>(j * operands_.size()));
    }
    return jacobian;
  }

 private:
  void add_operands(std::size_t node) {
    if (recording_.op(node) == Op::Leaf)
      throw UnsupportedError(
          fmt::format("Preaccumulation: node {} is a variable made within the block, which would "
                      "lose its gradient; make it before the block",
                      node));
    for_each_operand_node(recording_, node, [&](std::uint32_t operand) {
      if (operand < first_) operands_.push_back(operand);
    });
  }

  std::size_t slot(std::size_t node) const {
    if (node >= first_) return node - first_;
    const auto found = std::ranges::lower_bound(operands_, node);
    return last_ - first_ + 1 + static_cast<std::size_t>(found - operands_.begin());
  }

  void sweep(std::size_t node, std::vector<double>& adjoints) const {
    const Op op = recording_.op(node);
    if (op == Op::External) return sweep_external(node, adjoints);
    const double adjoint = adjoints[slot(node)];
    if (!has_rule(op) || adjoint == 0) return;
    Links links;
    with_rule(op, [&]<class Rule>() { find_links<Rule>(recording_, recording_.row(node), links); });
    for (std::size_t k = 0; k < links.count; ++k) {
      if (links.operands[k] == 0 || (links.cuts && links.partials[k] == 0)) continue;
      adjoints[slot(links.operands[k])] += rule::Chain::value(adjoint, links.partials[k]);
    }
  }

  void sweep_external(std::size_t node, std::vector<double>& adjoints) const {
    const std::size_t results = result_count(recording_, node, last_ + 1);
    const std::span<const double> given = std::span(adjoints).subspan(slot(node) + 1, results);
    if (std::ranges::all_of(given, [](double a) { return a == 0; })) return;
    const auto operands = recording_.side_operands(recording_.row(node));
    std::vector<double> taken(operands.size());
    tape_.external_of(node).pull_back(external_operands(recording_, node), given, taken);
    for (std::size_t k = 0; k < operands.size(); ++k)
      if (operands[k] != 0) adjoints[slot(operands[k])] += taken[k];
  }

  const Tape& tape_;
  const Recording& recording_;
  std::size_t first_;
  std::size_t last_;
  std::vector<std::uint32_t> operands_;
};

Tape* active_tape() {
  if (within_no_grad()) return nullptr;
  if (Tape* const tape = active_recording->tape()) return tape;
  throw NoActiveTapeError(
      "Preaccumulation: no tape is active on this thread; make a Tape, or activate() one");
}

}  // namespace

Preaccumulation::Preaccumulation(std::string_view name) : tape_(active_tape()), name_(name) {
  if (tape_ == nullptr) return;
  first_ = tape_->size() + 1;
  mark_.reset(new Mark(tape_->mark()));  // made in place: a Mark does not move
}

std::vector<Value> Preaccumulation::end(std::span<const Value> results) {
  if (ended_) throw UnsupportedError("Preaccumulation: the block has ended already");
  std::vector<Value> all(results.begin(), results.end());
  if (tape_ == nullptr) {
    ended_ = true;
    return all;
  }
  if (!mark_->is_open())
    throw UnsupportedError(
        "Preaccumulation: the tape was cleared or destroyed since the block began, or rewound to "
        "before it");
  std::vector<Value> own;  // results that were recorded in the block
  for (const Value& y : results) {
    if (y.is_constant()) continue;
    tape_->recording().require(y, "Preaccumulation");
    if (y.node() >= first_) own.push_back(y);
  }
  const Block block(*tape_, first_);
  std::vector<Value> operands;
  for (const std::uint32_t node : block.operands()) operands.push_back(tape_->value(node));
  const std::vector<double> numbers = values_of(own);
  const auto operation = std::make_shared<Linearised>(name_, block.jacobian(own));

  ended_ = true;
  tape_->rewind(*mark_);
  std::vector<Value> kept;
  if (!own.empty()) kept = tape_->external(operation, operands, numbers);
  mark_->commit();

  auto next = kept.begin();
  for (Value& y : all)
    if (!y.is_constant() && y.node() >= first_) y = *next++;
  return all;
}

Value Preaccumulation::end(Value result) { return end(std::span(&result, 1))[0]; }

}  // namespace tapegrad

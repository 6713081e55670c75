// From a tape to a Program: from the outputs and guards back to what they need, and then forward,
// one instruction for each node.

#include "tapegrad/program/compile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "builder.hpp"
#include "core/operand_nodes.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/node.hpp"

namespace tapegrad {
namespace {

class Compiler {
 public:
  Compiler(const Tape& tape, Locate locate)
      : tape_(tape),
        recording_(tape.recording()),
        refs_(tape.size() + 1),
        places_(tape.size() + 1, nothing) {
    sources_.names = tape.names();
    sources_.locate = locate;
    if (tape.watch() != nullptr) sources_.locations = tape.watch()->locations;
  }

  void add_input(Value x, std::size_t index) {
    if (x.is_constant())
      throw ArgumentError(
          fmt::format("compile: input {} is a constant, of value {}; make it with variable()",
                      index, x.value()));
    recording_.require(x, "compile");
    if (places_[x.node()] != nothing)
      throw ArgumentError(
          fmt::format("compile: input {}, node {}, is given twice", index, label(tape_.node(x))));
    places_[x.node()] = given;
    refs_[x.node()] = builder_.add_input(tape_.name(x));
    sources_.inputs.push_back(
        {static_cast<std::uint32_t>(x.node()), static_cast<std::uint32_t>(index)});
  }

  // Notes that it is needed.
  void need(std::size_t node) {
    last_ = std::max(last_, node);
    if (places_[node] == nothing) places_[node] = needed;
  }

  // From the last node to the first: what a needed node was computed from is needed.
  void find_needed() {
    for (std::size_t node = last_; node > 0; --node) {
      if (places_[node] != needed) continue;
      check(node);
      for_each_operand_node(recording_, node, [&](std::uint32_t operand) { need(operand); });
    }
  }

  void append_needed() {
    std::vector<Ref> operands;
    for (std::size_t node = 1; node <= last_; ++node) {
      if (places_[node] != needed) continue;
      operands.clear();
      for (const Operand& operand : OperandRange(recording_, node))
        operands.push_back(operand.node == 0 ? builder_.constant(operand.constant)
                                             : refs_[operand.node]);
      note_source(node);
      refs_[node] = builder_.append(recording_.op(node), operands);
    }
  }

  void add_output(Value y) {
    if (y.is_constant())
      builder_.add_output(builder_.constant(y.value()), "");
    else
      builder_.add_output(refs_[y.node()], tape_.name(y));
  }

  void add_guard(std::size_t node) {
    builder_.add_guard({.condition = refs_[node], .held = recording_.value(node) != 0});
  }

  Program finish() {
    std::ranges::sort(sources_.inputs, {}, &decltype(sources_.inputs)::value_type::node);
    builder_.set_sources(std::make_shared<const Sources>(std::move(sources_)));
    return builder_.finish();
  }

 private:
  enum Place : std::uint8_t { nothing, needed, given };

  void note_source(std::size_t node) {
    const auto number = static_cast<std::uint32_t>(node);
    builder_.set_origin({.node = number});
    if (const void* const caller = tape_.caller(node)) sources_.callers.push_back({number, caller});
  }

  void check(std::size_t node) const {
    const Op op = recording_.op(node);
    if (op == Op::Leaf)
      throw UnsupportedError(fmt::format(
          "compile: {} is a variable that an output depends on, and no input; add it to the inputs",
          label(Node(tape_, node))));
    if (op == Op::External || op == Op::Result)
      throw UnsupportedError(fmt::format(
          "compile: {} is a user's operation ({}), of which a Program knows no instructions",
          label(Node(tape_, node)), Node(tape_, node).operation()));
  }

  const Tape& tape_;
  const Recording& recording_;
  ProgramBuilder builder_;
  Sources sources_;
  std::vector<Ref> refs_;      // of each node
  std::vector<Place> places_;  // of each node
  std::size_t last_ = 0;
};

}  // namespace

Program compile(const Tape& tape, std::span<const Value> inputs, std::span<const Value> outputs,
                const CompileOptions& options) {
  if (!tape.recording().records_guards() && !options.no_branches)
    throw UnsupportedError(
        "compile: the tape kept no guards, so nobody knows whether the function has branched; "
        "record it on a tape with Tape::Options::guards, or say options.no_branches");
  Compiler compiler(tape, options.locate);
  for (std::size_t i = 0; i < inputs.size(); ++i) compiler.add_input(inputs[i], i);
  for (const Value& y : outputs) {
    if (y.is_constant()) continue;
    tape.recording().require(y, "compile");
    compiler.need(y.node());
  }
  for (const std::uint32_t guard : tape.guards()) compiler.need(guard);
  compiler.find_needed();
  compiler.append_needed();
  for (const std::uint32_t guard : tape.guards()) compiler.add_guard(guard);
  for (const Value& y : outputs) compiler.add_output(y);
  return compiler.finish();
}

}  // namespace tapegrad

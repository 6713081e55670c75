// What is on a tape: overview, and a line for each node.

#include "tapegrad/inspect/dump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "../core/shown.hpp"
#include "operand_nodes.hpp"
#include "tapegrad/core/error.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

// ---- overview ----

struct Count {
  std::size_t all = 0;
  std::size_t first = 0;  // node
  void add(std::size_t node) {
    if (all++ == 0) first = node;
  }
};

struct Counts {
  std::array<std::size_t, op_count> by_op{};
  std::map<std::string, std::size_t> externals;  // by the name of the user's operation
  std::size_t named = 0;
  std::size_t swept = 0;  // nodes with an adjoint: the first so many
  Count values;           // that are not finite
  Count adjoints;

  std::size_t of(Op op) const { return by_op[static_cast<std::size_t>(op)]; }
};

Counts count(const Tape& tape) {
  Counts counts;
  for (const Node node : tape.nodes()) {
    ++counts.by_op[static_cast<std::size_t>(node.op())];
    if (node.op() == Op::External) ++counts.externals[std::string(node.operation())];
    if (!node.name().empty()) ++counts.named;
    if (!std::isfinite(node.value())) counts.values.add(node.index());
    if (node.adjoint().has_value()) counts.swept = node.index();
  }
  for (std::size_t node = counts.swept; node > 0; --node)
    if (!std::isfinite(*tape.find_adjoint(node))) counts.adjoints.add(node);
  return counts;
}

std::string line_of(const Tape& tape, const char* what, const Count& count) {
  if (count.all == 0) return fmt::format("{}: all finite\n", what);
  return fmt::format("{}: {} not finite, first {}\n", what, count.all,
                     to_string(tape.node(count.first)));
}

std::string table_of(const Counts& counts, std::size_t nodes) {
  std::vector<std::size_t> order;
  for (std::size_t op = 0; op < op_count; ++op)
    if (counts.by_op[op] > 0) order.push_back(op);
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t op) { return counts.by_op[op]; });
  std::string text;
  for (const std::size_t op : order) {
    const double percent = 100 * static_cast<double>(counts.by_op[op]) / static_cast<double>(nodes);
    text += fmt::format("{:>10}  {:5.1f} %  {}\n", counts.by_op[op], percent,
                        info(static_cast<Op>(op)).name);
  }
  return text;
}

// ---- dump ----

// Nodes recorded by one statement share an address, and looking one up may take a while.
class Locations {
 public:
  explicit Locations(const Tape& tape) : tape_(tape) {}

  /// "  at loss.cpp:12 in softmax", or nothing.
  const std::string& suffix(const Node& node) {
    static const std::string unknown;
    const void* const caller = tape_.caller(node.index());
    if (caller == nullptr) return unknown;
    const auto [at, is_new] = suffixes_.try_emplace(caller);
    if (is_new) at->second = place_text(node);
    return at->second;
  }

 private:
  const Tape& tape_;
  std::unordered_map<const void*, std::string> suffixes_;
};

std::string lines(const Tape& tape, std::size_t first, std::size_t last) {
  Locations locations(tape);
  std::string text;
  for (std::size_t index = first; index <= last; ++index) {
    const Node node(tape, index);
    text += to_string(node);
    text += locations.suffix(node);
    text += '\n';
  }
  return text;
}

}  // namespace

std::string overview(const Tape& tape) {
  if (tape.empty()) return "the tape is empty\n";
  const Counts counts = count(tape);
  const std::size_t leaves = counts.of(Op::Leaf);
  std::string text = fmt::format(
      "nodes: {}, {} of them leaves, {} named\n"
      "memory: {} bytes used, {} held\n",
      tape.size(), leaves, counts.named, tape.recording().used_bytes(), tape.memory_bytes());
  text += line_of(tape, "values", counts.values);
  if (counts.swept == 0) {
    text += "adjoints: none, no sweep has run\n";
  } else {
    if (counts.swept < tape.size()) text += fmt::format("swept: the nodes 1 to {}\n", counts.swept);
    text += line_of(tape, "adjoints", counts.adjoints);
  }
  if (const auto guards = tape.guards(); !guards.empty())
    text +=
        fmt::format("guards: {}, first {}\n", guards.size(), to_string(tape.node(guards.front())));
  for (const auto& [name, number] : counts.externals)
    text += fmt::format("user's operation: {} {}\n", number, shown(name));
  return text + "operations:\n" + table_of(counts, tape.size());
}

std::string dump(const Tape& tape) { return lines(tape, 1, tape.size()); }

std::string dump(const Tape& tape, std::size_t first, std::size_t last) {
  if (first == 0 || last < first || last > tape.size())
    throw ArgumentError(
        fmt::format("dump: nodes {} to {} of a tape of {} nodes; indices count from 1, and the "
                    "first comes first",
                    first, last, tape.size()));
  return lines(tape, first, last);
}

std::vector<std::size_t> users(const Node& node) {
  check_node("users", node);
  const Recording& recording = node.tape().recording();
  std::vector<std::size_t> found;
  for (std::size_t user = node.index() + 1; user <= recording.size(); ++user) {
    for_each_operand_node(recording, user, [&](std::size_t operand) {
      const bool is_new = found.empty() || found.back() != user;
      if (operand == node.index() && is_new) found.push_back(user);
    });
  }
  return found;
}

}  // namespace tapegrad

#include "tapegrad/draw/page.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "core/operand_nodes.hpp"
#include "draw/graph/graph_groups.hpp"
#include "draw/page_parts/assets.hpp"
#include "draw/page_parts/html_text.hpp"
#include "draw/page_parts/page_source.hpp"
#include "draw/picture_file.hpp"
#include "page_rules.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/node.hpp"

namespace tapegrad {
namespace {

using html::json;

// The part of a recording that goes on the page, in the order of recording: what y was computed
// from, and, hidden, what the guards before it were.
class PageGraph {
 public:
  PageGraph(const Tape& tape, Value y, const PageOptions& options)
      : tape_(tape), output_(tape.node(y).index()), is_shown_(output_ + 1), is_kept_(output_ + 1) {
    mark(is_shown_, output_);
    is_kept_ = is_shown_;
    for (const std::uint32_t guard : tape.guards()) {
      if (guard > output_) continue;
      mark(is_kept_, guard);
      guards_.push_back(guard);
    }
    for (std::size_t node = 1; node <= output_; ++node)
      if (is_kept_[node]) keep(node);
    for (const Value input : options.inputs) data_.insert(tape.node(input).index());
  }

  const std::set<CountedOp>& ops() const { return ops_; }

  std::string to_json(const PageOptions& options) const {
    std::string text = fmt::format(
        "{{\"output\":{},\"rate\":{},\"show\":\"{}\",\"guards\":[{}],\n\"groups\":[{}],\n"
        "\"nodes\":[\n",
        index_[output_], json(options.learning_rate), level(options.fold),
        fmt::join(indices(guards_), ","), group_rows());
    for (const std::size_t node : kept_) {
      text += node == kept_.front() ? "{" : ",\n{";
      text += row(tape_.node(node)) + "}";
    }
    return text + "\n]}";
  }

 private:
  // The node and all that it was computed from.
  void mark(std::vector<bool>& marks, std::size_t last) const {
    std::vector<std::size_t> open{last};
    while (!open.empty()) {
      const std::size_t node = open.back();
      open.pop_back();
      if (marks[node]) continue;
      marks[node] = true;
      for_each_operand_node(tape_.recording(), node, [&](std::size_t each) {
        if (!marks[each]) open.push_back(each);
      });
    }
  }

  void keep(std::size_t node) {
    const Node view = tape_.node(node);
    if (kept_.size() == max_page_nodes)
      throw ArgumentError(fmt::format(
          "page: {} was computed from more than {} nodes, the most that a page shows; record a "
          "smaller network, or fewer samples",
          label(tape_.node(output_)), max_page_nodes));
    if (!has_rule(view.op()) && !view.is_leaf())
      throw UnsupportedError(fmt::format(
          "page: node {} is the operation {}, which has no rule that a page could compute with",
          label(view), view.operation()));
    index_.resize(node + 1);
    index_[node] = kept_.size();
    kept_.push_back(node);
    group_of_.push_back(is_shown_[node] ? groups_.of_node(view.name()) : 0);
    if (!view.is_leaf()) ops_.insert({view.op(), view.operands().size()});
  }

  std::vector<std::size_t> indices(const std::vector<std::size_t>& nodes) const {
    std::vector<std::size_t> result;
    result.reserve(nodes.size());
    for (const std::size_t node : nodes) result.push_back(index_[node]);
    return result;
  }

  static std::string_view level(Fold fold) {
    switch (fold) {
      case Fold::neurons:
        return "neurons";
      case Fold::layers:
        return "layers";
      case Fold::as_needed:
        break;
    }
    return "";  // the page looks how many boxes there are
  }

  std::string row(const Node& node) const {
    std::string name = node.name();
    if (name.empty()) name = node.index() == output_ ? "L" : fmt::format("#{}", node.index());
    std::string text =
        fmt::format("\"i\":{},\"n\":{},\"v\":{}", node.index(), json(name), json(node.value()));
    if (data_.contains(node.index())) text += ",\"data\":1";
    if (!is_shown_[node.index()]) text += ",\"hidden\":1";
    if (const std::uint32_t group = group_of_[index_[node.index()]]; group != 0)
      text += fmt::format(",\"g\":{}", group);
    if (node.is_leaf()) return text;
    text +=
        fmt::format(",\"op\":{},\"a\":[", json(script_key({node.op(), node.operands().size()})));
    const char* separator = "";
    for (const Operand operand : node.operands()) {
      text += separator;
      text += operand.node == 0 ? "[" + json(operand.constant) + "]"
                                : fmt::format("{}", index_[operand.node]);
      separator = ",";
    }
    return text + "]";
  }

  // Names, parents and titles; the first stands for no group.
  std::string group_rows() const {
    std::string text = "[]";
    for (std::uint32_t group = 1; group < groups_.size(); ++group) {
      const std::string title = group_title(groups_.own_name(group));
      text +=
          fmt::format(",[{},{},{}]", json(groups_.name(group)), groups_.parent(group), json(title));
    }
    return text;
  }

  const Tape& tape_;
  std::size_t output_;
  std::vector<bool> is_shown_;
  std::vector<bool> is_kept_;
  std::vector<std::size_t> guards_;
  std::vector<std::size_t> kept_;
  std::vector<std::size_t> index_;  // of each node of the tape, in kept_
  GraphGroups groups_;
  std::vector<std::uint32_t> group_of_;  // of each in kept_; what is hidden is in none
  std::set<std::size_t> data_;
  std::set<CountedOp> ops_;
};

}  // namespace

void page(const Tape& tape, Value y, const std::filesystem::path& html,
          const PageOptions& options) {
  if (!(options.learning_rate > 0) || std::isinf(options.learning_rate))
    throw ArgumentError(fmt::format("page: a learning rate of {}; it has to be positive and finite",
                                    options.learning_rate));
  const PageGraph graph(tape, y, options);
  const std::string library = std::string(page_math_script) + script_of_rules(graph.ops());
  const std::string script = needed_paragraphs(library, page_script) + std::string(page_script);
  write_file(html, page_text({.html = page_html,
                              .style = page_style,
                              .script = script,
                              .title = options.title,
                              .data = graph.to_json(options)}));
}

}  // namespace tapegrad

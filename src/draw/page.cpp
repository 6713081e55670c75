#include "tapegrad/draw/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/operand_nodes.hpp"
#include "gnuplot.hpp"
#include "page_assets.hpp"
#include "page_layout.hpp"
#include "page_rules.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/node.hpp"

namespace tapegrad {
namespace {

constexpr LayoutSize layout_size;
constexpr double node_width = 124;
constexpr double column_width = 160;

// JSON has no numbers that are not finite: they are strings.
std::string json(double x) {
  if (std::isnan(x)) return "\"nan\"";
  if (std::isinf(x)) return x > 0 ? "\"inf\"" : "\"-inf\"";
  return fmt::format("{}", x);
}

// A text as JSON that may stand inside of an HTML element.
std::string json(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || c == '<' || c == '>' || c == '&' || c == '"' || c == '\\')
      result += fmt::format("\\u{:04x}", code);
    else
      result += c;
  }
  return result + "\"";
}

std::string html_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '&')
      result += "&amp;";
    else
      result += c;
  }
  return result;
}

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

  std::string to_json(double learning_rate) const {
    const PageLayout layout = lay_out(shown_operands(), layout_size);
    std::string text = fmt::format(
        "{{\"output\":{},\"rate\":{},\"guards\":[{}],\n\"size\":{{\"columns\":{},\"height\":{},"
        "\"column\":{},\"width\":{},\"node\":{}}},\n\"nodes\":[\n",
        index_[output_], json(learning_rate), fmt::join(indices(guards_), ","), layout.columns,
        layout.height, column_width, node_width, layout_size.node_height);
    std::size_t shown = 0;
    for (const std::size_t node : kept_) {
      text += node == kept_.front() ? "{" : ",\n{";
      text += row(tape_.node(node));
      if (is_shown_[node]) text += place(layout.places[shown++]);
      text += "}";
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
    if (!view.is_leaf()) ops_.insert({view.op(), view.operands().size()});
  }

  std::vector<std::size_t> indices(const std::vector<std::size_t>& nodes) const {
    std::vector<std::size_t> result;
    for (const std::size_t node : nodes) result.push_back(index_[node]);
    return result;
  }

  // Counted among those that are shown: the layout knows no others.
  std::vector<std::vector<std::size_t>> shown_operands() const {
    std::vector<std::size_t> shown_as(output_ + 1);
    std::vector<std::vector<std::size_t>> result;
    for (const std::size_t node : kept_) {
      if (!is_shown_[node]) continue;
      shown_as[node] = result.size();
      std::vector<std::size_t>& operands = result.emplace_back();
      for_each_operand_node(tape_.recording(), node, [&](std::size_t each) {
        const std::size_t operand = shown_as[each];
        if (std::ranges::find(operands, operand) == operands.end()) operands.push_back(operand);
      });
    }
    return result;
  }

  std::string row(const Node& node) const {
    std::string name = node.name();
    if (name.empty()) name = node.index() == output_ ? "L" : fmt::format("#{}", node.index());
    std::string text =
        fmt::format("\"i\":{},\"n\":{},\"v\":{}", node.index(), json(name), json(node.value()));
    if (data_.contains(node.index())) text += ",\"data\":1";
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

  static std::string place(const NodePlace& place) {
    return fmt::format(",\"at\":[{}]", place.trunk.empty()
                                           ? fmt::format("{},{}", place.column, place.y)
                                           : fmt::format("{},{},{}", place.column, place.y,
                                                         fmt::join(place.trunk, ",")));
  }

  const Tape& tape_;
  std::size_t output_;
  std::vector<bool> is_shown_;
  std::vector<bool> is_kept_;
  std::vector<std::size_t> guards_;
  std::vector<std::size_t> kept_;
  std::vector<std::size_t> index_;  // of each node of the tape, in kept_
  std::set<std::size_t> data_;
  std::set<CountedOp> ops_;
};

// All at once: what is filled in is not looked through again.
std::string filled_in(std::string_view text,
                      const std::vector<std::pair<std::string_view, std::string>>& fields) {
  std::string result;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find("{{"), text.size());
    result += text.substr(0, begin);
    text.remove_prefix(begin);
    for (const auto& [name, content] : fields) {
      if (!text.starts_with(name)) continue;
      result += content;
      text.remove_prefix(name.size());
      break;
    }
  }
  return result;
}

}  // namespace

void page(const Tape& tape, Value y, const std::filesystem::path& html,
          const PageOptions& options) {
  if (!(options.learning_rate > 0) || std::isinf(options.learning_rate))
    throw ArgumentError(fmt::format("page: a learning rate of {}; it has to be positive and finite",
                                    options.learning_rate));
  const PageGraph graph(tape, y, options);
  std::string script(page_math_script);
  script += script_of_rules(graph.ops());
  script += page_script;
  gnuplot::write_file(
      html, filled_in(page_template, {{"{{title}}", html_text(options.title)},
                                      {"{{style}}", std::string(page_style)},
                                      {"{{recording}}", graph.to_json(options.learning_rate)},
                                      {"{{script}}", std::move(script)}}));
}

}  // namespace tapegrad

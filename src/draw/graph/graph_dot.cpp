// The boxes of a graph in the language of Graphviz.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draw/palette.hpp"
#include "draw/picture_text.hpp"
#include "graph_boxes.hpp"
#include "inspect/operand_nodes.hpp"
#include "inspect/wording.hpp"
#include "tapegrad/draw/graph.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t most_letters = 28;           // of a name in a box
constexpr std::size_t most_tooltip_letters = 200;  // under the pointer

constexpr std::size_t most_labels = 100;  // of edges: with more, one sees nothing else

std::string name_text(std::string_view name) { return picture_text(name, most_letters); }

// Graphviz takes no empty texts.
std::string bold(const std::string& text) { return "<b>" + (text.empty() ? " " : text) + "</b>"; }

class GraphWriter {
 public:
  GraphWriter(const Node& y, const GraphOptions& options)
      : tape_(y.tape()),
        options_(options),
        inks_(graph_inks(options.theme)),
        graph_(make_boxes(y, select_nodes(y, options), options)),
        y_(y.index()) {
    for (const GraphBox& box : graph_.boxes) {
      largest_ = std::max(largest_, std::abs(box.largest));
      is_swept_ = is_swept_ || box.is_swept;
    }
    find_contents();
  }

  std::string text() {
    out_ = fmt::format(
        "digraph {{\n"
        "  graph [rankdir=LR, {}, nodesep=0.14, pad=0.2, bgcolor=\"{}\", tooltip=\" \", "
        "labelloc=b, labeljust=l, fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, "
        "fontcolor=\"{}\"];\n"
        "  node [shape=box, style=filled, margin=\"0.1,0.05\", height=0.3, width=0.4, "
        "fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, fontcolor=\"{}\", color=\"{}\"];\n"
        "  edge [{}, tooltip=\" \", fontname=\"Helvetica,Arial,sans-serif\", "
        "fontsize=9, fontcolor=\"{}\", color=\"{}\"];\n",
        is_dense() ? "ranksep=2, splines=line, outputorder=edgesfirst" : "ranksep=0.45",
        inks_.paper, inks_.text, inks_.text, inks_.line,
        is_dense() ? "arrowsize=0.4, penwidth=0.6, tailport=e, headport=w" : "arrowsize=0.6",
        inks_.faint, inks_.line);
    add("  label={};\n", caption());
    write_group(0, "  ");
    for (const GraphEdge& edge : graph_.edges) write_edge(edge);
    return out_ + "}\n";
  }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
  }

  std::string faint(std::string_view text) const {
    return fmt::format("<font color=\"{}\">{}</font>", inks_.faint, text.empty() ? " " : text);
  }

  // ---- Groups ----

  // Which boxes and groups stand in a group that is drawn as a frame.
  void find_contents() {
    boxes_in_.resize(graph_.groups.size());
    groups_in_.resize(graph_.groups.size());
    for (std::size_t i = 0; i < graph_.boxes.size(); ++i) {
      const GraphBox& box = graph_.boxes[i];
      const bool is_group = box.kind == BoxKind::group;
      boxes_in_[is_group ? graph_.groups.parent(box.group) : box.group].push_back(i);
    }
    for (auto g = static_cast<std::uint32_t>(graph_.groups.size()); g-- > 1;) {
      if (!boxes_in_[g].empty() || !groups_in_[g].empty())
        groups_in_[graph_.groups.parent(g)].push_back(g);
    }
    for (auto& groups : groups_in_) std::ranges::reverse(groups);
  }

  void write_group(std::uint32_t group, const std::string& indent) {
    for (const std::size_t box : boxes_in_[group]) write_box(box, indent);
    for (const std::uint32_t inner : groups_in_[group]) {
      const bool is_outermost = graph_.groups.parts(inner) == 1;
      add("{}subgraph cluster_{} {{\n", indent, inner);
      add("{}  label=<{}>; labelloc=t; labeljust=l; style=rounded; tooltip=\" \"; "
          "bgcolor=\"{}\"; color=\"{}\";\n",
          indent, bold(name_text(group_title(graph_.groups.own_name(inner)))),
          is_outermost ? inks_.group : inks_.inner_group, inks_.group_line);
      write_group(inner, indent + "  ");  // at most GraphGroups::most_parts deep
      add("{}}}\n", indent);
    }
  }

  // ---- Boxes ----

  // "n7" for node 7, which is also what errors and other texts call it; "box_7" where it is the
  // first of several.
  std::string id(const GraphBox& box) const {
    return fmt::format("{}{}", box.kind == BoxKind::node ? "n" : "box_", box.first);
  }

  void write_box(std::size_t i, const std::string& indent) {
    const GraphBox& box = graph_.boxes[i];
    add("{}{} [label=<{}>, tooltip=\"{}\"{}];\n", indent, id(box), fmt::join(lines(box), "<br/>"),
        picture_text(tooltip(box), most_tooltip_letters), look(box));
    if (box.kind == BoxKind::node) write_constants(Node(tape_, box.first), indent);
    if (box.left_out > 0)
      add("{0}left_out_{1} [label=\"{2} left out\", shape=plaintext, style=\"\"];\n"
          "{0}left_out_{1} -> {3} [style=dotted];\n",
          indent, box.first, picture_count(box.left_out, "operand"), id(box));
  }

  void write_constants(const Node& node, const std::string& indent) {
    std::vector<std::string> texts;
    std::size_t count = 0;
    for (const Operand& operand : node.operands()) {
      if (operand.node == 0 && ++count <= most_constants)
        texts.push_back(picture_number(operand.constant));
    }
    if (count > most_constants) texts = {picture_count(count, "constant")};
    for (std::size_t k = 0; k < texts.size(); ++k)
      add("{0}c{1}_{2} [label=\"{3}\", shape=plaintext, style=\"\", height=0.2, width=0.2];\n"
          "{0}c{1}_{2} -> n{1};\n",
          indent, node.index(), k, texts[k]);
  }

  std::vector<std::string> lines(const GraphBox& box) const {
    switch (box.kind) {
      case BoxKind::node:
        return lines_of_node(Node(tape_, box.first));
      case BoxKind::group:
        return lines_of_group(box);
      case BoxKind::leaves:
        return with_adjoint({bold(picture_count(box.nodes, "variable")),
                             faint(name_of(box.first) + " … " + name_of(box.last))},
                            box);
      case BoxKind::rest:
        return with_adjoint(
            {bold(picture_count(box.nodes, "node")), faint("farther from the output"),
             faint(picture_count(box.leaves, "variable") + " among them")},
            box);
    }
    return {};
  }

  std::string name_of(std::size_t node) const {
    const std::string name = tape_.name(node);
    return name.empty() ? fmt::format("#{}", node) : name_text(name);
  }

  std::vector<std::string> lines_of_node(const Node& node) const {
    const std::string name = name_text(node.name());
    const std::string operation = name_text(node.operation());
    std::vector<std::string> lines{bold(name.empty() ? operation : name)};
    if (!name.empty() && !node.is_leaf()) lines.push_back(faint(operation));
    if (node.op() == Op::External) return lines;
    lines.push_back(picture_number(node.value()));
    if (node.adjoint().has_value()) lines.push_back("adjoint " + picture_number(*node.adjoint()));
    return lines;
  }

  std::vector<std::string> lines_of_group(const GraphBox& box) const {
    const std::string_view own_name = graph_.groups.own_name(box.group);
    const std::string title = group_title(own_name);
    std::vector<std::string> lines{bold(name_text(title))};
    std::size_t neurons = 0;
    for (std::uint32_t g = box.group + 1; g < graph_.groups.size(); ++g)
      neurons += graph_.groups.parent(g) == box.group &&
                 group_title(graph_.groups.own_name(g)).starts_with("neuron ");
    if (neurons > 0) lines.push_back(faint(picture_count(neurons, "neuron")));
    lines.push_back(faint(picture_count(box.nodes, "node")));
    if (box.leaves > 0)
      lines.push_back(
          faint(picture_count(box.leaves, title == own_name ? "variable" : "parameter")));
    if (box.outputs == 1) {
      const Node output(tape_, box.output);
      const std::string name = output.name();
      lines.push_back(name_text(name.substr(name.rfind('.') + 1)) + " = " +
                      picture_number(output.value()));
    }
    return with_adjoint(std::move(lines), box);
  }

  // Where no sweep has been, the caption says so once.
  std::vector<std::string> with_adjoint(std::vector<std::string> lines, const GraphBox& box) const {
    if (is_swept_ || box.not_finite > 0) lines.push_back(adjoint_of(box));
    return lines;
  }

  std::string adjoint_of(const GraphBox& box) const {
    if (box.not_finite > 0) return picture_count(box.not_finite, "node") + " not finite";
    if (!box.is_swept) return faint("no adjoint");
    return (box.outputs == 1 ? "adjoint " : "largest adjoint ") + picture_number(box.largest);
  }

  // Loses backslashes: Graphviz takes them for escapes there, once or twice.
  std::string tooltip(const GraphBox& box) const {
    if (box.kind == BoxKind::node) return statement(Node(tape_, box.first));
    if (box.kind == BoxKind::group) return std::string(graph_.groups.name(box.group));
    return fmt::format("{} to {}", label(Node(tape_, box.first)), label(Node(tape_, box.last)));
  }

  std::string look(const GraphBox& box) const {
    const bool is_leaf = box.leaves == box.nodes;
    std::string style = is_leaf ? "filled" : "filled,rounded";
    std::string text;
    if (box.not_finite > 0) {
      style = "filled";
      text = ", shape=doubleoctagon";
    } else if (box.is_swept && box.is_without_effect) {
      style += ",dashed";
    }
    if (box.kind != BoxKind::node && box.not_finite == 0) text += ", peripheries=2";
    if (box.last == y_) text += ", penwidth=2.5";
    return fmt::format("{}, style=\"{}\", fillcolor=\"{}\"", text, style, fill(box));
  }

  std::string fill(const GraphBox& box) const {
    if (box.not_finite > 0) return hex(not_finite_color(options_.theme));
    if (!box.is_swept) return std::string(inks_.empty);
    return color_of(box.largest);
  }

  // ---- Edges ----

  void write_edge(const GraphEdge& edge) {
    const GraphBox& from = graph_.boxes[edge.from];
    const GraphBox& to = graph_.boxes[edge.to];
    if (stands_for_several(edge)) {
      write_edge(from, to, fmt::format("× {}", edge.operands),
                 {is_dense() ? "penwidth=1" : "penwidth=2.5"});
      return;
    }
    const Node node(tape_, edge.node);
    for (const Operand& operand : node.operands()) {  // twice for x * x
      if (operand.node != edge.operand) continue;
      if (has_unknown_partials(node.op()))
        write_edge(from, to, "?", {});
      else if (!std::isfinite(operand.partial))
        write_edge(from, to, picture_number(operand.partial),
                   {"penwidth=2.5", fmt::format("color=\"{}\"", inks_.odd_line)});
      else if (operand.partial == 0)
        write_edge(from, to, "0", {"style=dashed"});
      else
        write_edge(from, to, picture_number(operand.partial), {});
    }
  }

  void write_edge(const GraphBox& from, const GraphBox& to, const std::string& label,
                  std::vector<std::string> attributes) {
    if (!is_dense()) {
      attributes.insert(attributes.begin(), fmt::format("label=\"{}\"", label));
      // The frames of layers stand side by side if the edges between them leave room.
      if (outermost_group(from) != outermost_group(to)) attributes.emplace_back("minlen=2");
    }
    add("  {} -> {} [{}];\n", id(from), id(to), fmt::join(attributes, ", "));
  }

  // In x * x there are two, each drawn by itself.
  bool stands_for_several(const GraphEdge& edge) const {
    const bool are_nodes = graph_.boxes[edge.from].kind == BoxKind::node &&
                           graph_.boxes[edge.to].kind == BoxKind::node;
    return !are_nodes && edge.operands > 1;
  }

  // Between many boxes straight lines, thin and without texts.
  bool is_dense() const { return graph_.edges.size() > most_labels; }

  std::uint32_t outermost_group(const GraphBox& box) const {
    std::uint32_t group = box.group;
    while (graph_.groups.parts(group) > 1) group = graph_.groups.parent(group);
    return group;
  }

  // ---- Caption ----

  std::string caption() const {
    std::string table = "<<table border=\"0\" cellborder=\"0\" cellspacing=\"0\">";
    const auto row = [&](std::string_view text) {
      table += fmt::format("<tr><td>{}</td></tr>", text);
    };
    row(" ");  // some room under the graph
    if (!options_.title.empty())
      row(fmt::format("<font point-size=\"16\"><b>{}</b></font>",
                      picture_text(options_.title, most_tooltip_letters)));
    if (graph_.boxes.size() < graph_.nodes)
      row(fmt::format(
          "{}, folded into {} {}{}", picture_count(graph_.nodes, "node"), graph_.boxes.size(),
          graph_.boxes.size() == 1 ? "box" : "boxes",
          graph_.is_limited ? fmt::format(" (node_limit {})", options_.node_limit) : ""));
    row(legend());
    return table + "</table>>";
  }

  std::string legend() const {
    std::string cells =
        "<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"4\"><tr>";
    const auto cell = [&](std::string_view text) { cells += fmt::format("<td>{}</td>", text); };
    const auto any = [&](auto predicate) { return std::ranges::any_of(graph_.boxes, predicate); };
    if (is_swept_) {
      cell("adjoint");
      for (const double share : {-1.0, -0.25, 0.0, 0.25, 1.0}) {
        if (largest_ == 0 && share != 0) continue;
        const double x = share * largest_;
        cells += fmt::format("<td bgcolor=\"{}\">{}</td>", color_of(x), picture_number(x));
      }
    } else {
      cell("no sweep, no adjoints");
    }
    cell(" ");
    if (any([](const GraphBox& box) { return box.is_swept && box.is_without_effect; }))
      cell("dashed: adjoint 0");
    if (any([](const GraphBox& box) { return box.not_finite > 0; })) cell("octagon: not finite");
    if (!is_dense() && !graph_.edges.empty()) cell("edges: partial derivative");
    if (!is_dense() && std::ranges::any_of(graph_.edges, [&](const GraphEdge& edge) {
          return stands_for_several(edge);
        }))
      cell("× n: n edges");
    return cells + "</tr></table>";
  }

  std::string color_of(double adjoint) const {
    return hex(number_color(adjoint, largest_, options_.theme));
  }

  const Tape& tape_;
  const GraphOptions& options_;
  const GraphInks& inks_;
  GraphBoxes graph_;
  std::size_t y_;
  double largest_ = 0;     // adjoint, where the colours end
  bool is_swept_ = false;  // has any box adjoints?
  std::vector<std::vector<std::size_t>> boxes_in_;
  std::vector<std::vector<std::uint32_t>> groups_in_;
  std::string out_;
};

}  // namespace

std::string graph_dot(const Node& y, const GraphOptions& options) {
  return GraphWriter(y, options).text();
}

}  // namespace tapegrad

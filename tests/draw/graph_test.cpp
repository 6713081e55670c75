// The text that Graphviz is told is compared to the letter, for a small neuron. That Graphviz takes
// all we write is seen where it is installed.
#include "tapegrad/draw/graph.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/told.hpp"
#include "pictures.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/nn/loss.hpp"
#include "tapegrad/nn/mlp.hpp"

using namespace tapegrad;

namespace {

// a = tanh(w·x + b), and the loss L = (a - 1)².
Value record_neuron(Tape& tape) {
  const Value w = tape.variable(-3, "L1.n1.w1"), x = tape.variable(2, "x");
  const Value b = tape.variable(6.5, "L1.n1.b");
  const Value product = w * x, pa = product + b, a = tanh(pa), e = a - 1, loss = e * e;
  tape.name(product, "L1.n1.w1*x1");
  tape.name(pa, "L1.n1.pa");
  tape.name(a, "L1.n1.a");
  tape.name(loss, "L");
  return loss;
}

/// The line of the text that begins with `begin`, without indentation.
std::string line(const std::string& text, std::string_view begin) {
  const std::size_t at = text.find("  " + std::string(begin));
  if (at == std::string::npos) return "";
  return text.substr(at + 2, text.find('\n', at) - at - 2);
}

bool has_graphviz() {
  const bool found = std::system("dot -V >/dev/null 2>&1") == 0;
  if (!found) MESSAGE("Graphviz is not installed: its part of this test is left out");
  return found;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a neuron in the language of Graphviz") {
  Tape tape;
  const Value loss = record_neuron(tape);
  tape.backward(loss);
  const std::string text = graph_dot(loss);
  CHECK(text.starts_with("digraph {\n  graph [rankdir=LR, ranksep=0.45, "));
  CHECK(
      text.substr(text.find("  n2 [")) ==
      R"(  n2 [label=<<b>x</b><br/>2<br/>adjoint 2.538>, tooltip="#2 x = 2", style="filled", fillcolor="#e5974c"];
  n7 [label=<<b>sub</b><br/>−0.5379<br/>adjoint −1.076>, tooltip="#7 = sub(#6, 1) = -0.537883", style="filled,rounded", fillcolor="#9eccfd"];
  c7_0 [label="1", shape=plaintext, style="", height=0.2, width=0.2];
  c7_0 -> n7;
  n8 [label=<<b>L</b><br/><font color="#3c3c3c">mul</font><br/>0.2893<br/>adjoint 1>, tooltip="#8 L = mul(#7, #7) = 0.289318", penwidth=2.5, style="filled,rounded", fillcolor="#f1be93"];
  subgraph cluster_1 {
    label=<<b>layer (1)</b>>; labelloc=t; labeljust=l; style=rounded; tooltip=" "; bgcolor="#f3f3f1"; color="#b4b4b0";
    subgraph cluster_2 {
      label=<<b>neuron 1</b>>; labelloc=t; labeljust=l; style=rounded; tooltip=" "; bgcolor="#e8e8e5"; color="#b4b4b0";
      n1 [label=<<b>L1.n1.w1</b><br/>−3<br/>adjoint −1.692>, tooltip="#1 L1.n1.w1 = -3", style="filled", fillcolor="#84bffc"];
      n3 [label=<<b>L1.n1.b</b><br/>6.5<br/>adjoint −0.846>, tooltip="#3 L1.n1.b = 6.5", style="filled", fillcolor="#a9d2fe"];
      n4 [label=<<b>L1.n1.w1*x1</b><br/><font color="#3c3c3c">mul</font><br/>−6<br/>adjoint −0.846>, tooltip="#4 L1.n1.w1*x1 = mul(#1, #2) = -6", style="filled,rounded", fillcolor="#a9d2fe"];
      n5 [label=<<b>L1.n1.pa</b><br/><font color="#3c3c3c">add</font><br/>0.5<br/>adjoint −0.846>, tooltip="#5 L1.n1.pa = add(#4, #3) = 0.5", style="filled,rounded", fillcolor="#a9d2fe"];
      n6 [label=<<b>L1.n1.a</b><br/><font color="#3c3c3c">tanh</font><br/>0.4621<br/>adjoint −1.076>, tooltip="#6 L1.n1.a = tanh(#5) = 0.462117", style="filled,rounded", fillcolor="#9eccfd"];
    }
  }
  n1 -> n4 [label="2"];
  n2 -> n4 [label="−3", minlen=2];
  n3 -> n5 [label="1"];
  n4 -> n5 [label="1"];
  n5 -> n6 [label="0.7864"];
  n6 -> n7 [label="1", minlen=2];
  n7 -> n8 [label="−0.5379"];
  n7 -> n8 [label="−0.5379"];
}
)");
  CHECK(graph_dot(loss) == text);
}

TEST_CASE("the caption has the title, and explains what is in the picture and nothing else") {
  Tape tape;
  const Value loss = record_neuron(tape);
  CHECK(has(line(graph_dot(loss), "label="), "no sweep, no adjoints"));
  tape.backward(loss);
  const std::string caption = line(graph_dot(loss, {.title = "One <neuron>"}), "label=");
  CHECK(has(caption, "<b>One &lt;neuron&gt;</b>"));
  CHECK(has(caption, ">−2.538</td><td bgcolor=\"#b5d8fe\">−0.6345</td><td bgcolor=\"#ffffff\">0<"));
  CHECK(has(caption, "edges: partial derivative"));
  for (const char* absent : {"dashed", "octagon", "folded", "× n", "no sweep"}) {
    CAPTURE(absent);
    CHECK_FALSE(has(caption, absent));
  }
}

TEST_CASE("the dark theme has other colours and the same graph") {
  Tape tape;
  const Value loss = record_neuron(tape);
  tape.backward(loss);
  const std::string light = graph_dot(loss), dark = graph_dot(loss, {.theme = Theme::dark});
  CHECK(has(dark, "bgcolor=\"#17181c\""));
  const auto without_colors = [](std::string text) {
    for (std::size_t at = 0; (at = text.find("\"#", at)) != std::string::npos; ++at) {
      if (text[at + 8] == '"') text.erase(at, 9);
    }
    return text;
  };
  CHECK(without_colors(light) == without_colors(dark));
}

TEST_CASE("what is not finite is an octagon, what has an adjoint of 0 is dashed") {
  Tape tape;
  const Value p = tape.variable(0, "p"), r = tape.variable(3, "r");
  const Value of_p = p * log(p), of_r = r * 0.0;
  const Value y = of_p + of_r;
  tape.backward(y);
  const std::string text = graph_dot(y);
  CHECK(has(line(text, "n1 ["), "adjoint −∞>, tooltip=\"#1 p = 0\", shape=doubleoctagon"));
  CHECK(has(line(text, "n3 ["), "<b>log</b><br/>−∞<br/>adjoint 0>"));
  CHECK(has(line(text, "n3 ["), "shape=doubleoctagon, style=\"filled\", fillcolor=\"#f080b8\""));
  CHECK(has(line(text, "n4 ["), "<b>mul</b><br/>NaN<br/>"));
  CHECK(line(text, "n1 -> n3") == "n1 -> n3 [label=\"∞\", penwidth=2.5, color=\"#b02a83\"];");
  CHECK(line(text, "n2 -> n5") == "n2 -> n5 [label=\"0\", style=dashed];");
  CHECK(has(line(text, "n2 ["), "style=\"filled,dashed\", fillcolor=\"#ffffff\""));
  CHECK(has(text, "dashed: adjoint 0"));
  CHECK(has(text, "octagon: not finite"));
}

TEST_CASE("a node that no sweep has covered is grey, not white like an adjoint of 0") {
  Tape tape;
  const Value x = tape.variable(2, "x");
  const Value y = 3 * x;
  tape.backward(y);
  const Value later = y + 1;
  const std::string text = graph_dot(later);
  CHECK(has(line(text, "n3 ["), "<b>add</b><br/>7>"));
  CHECK(has(line(text, "n3 ["), "fillcolor=\"#f7f7f7\""));
  CHECK(has(line(text, "n2 ["), "adjoint 1>"));
}

TEST_CASE("a user's operation has no value of its own, and partials that nobody knows") {
  Tape tape;
  const Value y = testing::external(tape.variable(2, "x"), 5, 7);
  tape.backward(y);
  const std::string text = graph_dot(y);
  CHECK(has(line(text, "n2 ["), "label=<<b>told</b>>"));
  CHECK(has(line(text, "n2 ["), "style=\"filled,rounded\""));
  CHECK(line(text, "n1 -> n2") == "n1 -> n2 [label=\"?\"];");
  CHECK(has(line(text, "n3 ["), "<b>result</b><br/>5<br/>adjoint 1>"));
}

TEST_CASE("an operation without a name is drawn") {
  struct Nameless : External {
    std::string_view name() const override { return ""; }
    void pull_back(std::span<const double>, std::span<const double>,
                   std::span<double>) const override {}
  };
  if (!has_graphviz()) return;
  Tape tape;
  const Value x = tape.variable(1, "x");
  const Value y = tape.external(std::make_shared<Nameless>(), std::vector{x}, std::vector{2.0})[0];
  CHECK(is_well_formed(graph_svg(y)));
  tape.name(tape.value(2), "named");
  CHECK(is_well_formed(graph_svg(y)));
}

TEST_CASE("of many constants only the number is shown") {
  Tape tape;
  const Value x = tape.variable(1, "x");
  const std::string few = graph_dot(sum(std::vector<Value>{x, 1.5, 2.5}));
  CHECK(has(line(few, "c2_0 ["), "label=\"1.5\""));
  CHECK(has(line(few, "c2_1 ["), "label=\"2.5\""));
  std::vector<Value> many(1000, 2.0);
  many[500] = x;
  const std::string text = graph_dot(sum(many));
  CHECK(has(line(text, "c3_0 ["), "label=\"999 constants\""));
  CHECK(count(text, "c3_") == 2);  // the text and its arrow
}

TEST_CASE("Graphviz draws whatever a name holds, as a text") {
  if (!has_graphviz()) return;
  Tape tape;
  Value y = 0.0;
  const std::vector<std::string> names{"a \"quoted\" name",
                                       "two\nlines",
                                       "<script>alert(1)</script>",
                                       "größe 価値",
                                       "שלום עולם",
                                       "back\\slash\\N\\",
                                       "&lt; &#65;",
                                       "\xFF bad",
                                       "\x1B[31m",
                                       "\u202Etxt.exe",
                                       "]]>",
                                       "-->",
                                       " ",
                                       "\\",
                                       "it's `id` $(id)",
                                       std::string(3000, 'x')};
  for (const std::string& name : names) y = y + tape.variable(1, name);
  tape.name(y, "L1.n\"3.<b>w</b>");
  const Folder folder;
  const fs::path path = folder / "names.svg";
  const std::string svg = checked_svg(draw(y, path, {.title = "</svg> \\N \"&\""}), path);
  CHECK_FALSE(has(svg, "<script"));
  for (const char* text :
       {">a &quot;quoted&quot; name<", ">two lines<", ">&lt;script&gt;alert(1)&lt;/script&gt;<",
        ">größe 価値<", ">שלום עולם<", ">back\\\u200Cslash\\\u200CN\\\u200C<",
        ">&amp;lt; &amp;#65;<", ">\uFFFD bad<", "[31m<", ">\uFFFDtxt.exe<", ">]]&gt;<",
        ">it&#39;s `id` $(id)<", ">&lt;/svg&gt; \\\u200CN &quot;&amp;&quot;<"}) {
    CAPTURE(text);
    CHECK(has(svg, text));
  }
}

TEST_CASE("networks are drawn in both themes, whole, cut and folded") {
  if (!has_graphviz()) return;
  Tape tape;
  MLP net({2, 3, 1}, Activation::tanh, Activation::sigmoid, 3);
  const std::vector<Value> x{tape.variable(0.3, "x1"), tape.variable(-0.8, "x2")};
  const Value loss = squared_error(net(x), std::vector{1.0});
  tape.backward(loss);
  const Folder folder;
  const fs::path path = folder / "mlp.svg";
  for (const Theme theme : {Theme::light, Theme::dark}) {
    const std::string whole = checked_svg(draw(loss, path, {.theme = theme}), path);
    for (const char* name : {"L1.n3.w2", "L1.n3.b", "L1.n3.pa", "L1.n3.a", "L2.n1.w3", "x2"}) {
      CAPTURE(name);
      CHECK(has(whole, ">" + std::string(name) + "<"));
    }
    CHECK(count(whole, ">layer (1)<") == 1);
    CHECK(count(whole, ">neuron 1<") == 2);
    checked_svg(draw(loss, path, {.theme = theme, .fold = Fold::neurons}), path);
    checked_svg(draw(loss, path, {.theme = theme, .fold = Fold::layers, .depth = 3}), path);
    checked_svg(draw(loss, path, {.theme = theme, .node_limit = 2}), path);
  }
  checked_svg(draw(loss, path), path);
  CHECK(graph_svg(loss) == content_of(path));
}

TEST_CASE("without Graphviz there is the text, and a hint or an error that says how to get it") {
  Tape tape;
  const Value loss = record_neuron(tape);
  const Folder folder;
  const fs::path svg = folder / "graph.svg";
  const Picture picture = draw(loss, svg, {.graphviz = "no-graphviz"});
  CHECK(picture.files == std::vector{folder / "graph.dot"});
  CHECK(content_of(folder / "graph.dot") == graph_dot(loss));
  CHECK_FALSE(fs::exists(svg));
  CHECK(picture.hint == svg.string() +
                            " was not drawn: install Graphviz (Debian: graphviz) and run this "
                            "again; what Graphviz is told is in " +
                            (folder / "graph.dot").string());
  CHECK_THROWS_WITH_AS(graph_svg(loss, {.graphviz = "no-graphviz"}),
                       "graph_svg: there is no picture: install Graphviz (Debian: graphviz) and "
                       "run this again; graph_dot() and tree() work without it",
                       UnsupportedError);
}

TEST_CASE("a Graphviz that fails is told, and no shell sees its name") {
  Tape tape;
  const Value loss = record_neuron(tape);
  const Folder folder;
  const fs::path script = folder / "dot";
  std::ofstream(script) << "#!/bin/sh\necho first >&2; echo \"no $1\" >&2; exit 1\n";
  fs::permissions(script, fs::perms::owner_all);
  CHECK_THROWS_WITH_AS(graph_svg(loss, {.graphviz = script.string()}),
                       ("graph_svg: there is no picture: " + script.string() +
                        " failed: no -Tsvg; graph_dot() and tree() work without it")
                           .c_str(),
                       UnsupportedError);
  CHECK_THROWS_AS(graph_svg(loss, {.graphviz = "true"}), UnsupportedError);  // writes nothing
  const fs::path trace = folder / "trace";
  CHECK_THROWS_AS(graph_svg(loss, {.graphviz = "true; touch '" + trace.string() + "'"}),
                  UnsupportedError);
  CHECK_FALSE(fs::exists(trace));
}

TEST_CASE("a file that cannot be written, or has another ending, is an error that names it") {
  Tape tape;
  const Value loss = record_neuron(tape);
  const Folder folder;
  CHECK_THROWS_WITH_AS(
      draw(loss, folder / "none/graph.svg"),
      ((folder / "none/graph.dot").string() + ": cannot be written: No such file or directory")
          .c_str(),
      FileError);
  CHECK_THROWS_WITH_AS(
      draw(loss, "graph.pdf"),
      "graph.pdf: the picture is an SVG or a PNG; pass a name that ends in .svg or .png",
      ArgumentError);
}

TEST_CASE("an output that is not there is refused") {
  Tape tape;
  const Node y(record_neuron(tape));
  const Value constant = 2;
  CHECK_THROWS_AS(graph_dot(constant), UnsupportedError);
  CHECK_THROWS_AS(graph_dot(Node(tape, 0)), ArgumentError);
  tape.clear();
  CHECK_THROWS_WITH_AS(
      graph_dot(y),
      "graph_dot: node 8 is not on its tape, which has 0 nodes; was it cleared or rewound since?",
      ArgumentError);
}

// What is written into a page, to the letter; what a browser makes of it is page.py's.
#include "tapegrad/draw/page.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "draw/page_assets.hpp"
#include "draw/page_layout.hpp"
#include "draw/page_rules.hpp"
#include "pictures.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/derivatives/user_operation.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

namespace {

std::string page_of(const Tape& tape, Value y, const PageOptions& options = {}) {
  const Folder folder;
  page(tape, y, folder / "it's a page.html", options);
  return content_of(folder / "it's a page.html");
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// x and n operations on it.
Value chain_of(Tape& tape, std::size_t n) {
  Value y = tape.variable(0.5, "x");
  for (std::size_t i = 0; i < n; ++i) y = sin(y);
  return y;
}

double top(const NodePlace& place, const LayoutSize& size) {
  return place.y - size.node_height / 2;
}

}  // namespace

TEST_CASE("a page has nodes, operands, constants and data as JSON") {
  Tape tape;
  const Value x = tape.variable(2, "x");
  const Value w = tape.variable(-0.5, "w");
  [[maybe_unused]] const Value unused = exp(x);
  const Value y = (1 - w) * x;
  const std::string html = page_of(tape, y, {.inputs = {x}, .learning_rate = 0.25});
  CHECK(has(html, "{\"output\":3,\"rate\":0.25,\"guards\":[],"));
  CHECK(has(html, "{\"i\":1,\"n\":\"x\",\"v\":2,\"data\":1,\"at\":["));
  CHECK(has(html, "{\"i\":2,\"n\":\"w\",\"v\":-0.5,\"at\":["));
  CHECK(has(html, "{\"i\":4,\"n\":\"#4\",\"v\":1.5,\"op\":\"sub\",\"a\":[[1],1],\"at\":["));
  CHECK(has(html, "{\"i\":5,\"n\":\"L\",\"v\":3,\"op\":\"mul\",\"a\":[2,0],\"at\":["));
  CHECK_FALSE(has(html, "\"exp\":"));
}

TEST_CASE("numbers that JSON does not have are strings") {
  Tape tape;
  const Value x = tape.variable(-infinity, "x");
  const std::string html = page_of(tape, sqrt(x) * infinity);
  CHECK(has(html, "\"v\":\"-inf\""));
  CHECK(has(html, "\"v\":\"nan\""));
  CHECK(has(html, "\"a\":[1,[\"inf\"]]"));
}

TEST_CASE("no name and no title is HTML") {
  Tape tape;
  const Value x = tape.variable(1, "</script><script>alert(1)</script>\n\"\\&{{style}}");
  const std::string html = page_of(tape, exp(x), {.title = "<img src=x> & {{script}}"});
  CHECK(has(html,
            "\"n\":\"\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\\u003c/script"
            "\\u003e\\u000a\\u0022\\u005c\\u0026{{style}}\""));
  CHECK(has(html, "<title>&lt;img src=x> &amp; {{script}}</title>"));
  CHECK(count(html, "<script") == 2);
}

TEST_CASE("a page needs nothing but itself") {
  Tape tape;
  const std::string html = page_of(tape, chain_of(tape, 3));
  for (const char* part : {"<link", "@import", "url(", " src=", "fetch(", "import(", "https:"})
    CHECK_FALSE(has(html, part));
  // The one address is a name: SVG's.
  CHECK(count(html, "http:") == count(html, "http://www.w3.org/2000/svg"));
  for (const char* field : {"{{title}}", "{{style}}", "{{recording}}", "{{script}}"})
    CHECK_FALSE(has(html, field));
}

TEST_CASE("the largest page is under a megabyte, and one node more is refused") {
  Tape tape;
  const Value y = chain_of(tape, max_page_nodes - 1);
  CHECK(page_of(tape, y).size() < 1'000'000);
  CHECK_THROWS_WITH_AS(page_of(tape, sin(y)),
                       "page: #2001 was computed from more than 2000 nodes, the most that a page "
                       "shows; record a smaller network, or fewer samples",
                       ArgumentError);
}

TEST_CASE("a large page of a wide network is under a megabyte, too") {
  Tape tape;
  const MLP net({20, 20, 8, 4}, Activation::tanh, Activation::identity, 1);
  const std::vector<Value> x = tape.variables(std::vector<double>(20, 0.5));
  const Value y = softmax_cross_entropy(net.forward(net.variables(tape), x), 2);
  REQUIRE(tape.size() > 1500);
  CHECK(page_of(tape, y).size() < 1'000'000);
}

TEST_CASE("what a page cannot show is refused") {
  Tape tape;
  const Value x = tape.variable(2, "x");
  CHECK_THROWS_AS(page_of(tape, 3.0), UnsupportedError);
  for (const double rate : {0.0, -1.0, infinity, not_a_number}) {
    CAPTURE(rate);
    CHECK_THROWS_AS(page_of(tape, exp(x), {.learning_rate = rate}), ArgumentError);
  }
  CHECK_THROWS_AS(page(tape, exp(x), "/no such folder/page.html"), FileError);
  const Value root = implicit_function(
      [](std::span<const Value> z, std::span<const Value> a) {
        return std::vector<Value>{z[0] * z[0] - a[0]};
      },
      std::vector<double>{1}, std::vector<Value>{x})[0];
  CHECK_THROWS_AS(page_of(tape, root + 1), UnsupportedError);
  tape.clear();
  CHECK_THROWS_AS(page_of(tape, x), StaleValueError);
}

TEST_CASE("guards before the output go on the page, without a place in the graph") {
  Tape tape({.guards = true});
  const Value x = tape.variable(2, "x");
  const Value beside = exp(x);
  const Value y = beside > 1 ? 3 * x : x;
  [[maybe_unused]] const bool later = y > 0;
  const std::string html = page_of(tape, y);
  CHECK(has(html, "\"guards\":[2],"));
  CHECK(has(html, "\"v\":1,\"op\":\"greater\",\"a\":[1,[1]]}"));
}

TEST_CASE("rules are printed as JavaScript") {
  const std::string script =
      script_of_rules({{Op::Tanh, 1}, {Op::Max, 2}, {Op::WeightedSum, 5}, {Op::Sub, 2}});
  CHECK(has(script,
            "  \"tanh\": {\n    name: \"tanh\",\n    shows: [\"tanh($0)\"],\n"
            "    showsPartial: [\"1 - $y * $y\"],\n    cuts: false,\n"
            "    value([x0]) {\n      return tanh(x0);\n    },\n"
            "    partials([x0], y) {\n      return [1 - y * y];\n    },\n  },\n"));
  CHECK(has(script, "    cuts: true,\n    value([x0, x1]) {\n      return max(x0, x1);\n"));
  CHECK(has(script,
            "  \"weighted_sum of 5\": {\n    name: \"weighted_sum\",\n"
            "    shows: [\"$0 * $2 + $1 * $3 + $4\"],\n"));
  CHECK(has(script, "return [x[2], x[3], x[0], x[1], 1];"));
  CHECK(has(script, "shows: [\"$0 - $1\"],\n    showsPartial: [\"1\", \"-1\"],"));
  CHECK(has(script, "function sigmoid(x0) {\n  return 1 / (1 + exp(-x0));\n}"));
  CHECK(has(script, "const ln_2 = 0.6931471805599453;"));
}

TEST_CASE("the script of an operation grows with its operands, not with their square") {
  for (const Op op : {Op::LogSumExp, Op::Norm, Op::WeightedSum}) {
    CAPTURE(info(op).name);
    const std::size_t none = script_of_rules({}).size();
    const std::size_t some = script_of_rules({{op, 101}}).size() - none;
    const std::size_t many = script_of_rules({{op, 1001}}).size() - none;
    CHECK(many < 13 * some);
  }
}

TEST_CASE("every function that a rule calls is there in JavaScript") {
  std::set<CountedOp> all;
  for_each_rule([&]<class Rule>() {
    all.insert({op_of<Rule>,
                Rule::info.arity == variadic ? 3 : static_cast<std::size_t>(Rule::info.arity)});
  });
  const std::string script = script_of_rules(all);
  const std::string math(page_math_script);
  for_each_rule([&]<class Rule>() {
    if (Rule::info.arity == variadic) return;
    const std::string name(Rule::info.name);
    CAPTURE(name);
    const std::string before = "\nconst { abs";  // the names that Math has, in the first lines
    const std::string from_math = math.substr(math.find(before), math.find("\nconst nan"));
    const bool is_math = has(from_math, " " + name + ",") || has(from_math, " " + name + " }");
    const bool is_own = has(math, "const " + name + " =") || has(math, "function " + name + "(");
    const bool is_printed = has(script, "function " + name + "(");
    CHECK(is_math + is_own + is_printed == 1);
  });
}

TEST_CASE("operands stand to the left of what they are used in, and nothing overlaps") {
  Tape tape;
  const MLP net({3, 5, 2}, Activation::tanh, Activation::identity, 1);
  const std::vector<Value> x = tape.variables(std::vector<double>(3, 0.5));
  [[maybe_unused]] const Value y = softmax_cross_entropy(net.forward(net.variables(tape), x), 1);
  std::vector<std::vector<std::size_t>> operands(tape.size());
  for (const Node node : tape.nodes())
    for (const Operand operand : node.operands())
      if (operand.node != 0) operands[node.index() - 1].push_back(operand.node - 1);
  const LayoutSize size;
  const PageLayout layout = lay_out(operands, size);
  REQUIRE(layout.places.size() == operands.size());
  std::vector<std::vector<std::pair<double, double>>> columns(layout.columns);
  for (std::size_t node = 0; node < operands.size(); ++node) {
    const NodePlace& place = layout.places[node];
    CHECK(top(place, size) >= 0);
    CHECK(place.y + size.node_height / 2 <= layout.height);
    columns.at(place.column).push_back({top(place, size), place.y + size.node_height / 2});
    for (std::size_t k = 0; k < place.trunk.size(); ++k)
      columns.at(place.column + 1 + k).push_back({place.trunk[k], place.trunk[k]});
    for (const std::size_t operand : operands[node]) {
      const NodePlace& left = layout.places[operand];
      CHECK(left.column < place.column);
      CHECK(left.column + left.trunk.size() + 1 >= place.column);
    }
  }
  CHECK(layout.places.back().column + 1 == layout.columns);
  for (std::vector<std::pair<double, double>>& column : columns) {
    std::ranges::sort(column);
    for (std::size_t i = 1; i < column.size(); ++i)
      CHECK(column[i - 1].second + size.gap - 2 <= column[i].first);
  }
}

TEST_CASE("a chain is a straight line, and a tree has no crossing") {
  const PageLayout chain = lay_out({{}, {0}, {1}, {2}}, {});
  for (const NodePlace& place : chain.places) CHECK(place.y == chain.places[0].y);
  // ((a, b), (c, d)), recorded crosswise
  const PageLayout tree = lay_out({{}, {}, {}, {}, {0, 2}, {1, 3}, {4, 5}}, {});
  const auto y = [&](std::size_t node) { return tree.places[node].y; };
  const bool first_above = y(4) < y(5);
  CHECK((std::max(y(0), y(2)) < std::min(y(1), y(3))) == first_above);
  CHECK((std::max(y(1), y(3)) < std::min(y(0), y(2))) == !first_above);
}

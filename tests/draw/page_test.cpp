// What is written into a page, to the letter; what a browser makes of it is page.py's.
#include "tapegrad/draw/page.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "draw/page/page_rules.hpp"
#include "draw/page_parts/assets.hpp"
#include "draw/page_parts/page_source.hpp"
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

}  // namespace

TEST_CASE("a page has nodes, operands, constants and data as JSON") {
  Tape tape;
  const Value x = tape.variable(2, "x");
  const Value w = tape.variable(-0.5, "w");
  [[maybe_unused]] const Value unused = exp(x);
  const Value y = (1 - w) * x;
  const std::string html = page_of(tape, y, {.inputs = {x}, .learning_rate = 0.25});
  CHECK(has(html,
            "{\"output\":3,\"rate\":0.25,\"show\":\"\",\"guards\":[],\n\"groups\":[[]],\n"
            "\"nodes\":[\n"
            "{\"i\":1,\"n\":\"x\",\"v\":2,\"data\":1},\n"
            "{\"i\":2,\"n\":\"w\",\"v\":-0.5},\n"
            "{\"i\":4,\"n\":\"#4\",\"v\":1.5,\"op\":\"sub\",\"a\":[[1],1]},\n"
            "{\"i\":5,\"n\":\"L\",\"v\":3,\"op\":\"mul\",\"a\":[2,0]}\n]}"));
  CHECK_FALSE(has(html, "\"exp\":"));
}

TEST_CASE("a page has groups, with their titles, and what each node is in") {
  Tape tape;
  const Value w = tape.variable(2, "L1.n3.w1");
  const Value b = tape.variable(1, "gate.b");
  const Value y = w + b;
  tape.name(y, "(L1.n3)");
  const std::string html = page_of(tape, y);
  CHECK(has(html,
            "\"groups\":[[],[\"L1\",0,\"layer (1)\"],[\"L1.n3\",1,\"neuron 3\"],"
            "[\"gate\",0,\"gate\"]],"));
  CHECK(has(html, "{\"i\":1,\"n\":\"L1.n3.w1\",\"v\":2,\"g\":2},"));
  CHECK(has(html, "{\"i\":2,\"n\":\"gate.b\",\"v\":1,\"g\":3},"));
  CHECK(has(html, "{\"i\":3,\"n\":\"(L1.n3)\",\"v\":3,\"op\":\"add\",\"a\":[0,1]}"));
  CHECK(has(page_of(tape, y, {.fold = Fold::neurons}), "\"show\":\"neurons\""));
  CHECK(has(page_of(tape, y, {.fold = Fold::layers}), "\"show\":\"layers\""));
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

TEST_CASE("a small page is under 56 kB") {
  Tape tape;
  CHECK(page_of(tape, chain_of(tape, 10)).size() < 56'000);
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
  CHECK(has(html, "\"v\":1,\"hidden\":1,\"op\":\"greater\",\"a\":[1,[1]]}"));
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

TEST_CASE("a page has neither indentation nor comments") {
  CHECK(compact("// top\nif (x) {\n  f(\"http://x\"); // why\n\n    // how\n}\n") ==
        "if (x) {\nf(\"http://x\");\n}\n");
  CHECK(compact("") == "");
  CHECK(compact("   ") == "");
}

TEST_CASE("of a library a page has what its script needs, and what that needs") {
  const std::string library =
      "const { abs } = Math;\n\n"
      "// of f\nconst k = 2;\nconst l = 3;\n\n"
      "function f(x) {\n  return k * g(x);\n}\n\n"
      "const g = (x) => f_(x);\n\n"
      "function f_(x) {\n  return x;\n}\n\n"
      "function h(x) {\n  return f(x);\n}";
  CHECK(needed_paragraphs(library, "") == "const { abs } = Math;\n\n");
  CHECK(needed_paragraphs(library, "h_(f_)") ==
        "const { abs } = Math;\n\nfunction f_(x) {\n  return x;\n}\n\n");
  const std::string with_f = needed_paragraphs(library, "y = f(1)");
  for (const char* part : {"// of f\nconst k", "const l", "function f(", "const g", "function f_("})
    CHECK(has(with_f, part));
  CHECK_FALSE(has(with_f, "function h("));
  CHECK(needed_paragraphs(library, "h") == library + "\n\n");
}

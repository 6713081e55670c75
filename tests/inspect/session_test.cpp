// What a Session says, as transcripts.

#include "tapegrad/inspect/session.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/inspect/tape_file.hpp"

using namespace tapegrad;

namespace {

// L = (tanh(w·x) - 1)² of w = 0.5 and x = 2, with names.
struct Neuron {
  Tape tape;
  Value w = named(tape.variable(0.5), "w");  // #1
  Value x = named(tape.variable(2), "x");    // #2
  Value pa = named(w * x, "n1.pa");          // #3
  Value a = named(tanh(pa), "n1.a");         // #4
  Value e = a - 1.0;                         // #5
  Value L = named(e * e, "L");               // #6
  Session session{tape};

  Value named(Value value, const char* name) {
    tape.name(value, name);
    return value;
  }
  std::string run(std::string_view line) { return session.run(line); }
};

// What it says instead of an answer.
std::string refusal(Session& session, std::string_view line) {
  try {
    return "no refusal: " + session.run(line);
  } catch (const ArgumentError& error) {
    return error.what();
  }
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("step shows the chain rule with numbers, and at the end the gradient") {
  Neuron it;
  CHECK(it.run("where") == "after 0 steps at #6 L = mul(#5, #5) = 0.0568373  adjoint 1");
  CHECK(it.run("step") ==
        "step 1: #6 L = mul(#5, #5) = 0.0568373\n"
        "  adjoint(#5) += adjoint(#6 L) · ∂#6/∂#5 = 1 · (-0.238406) → -0.238406   ∂/∂a = b\n"
        "  adjoint(#5) += adjoint(#6 L) · ∂#6/∂#5 = 1 · (-0.238406) → -0.476812   ∂/∂b = a");
  CHECK(it.run("s 2") ==
        "step 2: #5 sub(#4, 1) = -0.238406\n"
        "  adjoint(#4 n1.a) += adjoint(#5) · ∂#5/∂#4 = -0.476812 · 1 → -0.476812\n"
        "step 3: #4 n1.a = tanh(#3) = 0.761594\n"
        "  adjoint(#3 n1.pa) += adjoint(#4 n1.a) · ∂#4/∂#3 = -0.476812 · 0.419974 → -0.200249   "
        "∂/∂x = 1 - y * y");
  CHECK(it.run("where") == "after 3 steps at #3 n1.pa = mul(#1, #2) = 1  adjoint -0.200249");
  CHECK(it.run("step 5") ==
        "step 4: #3 n1.pa = mul(#1, #2) = 1\n"
        "  adjoint(#1 w) += adjoint(#3 n1.pa) · ∂#3/∂#1 = -0.200249 · 2 → -0.400497     ∂/∂a = b\n"
        "  adjoint(#2 x) += adjoint(#3 n1.pa) · ∂#3/∂#2 = -0.200249 · 0.5 → -0.100124   ∂/∂b = a\n"
        "the sweep of #6 L is at its end after 4 steps; the variables:\n"
        "  #1 w = variable = 0.5  adjoint -0.400497\n"
        "  #2 x = variable = 2    adjoint -0.100124");
  CHECK(it.run("step") == "the sweep of #6 L is at its end: `back`, or `restart`");
  CHECK(it.run("back") == "1 undone, 3 done; at #3 n1.pa = mul(#1, #2) = 1  adjoint -0.200249");
  CHECK(it.run("back 7") == "3 undone, 0 done; at #6 L = mul(#5, #5) = 0.0568373  adjoint 1");
  CHECK(contains(it.run("finish"), "at its end after 4 steps"));
  CHECK(it.run("restart") == "at #6 L = mul(#5, #5) = 0.0568373  adjoint 1");
  CHECK_FALSE(it.tape.node(it.w).adjoint().has_value());
}

TEST_CASE("next and until go to a node, by name or number") {
  Neuron it;
  CHECK(it.run("until n1.a") == "at #4 n1.a = tanh(#3) = 0.761594  adjoint -0.476812");
  CHECK(it.run("until n1.a") == it.run("until #4"));
  CHECK(contains(it.run("next n1.a"), "step 3: #4 n1.a"));
  CHECK(refusal(it.session, "next n1.a") ==
        "the sweep is past #4 n1.a, whose adjoint is -0.476812: `back`, or `restart`");
  CHECK(contains(it.run("next 3"), "step 4: #3 n1.pa"));
  it.run("restart");
  CHECK(it.run("next w") == "at #1 w = variable = 0.5  adjoint -0.400497");
  it.run("output n1.a");
  CHECK(it.run("where") == "after 0 steps at #4 n1.a = tanh(#3) = 0.761594  adjoint 1");
  CHECK(refusal(it.session, "until L") ==
        "#6 L comes after the output #4 n1.a, where the sweep begins");
}

TEST_CASE("of a name that occurs often, next and until take the next one each time") {
  Tape tape;
  const Value w = tape.variable(0.5, "w");
  Value h = 1;
  for (int t = 0; t < 3; ++t) {
    h = tanh(w * h);  // #2 #3, #4 #5, #6 #7
    tape.name(h, "h");
  }
  Session session(tape);
  CHECK(contains(session.run("next h"), "step 1: #7 h"));
  CHECK(contains(session.run("next h"), "step 3: #5 h"));
  session.run("restart");
  CHECK(contains(session.run("until h"), "at #5 h"));
  CHECK(contains(session.run("until h"), "at #3 h"));
  session.run("restart");
  session.run("break h");
  CHECK(contains(session.run("finish"), "breakpoint 1, h: at #5 h"));
  CHECK(contains(session.run("finish"), "breakpoint 1, h: at #3 h"));
  CHECK(contains(session.run("finish"), "at its end"));
}

TEST_CASE("breakpoints and watches stop the sweep, are listed and deleted") {
  Neuron it;
  CHECK(it.run("breaks") == "no breakpoint and no watch");
  CHECK(it.run("break op=tanh") == "breakpoint 1: stops before each tanh");
  CHECK(it.run("watch w") == "watch 2: stops when a step changes the adjoint of #1 w");
  CHECK(it.run("b 2") == "breakpoint 3: stops at #2 x");
  CHECK(it.run("b nan") == "breakpoint 4: stops where a NaN or an infinity comes from");
  CHECK(it.run("breaks") == "  1  op=tanh\n  2  watch #1 w\n  3  #2 x\n  4  nan");
  CHECK(it.run("finish") ==
        "breakpoint 1, op=tanh: at #4 n1.a = tanh(#3) = 0.761594  adjoint -0.476812");
  CHECK(it.run("delete 3") == "3 deleted");
  CHECK(it.run("finish") ==
        "step 4: #3 n1.pa = mul(#1, #2) = 1\n"
        "  adjoint(#1 w) += adjoint(#3 n1.pa) · ∂#3/∂#1 = -0.200249 · 2 → -0.400497     ∂/∂a = b\n"
        "  adjoint(#2 x) += adjoint(#3 n1.pa) · ∂#3/∂#2 = -0.200249 · 0.5 → -0.100124   ∂/∂b = a\n"
        "watch 2: adjoint(#1 w) 0 → -0.400497");
  CHECK(contains(it.run("finish"), "at its end"));
  it.run("restart");
  CHECK(contains(it.run("step 10"), "breakpoint 1, op=tanh: at #4"));
  CHECK(it.run("delete") == "all breakpoints and watches deleted");
  CHECK(contains(it.run("step 10"), "at its end"));
  CHECK(contains(refusal(it.session, "delete 9"), "no breakpoint or watch 9"));
  CHECK(contains(refusal(it.session, "break op=sin"), "no node is a sin"));
}

TEST_CASE("until nan shows the step in which it begins") {
  Tape tape;
  const Value p = tape.variable(0, "p");
  const Value y = log(p) * 0.5;
  Session session(tape);
  CHECK(session.run("until nan") ==
        "step 2: #2 log(#1) = -inf\n"
        "  adjoint(#1 p) += adjoint(#2) · ∂#2/∂#1 = 0.5 · inf → inf   ∂/∂x = select(y == y, 1 / x, "
        "y)\n"
        "#2 made adjoint(#1 p) inf");
  CHECK(contains(session.run("until nan"),
                 "no finite adjoint has handed on a NaN or an infinity\nthe sweep of #3"));
  CHECK(y.value() < 0);
}

TEST_CASE("node shows formula, operands, partials and users") {
  Neuron it;
  it.tape.backward(it.L);
  it.run("step");
  CHECK(it.run("node n1.pa") ==
        "#3 n1.pa = mul(#1, #2) = 1\n"
        "  formula   y = a * b\n"
        "  a         #1 w = 0.5   ∂/∂a = b = 2\n"
        "  b         #2 x = 2   ∂/∂b = a = 0.5\n"
        "  adjoint   -0.200249, by the last sweep\n"
        "  adjoint   0, in this stepping after 1 step\n"
        "  used in   #4 n1.a = tanh(#3) = 0.761594");
  CHECK(contains(it.run("node 5"), "  b         1, a constant\n"));
}

TEST_CASE("operands of sums have the formula of their kind") {
  Tape tape;
  std::vector<Value> v;
  for (int k = 1; k <= 9; ++k) v.push_back(tape.variable(k));
  weighted_sum(std::span(v).first(4), std::span(v).subspan(4, 4), v[8]);  // #10
  norm(std::span(v).first(5));                                            // #11
  Session session(tape);
  const std::string sum = session.run("node 10");
  CHECK_FALSE(contains(sum, "formula"));  // of two summands, it would not be this one
  CHECK(contains(sum, "w[3]      #4 = 4   ∂/∂w[3] = x[3] = 8\n"));
  CHECK(contains(sum, "x[1]      #6 = 6   ∂/∂x[1] = w[1] = 2\n"));
  CHECK(contains(sum, "b         #9 = 9   ∂/∂b = 1"));
  CHECK(contains(session.run("node 11"), "∂/∂x[4] = select(y == 0, 0, x[4] / y) = "));
}

TEST_CASE("list shows all, a range, a name and what is within, an operation, what is not finite") {
  Neuron it;
  const std::string w = "#1 w = variable = 0.5", x = "#2 x = variable = 2",
                    pa = "#3 n1.pa = mul(#1, #2) = 1", a = "#4 n1.a = tanh(#3) = 0.761594";
  CHECK(it.run("list").starts_with(w + '\n' + x + '\n' + pa));
  CHECK(it.run("list 2-3") == x + '\n' + pa);
  CHECK(it.run("list #2 - #3") == x + '\n' + pa);
  CHECK(it.run("list 4") == a);
  CHECK(it.run("list w") == w);
  CHECK(it.run("list n1") == pa + '\n' + a);
  CHECK(it.run("list op=tanh") == a);
  CHECK(it.run("list nan") == "no value or adjoint is NaN or infinite");
  CHECK(it.run("users w") == pa);
  CHECK(it.run("users L") == "#6 L is used in no other node");
  const Value bad = log(it.w - 0.5);
  CHECK(it.run("list nan") == "#8 log(#7) = -inf");
  CHECK(bad.value() < 0);
  CHECK(contains(refusal(it.session, "list op=sin"), "no node is a sin"));
  CHECK(contains(refusal(it.session, "list n2"), "no node is called 'n2'"));
}

TEST_CASE("a long tape is listed in part") {
  Tape tape;
  for (int k = 0; k < 250; ++k) tape.variable(k);
  Session session(tape);
  CHECK(
      session.run("list").ends_with("#100 variable = 99\n... and 150 more; `list FROM-TO` shows "
                                    "any of them"));
  CHECK(session.run("list op=variable").ends_with("#100 variable = 99\n... and 150 more"));
  CHECK(session.run("list 249-999") == "#249 variable = 248\n#250 variable = 249");
}

TEST_CASE("the output is where the last sweep began, else the last node, unless one is chosen") {
  Neuron it;
  CHECK(it.run("output") == "the output is #6 L = mul(#5, #5) = 0.0568373");
  it.tape.backward(it.a);
  CHECK(it.run("output") == "the output is #4 n1.a = tanh(#3) = 0.761594");
  CHECK(it.run("output L") == "the output is #6 L = mul(#5, #5) = 0.0568373");
  CHECK(it.run("output") == "the output is #6 L = mul(#5, #5) = 0.0568373");
}

TEST_CASE("the commands of other parts are asked about the right nodes") {
  Neuron it;
  CHECK(contains(it.run(""), "nodes: 6"));
  CHECK(it.run("") == it.run("overview"));
  CHECK(it.run("tree").starts_with(it.run("tree L")));
  CHECK_FALSE(contains(it.run("tree L 1"), "n1.pa"));
  CHECK(contains(it.run("tree n1.a"), "n1.pa"));
  CHECK(contains(it.run("why w"), "-0.400497"));
  CHECK(contains(it.run("why w of n1.pa"), "1 path"));
  CHECK(contains(it.run("nan"), "finite"));
  CHECK_FALSE(it.run("audit").empty());
  CHECK(contains(it.run("source w"), "TAPEGRAD_LOCATIONS=1"));
}

TEST_CASE("save, snapshot, diff and dot") {
  Neuron it;
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const std::string file = (folder / "tapegrad session_test.tape").string();
  CHECK(it.run("save " + file) == file + " has the 6 nodes");
  CHECK(refusal(it.session, "diff").starts_with("there is no snapshot"));
  CHECK(it.run("snapshot") == "snapshot of 6 nodes; `diff` compares with it");
  const std::string same = it.run("diff");
  CHECK(it.run("diff " + file) == same);
  exp(it.L);
  CHECK(contains(it.run("diff"), "#7"));
  CHECK(it.run("diff") != same);
  const std::unique_ptr<Tape> loaded = load_tape(file);
  Session other(*loaded);
  CHECK(contains(other.run("finish"), "#1 w = variable = 0.5  adjoint -0.400497"));
  std::filesystem::remove(file);
  CHECK_THROWS_AS(it.run("diff " + file), FileError);

  const std::string graph = (folder / "tapegrad_session_test.dot").string();
  CHECK(contains(it.run("dot n1.a " + graph), graph));
  CHECK(std::filesystem::file_size(graph) > 50);
  std::filesystem::remove(graph);
  CHECK_THROWS_AS(it.run("dot L " + (folder / "no-such-folder/graph").string()), FileError);
  CHECK(contains(refusal(it.session, "dot L"), "give a node and a file"));
}

TEST_CASE("words may be cut short where only one is meant") {
  Neuron it;
  CHECK(it.run("fin") == it.run("finish"));
  CHECK(it.run("ov") == it.run("overview"));
  CHECK(it.run("break L").starts_with("breakpoint 1"));  // not breaks
  CHECK(refusal(it.session, "w") == "'w' may be why, where, watch");
  CHECK(refusal(it.session, "jump") == "'jump' is no command; `help` lists them");
}

TEST_CASE("a bad argument is refused with what to do") {
  Neuron it;
  CHECK(refusal(it.session, "step x") ==
        "'x' is no number of steps: give a whole number from 1 on");
  CHECK(contains(refusal(it.session, "step 0"), "'0'"));
  CHECK(contains(refusal(it.session, "step -1"), "'-1'"));
  CHECK(refusal(it.session, "node") == "which node? Give its number, #7, or its name");
  CHECK(contains(refusal(it.session, "node 7"), "1 to 6"));
  CHECK(contains(refusal(it.session, "node #0"), "1 to 6"));
  CHECK(contains(refusal(it.session, "node 99999999999999999999"), "no node is called"));
  CHECK(refusal(it.session, "node a") == "no node is called 'a'; there is n1.pa, n1.a");
  CHECK(contains(refusal(it.session, "finish now"), "takes no argument"));
  CHECK(contains(refusal(it.session, "save"), "which file?"));
  it.run("step");  // to a node without a name
  for (const char* line : {"next", "until", "watch", "break"}) {
    CAPTURE(line);
    CHECK(contains(refusal(it.session, line), "which node?"));
  }
  Tape empty;
  Session session(empty);
  for (const char* line : {"step", "why x", "output", "node 1", "tree", "nan", "audit", "where"}) {
    CAPTURE(line);
    CHECK(contains(refusal(session, line), "no"));
  }
  CHECK(session.run("list") == "the tape is empty");
}

TEST_CASE("names of several words, and in quotes") {
  Tape tape;
  tape.variable(1, "two words");
  tape.variable(2, "7");
  Session session(tape);
  CHECK(session.run("list two words") == "#1 two words = variable = 1");
  CHECK(session.run("users 'two words'").starts_with("#1 two words is used"));
  CHECK(session.run("users '7'").starts_with("#2 7 is used"));
}

TEST_CASE("help knows every command") {
  Neuron it;
  const std::string all = it.run("help");
  for (const std::string& name : it.session.complete("")) {
    CAPTURE(name);
    CHECK(contains(all, "\n  " + name + " "));
    CHECK(it.run("help " + name).starts_with(name));
  }
  CHECK(it.run("help watch") ==
        "watch NODE: stops after each step that changes a node's adjoint\n"
        "A NODE is #7, 7 or a name; of nodes of the same name the last.");
  CHECK(contains(refusal(it.session, "help jump"), "no command"));
}

TEST_CASE("the last word of a line is completed: commands, names, operations") {
  Neuron it;
  const Session& session = it.session;
  CHECK(session.complete("re") == Words{"restart"});
  CHECK(session.complete("  re") == Words{"restart"});
  CHECK(session.complete("tree n") == Words{"n1.a", "n1.pa"});
  CHECK(session.complete("until ") == Words{"L", "n1.a", "n1.pa", "nan", "w", "x"});
  CHECK(session.complete("b op=") == Words{"op=mul", "op=sub", "op=tanh", "op=variable"});
  CHECK(session.complete("why w of n") == Words{"n1.a", "n1.pa"});
  CHECK(session.complete("help br") == Words{"break", "breaks"});
  CHECK(session.complete("jump ").empty());
  CHECK(it.run("complete tree n") == "n1.a\nn1.pa");
  CHECK(it.run("complete node ") == "L\nn1.a\nn1.pa\nw\nx");
  CHECK(it.run("complete fi") == "finish");
}

TEST_CASE("an error of a user's operation comes through, and the session goes on") {
  struct Failing : External {
    std::string_view name() const override { return "failing"; }
    void pull_back(std::span<const double>, std::span<const double>,
                   std::span<double>) const override {
      throw std::runtime_error("cannot");
    }
  };
  Tape tape;
  const Value x = tape.variable(1, "x");
  const std::vector<double> results = {2};
  const Value y = tape.external(std::make_shared<Failing>(), std::span(&x, 1), results)[0];
  exp(y);
  Session session(tape);
  CHECK_THROWS_WITH(session.run("finish"), "cannot");
  CHECK(session.run("where") == "after 1 step at #2 failing(#1)");
}

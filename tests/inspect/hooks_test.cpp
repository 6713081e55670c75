// Functions that a tape calls.

#include "tapegrad/inspect/hooks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/core/error.hpp"

using namespace tapegrad;

namespace {

std::string text(const Node& node, double adjoint) {
  return std::to_string(node.index()) + "=" + std::to_string(static_cast<int>(adjoint)) + " ";
}

}  // namespace

TEST_CASE("a hook on recording sees every node once, and none after its handle is gone") {
  Tape tape;
  std::string seen;
  {
    const Hook hook =
        on_record(tape, [&](Node node) { seen += std::string(node.operation()) + " "; });
    const Value x = tape.variable(2);
    tanh(x) + x;
  }
  tape.variable(3);
  CHECK(seen == "variable tanh add ");
}

TEST_CASE("hooks on recording choose by operation and by index, also after a clear()") {
  Tape tape;
  std::vector<std::size_t> products, seconds;
  const Hook by_op =
      on_record(tape, [&](Node node) { products.push_back(node.index()); }, {.op = Op::Mul});
  const Hook by_node =
      on_record(tape, [&](Node node) { seconds.push_back(node.index()); }, {.node = 2});
  for (int round = 0; round < 2; ++round) {
    const Value x = tape.variable(2);
    x* x + x * 3.0;
    tape.clear();
  }
  CHECK(products == std::vector<std::size_t>{2, 3, 2, 3});
  CHECK(seconds == std::vector<std::size_t>{2, 2});
}

TEST_CASE("where a hook on recording throws, the node is taken back") {
  Tape tape;
  const Value x = tape.variable(2);
  const Hook hook = on_record(tape, [](Node) { throw Error("no"); }, {.op = Op::Log});
  CHECK_THROWS_WITH_AS(log(x), "no", Error);
  CHECK(tape.size() == 1);
  x + 1;
  CHECK(tape.size() == 2);
}

TEST_CASE("a hook on sweeping sees every node from the output down, with its whole adjoint") {
  Tape tape;
  const Value x = tape.variable(3), unused = tape.variable(1);
  const Value y = x * x + x;
  std::string seen;
  const Hook hook =
      on_sweep(tape, [&](Node node, double& adjoint) { seen += text(node, adjoint); });
  tape.backward(y);
  CHECK(seen == "4=1 3=1 2=0 1=7 ");
  CHECK(unused.grad() == 0);
}

TEST_CASE("hooks on sweeping choose by operation, by name and by node; several must all fit") {
  Tape tape;
  const Value x = tape.variable(3, "x");
  const Value y = x * x, z = x * y;
  tape.name(y, "y");
  std::string by_op, by_name, by_node, by_all;
  const auto write = [](std::string& to) {
    return [&to](Node node, double& adjoint) { to += text(node, adjoint); };
  };
  const Hook hooks[] = {on_sweep(tape, write(by_op), {.op = Op::Mul}),
                        on_sweep(tape, write(by_name), {.name = "y"}),
                        on_sweep(tape, write(by_node), {.node = x.node()}),
                        on_sweep(tape, write(by_all), {.op = Op::Mul, .name = "x", .node = 1})};
  tape.backward(z);
  CHECK(by_op == "3=1 2=3 ");
  CHECK(by_name == "2=3 ");
  CHECK(by_node == "1=27 ");
  CHECK(by_all.empty());
}

TEST_CASE("a hook clips the gradient at a node, and what is below follows") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x;
  const Value z = 1000 * y;
  const Hook clip =
      on_adjoint(y, [](Node, double& adjoint) { adjoint = std::clamp(adjoint, -1.0, 1.0); });
  tape.backward(z);
  CHECK(y.grad() == 1);
  CHECK(x.grad() == 6);
  CHECK(z.grad() == 1);
}

TEST_CASE("a hook is called for an adjoint of zero, and may replace it") {
  Tape tape;
  const Value x = tape.variable(-3);
  const Value y = relu(x);
  const Hook leak = on_adjoint(x, [](Node node, double& adjoint) {
    CHECK(node.value() == -3);
    if (adjoint == 0) adjoint = 0.5;
  });
  tape.backward(y);
  CHECK(x.grad() == 0.5);
}

TEST_CASE("hooks of one node run in the order in which they were added, whatever their kind") {
  Tape tape;
  const Value x = tape.variable(1);
  const Value y = 5 * x;
  std::string order;
  const auto write = [&](char letter) {
    return [&order, letter](Node, double& adjoint) {
      order += letter;
      adjoint *= 10;
    };
  };
  const Hook a = on_adjoint(x, write('a'));
  const Hook b = on_sweep(tape, write('b'), {.op = Op::Leaf});
  Hook c = on_adjoint(x, write('c'));
  const Hook d = on_adjoint(x, write('d'));
  tape.backward(y);
  CHECK(order == "abcd");
  CHECK(x.grad() == 50000);
  c.remove();
  c.remove();
  tape.backward(y);
  CHECK(order == "abcdabd");
}

TEST_CASE("a handle moves, and an assigned one lets go of the hook it had") {
  Tape tape;
  const Value x = tape.variable(1);
  int first = 0, second = 0;
  Hook hook = on_adjoint(x, [&](Node, double&) { ++first; });
  CHECK(hook.is_there());
  Hook other = std::move(hook);
  tape.backward(x);
  hook = on_adjoint(x, [&](Node, double&) { ++second; });
  other = std::move(hook);
  tape.backward(x);
  CHECK(first == 1);
  CHECK(second == 1);
  CHECK(!Hook().is_there());
  Hook().remove();
}

TEST_CASE("the last hook that goes leaves the tape to the fast paths again") {
  Tape tape;
  tape.variable(1);
  const auto capacity = [&] { return tape.recording().slot().capacity; };
  const auto before = capacity();
  {
    const Hook record = on_record(tape, [](Node) {});
    const Hook sweep = on_sweep(tape, [](Node, double&) {});
    CHECK(capacity() == 0);
    CHECK(tape.watch()->observers.size() == 2);
  }
  CHECK(capacity() == before);
  CHECK(tape.watch()->observers.empty());
}

TEST_CASE("clear() and rewind() take the hooks of the nodes they take, and no others") {
  Tape tape;
  int calls = 0, all = 0;
  const auto count = [&](Node, double&) { ++calls; };
  const Value x = tape.variable(1);
  const Hook of_x = on_adjoint(x, count);
  const Hook of_all = on_sweep(tape, [&](Node, double&) { ++all; });
  Mark mark = tape.mark();
  Hook of_y = on_adjoint(x + 1, count);
  CHECK(of_y.is_there());
  tape.rewind(mark);
  CHECK(!of_y.is_there());
  const Value z = x + 2;
  tape.backward(z);
  CHECK(calls == 1);
  CHECK(all == 2);
  of_y.remove();
  tape.clear();
  CHECK(!of_x.is_there());
  CHECK(of_all.is_there());
  tape.backward(tape.variable(1));
  CHECK(calls == 1);
  CHECK(all == 3);
}

TEST_CASE("hooks may remove themselves and others, and add some, while they run") {
  Tape tape;
  const Value x = tape.variable(1);
  const Value y = x + 1;
  const Hook keeps_the_table = on_sweep(tape, [](Node, double&) {});
  std::string seen;
  std::optional<Hook> self, other, added;
  self = on_sweep(tape, [&](Node node, double&) {
    seen += "self" + std::to_string(node.index()) + " ";
    other.reset();
    added = on_sweep(tape, [&](Node n, double&) { seen += "added" + std::to_string(n.index()); });
    self.reset();
  });
  other = on_sweep(tape, [&](Node, double&) { seen += "other "; });
  tape.backward(y);
  CHECK(seen == "self2 added1");
}

TEST_CASE("the last hook may remove itself while it runs, in a sweep and while recording") {
  Tape tape;
  int calls = 0;
  std::optional<Hook> self;
  self = on_record(tape, [&](Node) {
    ++calls;
    self.reset();
  });
  const Value x = tape.variable(1);
  const Value y = x + 1;
  CHECK(calls == 1);
  self = on_sweep(tape, [&](Node, double&) {
    ++calls;
    self.reset();
  });
  tape.backward(y);
  tape.backward(y);
  CHECK(calls == 2);
  CHECK(x.grad() == 1);
  CHECK(tape.watch()->observers.empty());
}

TEST_CASE("a hook may outlive its tape") {
  Hook hook, other;
  {
    Tape tape;
    const Value x = tape.variable(1);
    hook = on_adjoint(x, [](Node, double&) {});
    other = on_record(tape, [](Node) {});
    CHECK(hook.is_there());
  }
  CHECK(!hook.is_there());
  hook.remove();
}

TEST_CASE("a variable has its name when a hook hears of it") {
  Tape tape;
  std::vector<std::string> lines;
  const Hook hook =
      on_record(tape, [&](Node node) { lines.push_back(to_string(node)); }, {.name = "w"});
  tape.variable(1, "v");
  tape.variable(2, "w");
  tape.variable(3);
  CHECK(lines == std::vector<std::string>{"#2 w = variable = 2"});
  const Hook refuses = on_record(tape, [](Node) { throw Error("no"); }, {.name = "u"});
  CHECK_THROWS_WITH_AS(tape.variable(4, "u"), "no", Error);
  CHECK(to_string(tape.node(tape.variable(5).node())) == "#4 variable = 5");
}

TEST_CASE("where a hook throws in a sweep, all adjoints are as before, and hooks stay") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x;
  tape.backward(y);
  int calls = 0;
  const Hook hook = on_adjoint(x, [&](Node, double& adjoint) {
    adjoint = 100;
    if (++calls == 1) throw Error("stop");
  });
  CHECK_THROWS_WITH_AS(tape.backward(y, 7), "stop", Error);
  CHECK(x.grad() == 6);
  CHECK(y.grad() == 1);
  tape.backward(y);
  CHECK(x.grad() == 100);
}

TEST_CASE("hooks of several sweeps and accumulate() see what each sweep makes") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x;
  std::vector<double> seen;
  const Hook hook = on_adjoint(x, [&](Node, double& adjoint) { seen.push_back(adjoint); });
  tape.backward(y);
  tape.accumulate(y);
  CHECK(seen == std::vector<double>{6, 12});
}

TEST_CASE("hooks of two tapes keep apart") {
  Tape outer;
  const Value x = outer.variable(1);
  int of_outer = 0, of_inner = 0;
  const Hook a = on_sweep(outer, [&](Node, double&) { ++of_outer; });
  Tape inner;
  const Value z = inner.variable(2);
  const Hook b = on_adjoint(z, [&](Node, double&) { ++of_inner; });
  const Hook c = on_adjoint(x, [&](Node, double&) { ++of_outer; });  // on the tape further down
  inner.backward(z);
  CHECK(of_outer == 0);
  outer.backward(x);
  CHECK(of_outer == 2);
  CHECK(of_inner == 1);
}

TEST_CASE("hooks that cannot be are refused") {
  Tape tape;
  const Value x = tape.variable(1);
  CHECK_THROWS_WITH_AS((void)on_record(tape, {}), "on_record: there is no function to call",
                       ArgumentError);
  CHECK_THROWS_WITH_AS((void)on_adjoint(x, {}), "on_sweep: there is no function to call",
                       ArgumentError);
  const auto nothing = [](Node, double&) {};
  CHECK_THROWS_AS((void)on_adjoint(Value(2), nothing), UnsupportedError);
  CHECK_THROWS_AS((void)on_sweep(tape, nothing, {.node = 2}), ArgumentError);
  tape.clear();
  CHECK_THROWS_AS((void)on_adjoint(x, nothing), StaleValueError);
  CHECK((tape.watch() == nullptr || tape.watch()->observers.empty()));
}

TEST_CASE("a hundred thousand hooks go without the time growing faster than they do") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector<double>(100'000, 1.0));
  std::size_t calls = 0;
  std::vector<Hook> hooks;
  for (const Value xi : x) hooks.push_back(on_adjoint(xi, [&](Node, double&) { ++calls; }));
  tape.backward(sum(x));
  CHECK(calls == x.size());
  hooks.clear();  // minutes if each looked through all
  tape.backward(x.back());
  CHECK(calls == x.size());
}

#include "tapegrad/core/observer.hpp"

#include <doctest/doctest.h>
#include <stdio.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

// Writes down what it is told.
class Diary : public Observer {
 public:
  bool sees_recording() const override { return true; }
  bool sees_sweep() const override { return true; }
  void recorded(const Node& node) override {
    if (node.index() == refused) throw Error("refused");
    text += "+" + std::to_string(node.index()) + ":" + std::string(node.operation()) + " ";
  }
  void adjoint_ready(const Node& node, double& adjoint) override {
    text += std::to_string(node.index()) + "=" + std::to_string(static_cast<int>(adjoint)) + " ";
    if (node.index() == replaced) adjoint = 10;
    if (node.index() == refused) throw Error("refused");
  }
  void taken_back(std::size_t end) override { text += "-" + std::to_string(end) + " "; }

  std::size_t refused = 0;
  std::size_t replaced = 0;
  std::string text;
};

// Wants to be told, and listens to nothing.
class Deaf : public Observer {
 public:
  bool sees_recording() const override { return true; }
  bool sees_sweep() const override { return true; }
};

class Twice : public External {
 public:
  std::string_view name() const override { return "twice"; }
  void pull_back(std::span<const double>, std::span<const double> results,
                 std::span<double> operands) const override {
    operands[0] += 2 * results[0];
  }
};

// Every way to record, and the number of nodes it makes.
void record_everything(Tape& tape) {
  const Value x = tape.variable(1);
  const Value y = tape.variable(2, "y");
  const Value two = 2;
  Value all[2];
  tape.variables(std::vector<double>{3, 4}, all);
  Value z = x + y;
  z += 1.0;
  z = 2.0 * z * two;
  z = two - exp(z);
  z = fma(x, y, z);
  z = sum(std::vector{x, y, z});
  z = select(is_less(x, y), x, z);
  z = tape.external(std::make_shared<Twice>(), std::vector{z}, std::vector{2.0})[0];
}
constexpr std::size_t nodes_of_everything = 16;

// What this program prints of the test below, with `settings` in its environment.
doctest::String said_by_a_tape_with(const std::string& settings) {
  const std::string command =
      settings + " /proc/" + std::to_string(getpid()) +
      "/exe --no-skip --no-colors --test-case='a tape as its environment*' 2>&1";
  FILE* const program = popen(command.c_str(), "r");
  REQUIRE(program != nullptr);
  std::string text(100000, ' ');
  text.resize(fread(text.data(), 1, text.size(), program));
  pclose(program);
  return {text.data(), static_cast<unsigned>(text.size())};
}

}  // namespace

TEST_CASE("an observer is told of every node, however it was recorded, and of no other") {
  Tape tape;
  record_everything(tape);
  REQUIRE(tape.size() == nodes_of_everything);
  tape.clear();
  Diary diary;
  tape.add_observer(diary);
  record_everything(tape);
  tape.remove_observer(diary);
  record_everything(tape);
  CHECK(diary.text ==
        "+1:variable +2:variable +3:variable +4:variable +5:add +6:add +7:mul +8:mul +9:exp "
        "+10:sub +11:fma +12:sum +13:less +14:select +15:twice +16:result ");
}

TEST_CASE("a tape that is watched records what it would record otherwise") {
  Tape tape;
  record_everything(tape);
  const std::size_t bytes = tape.recording().used_bytes();
  std::vector<std::string> lines;
  for (const Node node : tape.nodes()) lines.push_back(to_string(node));
  tape.clear();
  Diary diary;
  tape.add_observer(diary);
  record_everything(tape);
  tape.remove_observer(diary);
  CHECK(tape.recording().used_bytes() == bytes);
  for (const Node node : tape.nodes()) CHECK(to_string(node) == lines[node.index() - 1]);
}

TEST_CASE("observers that want nothing or do nothing change nothing, and outlive their tape") {
  Observer nobody;
  Deaf deaf;
  for (Observer* observer : {&nobody, static_cast<Observer*>(&deaf)}) {
    Tape tape;
    tape.add_observer(*observer);
    record_everything(tape);
    CHECK(tape.size() == nodes_of_everything);
    tape.clear();
    const Value x = tape.variable(3);
    tape.backward(x * x);
    CHECK(x.grad() == 6);
  }
}

TEST_CASE("who wants to see sweeps alone is told nothing of a recording that others watch") {
  class OfSweeps : public Diary {
   public:
    bool sees_recording() const override { return false; }
  };
  Tape tape;
  Diary all;
  OfSweeps some;
  tape.add_observer(some);
  tape.add_observer(all);
  const Value x = tape.variable(3);
  tape.backward(x * x);
  CHECK(all.text == "+1:variable +2:mul 2=1 1=6 ");
  CHECK(some.text == "2=1 1=6 ");
  tape.remove_observer(all);
  tape.remove_observer(some);
}

TEST_CASE("where an observer throws, the node is taken back, and the others are told") {
  for (std::size_t refused = 1; refused <= nodes_of_everything; ++refused) {
    CAPTURE(refused);
    Tape tape;
    Diary diary;
    tape.add_observer(diary);
    diary.refused = refused;
    CHECK_THROWS_WITH_AS(record_everything(tape), "refused", Error);
    // Leaves made together, and an operation with its results, go together.
    const std::size_t first = refused == 4 ? 3 : refused == 16 ? 15 : refused;
    CHECK(tape.size() == first - 1);
    CHECK(diary.text.ends_with("-" + std::to_string(first) + " "));
    diary.refused = 0;
    tape.clear();
    record_everything(tape);
    CHECK(tape.size() == nodes_of_everything);
    tape.remove_observer(diary);
  }
}

TEST_CASE("whoever leaves while others are told, each is told once") {
  struct Remover : Diary {
    void recorded(const Node& node) override {
      Diary::recorded(node);
      for (Observer* const one : leaving) const_cast<Tape&>(node.tape()).remove_observer(*one);
      leaving.clear();
    }
    std::vector<Observer*> leaving;
  };
  Tape tape;
  Diary first, second, last;
  Remover remover;
  remover.leaving = {&second, &first, &remover};
  for (Observer* const one : {static_cast<Observer*>(&first), static_cast<Observer*>(&second),
                              static_cast<Observer*>(&remover), static_cast<Observer*>(&last)})
    tape.add_observer(*one);
  tape.variable(1);
  tape.variable(2);
  const std::string once = "+1:variable ";
  CHECK(first.text == once);
  CHECK(second.text == once);
  CHECK(remover.text == once);
  CHECK(last.text == once + "+2:variable ");
  tape.remove_observer(last);
}

TEST_CASE("clear() and rewind() say what they take back") {
  Tape tape;
  Diary diary;
  tape.add_observer(diary);
  const Value x = tape.variable(1);
  {
    Mark mark = tape.mark();
    x + 1;
    tape.rewind(mark);
    x + 2;
  }
  tape.clear();
  CHECK(diary.text == "+1:variable +2:add -2 +2:add -2 -1 ");
  tape.remove_observer(diary);
}

TEST_CASE("in a sweep an observer sees each adjoint when it is complete, and may replace it") {
  Tape tape;
  const Value x = tape.variable(3), unused = tape.variable(5);
  const Value y = x * x;
  const Value z = y + x;
  Diary diary;
  tape.add_observer(diary);
  tape.backward(z);
  CHECK(diary.text == "4=1 3=1 2=0 1=7 ");
  CHECK(x.grad() == 7);
  diary.replaced = y.node();
  tape.backward(z);
  CHECK(x.grad() == 61);
  CHECK(y.grad() == 10);
  CHECK(unused.grad() == 0);
  tape.remove_observer(diary);
}

TEST_CASE("where an observer throws in a sweep, the adjoints are as before") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x;
  tape.backward(y);
  Diary diary;
  tape.add_observer(diary);
  diary.refused = x.node();
  CHECK_THROWS_WITH_AS(tape.backward(y, 5), "refused", Error);
  CHECK_THROWS_WITH_AS(tape.accumulate(y, 5), "refused", Error);
  CHECK(x.grad() == 6);
  CHECK(y.grad() == 1);
  tape.remove_observer(diary);
}

TEST_CASE("the address of the caller is kept where it was asked for, and goes with the node") {
  Tape tape;
  const Value before = tape.variable(1);
  tape.record_locations();
  Value x = tape.variable(2);
  Value y = x + 1;
  const Value z = x + 2;
  CHECK(tape.caller(0) == nullptr);
  CHECK(tape.caller(before.node()) == nullptr);
  CHECK(tape.caller(x.node()) != nullptr);
  CHECK(tape.caller(y.node()) != nullptr);
  CHECK(tape.caller(y.node()) != tape.caller(z.node()));
  CHECK(tape.caller(99) == nullptr);
  tape.record_locations(false);
  y = before + x;
  CHECK(tape.caller(y.node()) == nullptr);
  tape.clear();
  tape.variable(1);
  CHECK(tape.caller(1) == nullptr);
}

TEST_CASE("all that a library function records counts as recorded by its caller") {
  Tape tape;
  tape.record_locations();
  const std::vector<Value> x = tape.variables(std::vector<double>{1, 2});
  const auto y = softmax(x);
  CHECK(tape.caller(3) != nullptr);
  for (std::size_t node = 4; node <= tape.size(); ++node)
    CHECK(tape.caller(node) == tape.caller(3));
  {
    const CallerScope outer(&tape);
    const CallerScope inner(&x);
    y[0] + 1;
  }
  y[0] + 1;
  CHECK(tape.caller(tape.size() - 1) == &tape);
  CHECK(tape.caller(tape.size()) != &tape);
}

TEST_CASE("a node to break at leaves all others on the fast path, and comes again after clear()") {
  Tape tape;
  const auto capacity = [&] { return tape.recording().slot().capacity; };
  tape.break_at(3);
  for (int round = 0; round < 2; ++round) {
    const Value x = tape.variable(1);
    const Value y = x + 1;
    CHECK(capacity() == 3);
    y + 2;
    CHECK(capacity() > 3);
    tape.clear();
  }
  tape.break_at(0);
  tape.variable(1);
  CHECK(capacity() > 3);
}

TEST_CASE("a tape as its environment wants it" * doctest::skip()) {
  Tape tape;
  tape.variable(1);
  MESSAGE("location kept: ", tape.caller(1) != nullptr);
}

TEST_CASE("settings in the environment are heeded, and those that say nothing are refused") {
  const doctest::Contains kept("location kept: true");
  const doctest::Contains not_kept("location kept: false");
  CHECK(said_by_a_tape_with("TAPEGRAD_LOCATIONS=1") == kept);
  for (const char* settings :
       {"", "TAPEGRAD_LOCATIONS=0", "TAPEGRAD_LOCATIONS= TAPEGRAD_BREAK_AT= TAPEGRAD_PLAIN_SWEEP=",
        "TAPEGRAD_BREAK_AT=1", "TAPEGRAD_PLAIN_SWEEP=0", "TAPEGRAD_PLAIN_SWEEP=1"})
    CHECK(said_by_a_tape_with(settings) == not_kept);

  for (const std::string setting : {"TAPEGRAD_LOCATIONS=yes", "TAPEGRAD_PLAIN_SWEEP=on"})
    CHECK(said_by_a_tape_with(setting) ==
          doctest::Contains((setting + "; set it to 1, or to nothing").c_str()));
  for (const std::string setting : {"abc", "7x", "-1", "99999999999999999999"})
    CHECK(said_by_a_tape_with("TAPEGRAD_BREAK_AT=" + setting) ==
          doctest::Contains(("TAPEGRAD_BREAK_AT=" + setting + "; set it to the index").c_str()));
}

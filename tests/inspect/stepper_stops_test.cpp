// Breakpoints and watches of the Stepper.

#include <doctest/doctest.h>

#include <cstddef>

#include "tapegrad/core.hpp"
#include "tapegrad/inspect/stepper.hpp"

using namespace tapegrad;

namespace {

// log(p) with p = x·x - 4 = 0: the fault is at #4.
struct Fault {
  Tape tape;
  Value x = tape.variable(2, "x");  // #1
  Value square = x * x;             // #2
  Value p = square - 4.0;           // #3
  Value l = log(p);                 // #4
  Value y = l * 0.5;                // #5
  Fault() {
    tape.name(p, "p");
    tape.name(y, "y");
  }
};

}  // namespace

TEST_CASE("run() comes to each breakpoint, and then to the end") {
  Fault fault;
  Stepper stepper(fault.y);
  const std::size_t at_node = stepper.break_at(fault.square);
  const std::size_t at_name = stepper.break_at_name("x");
  const std::size_t at_log = stepper.break_at_operation("log");
  const std::size_t if_half = stepper.break_if(
      [](const Node& node, double adjoint) { return node.index() != 5 && adjoint == 0.5; }, "half");
  Stop stop = stepper.run();
  CHECK(stop.reason == Stop::Reason::breakpoint);
  CHECK(stop.number == at_log);
  CHECK(stop.text == "breakpoint 3, op=log; breakpoint 4, half");
  CHECK(stepper.cursor()->index() == 4);
  CHECK(stepper.steps() == 1);

  stop = stepper.run();
  CHECK(stop.number == at_node);
  CHECK(stepper.cursor()->index() == 2);
  stop = stepper.run();  // a variable: nothing to sweep, but somebody asked
  CHECK(stop.number == at_name);
  CHECK(stop.text == "breakpoint 2, x");
  CHECK_FALSE(stepper.at_end());
  CHECK_FALSE(stepper.next());
  CHECK(stepper.at_end());
  stop = stepper.run();
  CHECK(stop.reason == Stop::Reason::end);
  CHECK(stop.text == "end of the sweep: all adjoints are complete");

  stepper.restart();
  for (const std::size_t number : {at_node, at_name, at_log, if_half}) stepper.remove(number);
  CHECK(stepper.breakpoints().empty());
  CHECK_THROWS_AS(stepper.remove(at_log), ArgumentError);
  CHECK(stepper.run().reason == Stop::Reason::end);
}

TEST_CASE("run(n) does n steps, unless a breakpoint comes before") {
  Fault fault;
  Stepper stepper(fault.y);
  Stop stop = stepper.run(2);
  CHECK(stop.reason == Stop::Reason::steps);
  CHECK(stop.text == "at #3 p");
  CHECK(stepper.steps() == 2);
  stepper.restart();
  stepper.break_at_operation("log");
  CHECK(stepper.run(3).reason == Stop::Reason::breakpoint);
  CHECK(stepper.steps() == 1);
  CHECK(stepper.run(3).reason == Stop::Reason::end);  // all that is left
  CHECK(stepper.steps() == 4);
}

TEST_CASE("a watch stops after each step that changes the adjoint") {
  Tape tape;
  const Value w = tape.variable(2, "w");
  const Value a = w * 3.0, b = exp(w) * 0.0;  // b hands 0 to exp(w): that changes nothing
  Stepper stepper(a * w + b);
  stepper.watch(w);
  Stop stop = stepper.run();
  CHECK(stop.reason == Stop::Reason::watch);
  CHECK(stop.number == 1);
  CHECK(stop.text == "watch 1: adjoint(#1 w) 0 → 6");
  stop = stepper.run();
  CHECK(stop.text == "watch 1: adjoint(#1 w) 6 → 12");
  CHECK(stepper.run().reason == Stop::Reason::end);
  CHECK(to_string(stepper.breakpoints()[0]) == "watch #1 w");
}

TEST_CASE("the breakpoint for NaN and infinity stops where one comes from, once") {
  Fault fault;
  Stepper stepper(fault.y);
  stepper.break_at_non_finite();
  Stop stop = stepper.run();
  CHECK(stop.reason == Stop::Reason::non_finite);
  CHECK(stop.number == 1);
  CHECK(stop.text == "breakpoint 1, nan: #4 made adjoint(#3 p) inf");
  CHECK(stepper.swept()->index() == 4);
  CHECK(stepper.run().reason == Stop::Reason::end);

  stepper.restart();
  stepper.remove(1);
  stop = stepper.run_to_non_finite();
  CHECK(stop.reason == Stop::Reason::non_finite);
  CHECK(stop.number == 0);
  CHECK(stop.text == "#4 made adjoint(#3 p) inf");
  CHECK(stepper.run_to_non_finite().reason == Stop::Reason::end);
}

TEST_CASE("run_to() comes to a node, and says so if it is past") {
  Fault fault;
  Stepper stepper(fault.y);
  CHECK(stepper.run_to(fault.p).text == "at #3 p");
  CHECK(stepper.run_to(fault.p).reason == Stop::Reason::arrived);  // already there
  CHECK(stepper.steps() == 2);
  CHECK_THROWS_WITH_AS(stepper.run_to(fault.l),
                       "run_to: the sweep is past #4, whose adjoint is 0.5; go back, or restart",
                       ArgumentError);
  const Value later = exp(fault.y);
  CHECK_THROWS_WITH_AS(stepper.run_to(later),
                       "run_to: the sweep begins at #5 y, which was recorded before #6",
                       ArgumentError);
  CHECK(stepper.run_to(fault.x).reason == Stop::Reason::arrived);
  CHECK(stepper.cursor()->index() == 1);
  CHECK(stepper.back());
  CHECK(stepper.cursor()->index() == 2);
}

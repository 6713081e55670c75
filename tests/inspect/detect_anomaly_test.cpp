// The scope in which NaN and infinity throw.

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/inspect/anomaly.hpp"
#include "tapegrad/inspect/hooks.hpp"
#include "tapegrad/inspect/location.hpp"
#include "told.hpp"

using namespace tapegrad;
using tapegrad::testing::external;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// What is thrown, or "nothing".
std::string thrown(const std::function<void()>& f) {
  try {
    f();
  } catch (const AnomalyError& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("while recording, the operation throws at once, and its node is taken back") {
  Tape tape;
  const Value p = tape.variable(0, "p");
  const DetectAnomaly scope;
  CHECK(thrown([&] { log(p); }) ==
        "recording #2: log of 0: #2 = log(#1) = -inf, #1 p = 0\n"
        "  If a select() drops it later, look in sweeps only: DetectAnomaly(When::sweep)");
  CHECK(tape.size() == 1);
  CHECK(thrown([&] {
          tape.variable(not_a_number);
        }).starts_with("recording #2: a variable that is NaN"));
  CHECK(thrown([&] { tape.variable(not_a_number, "v"); }).starts_with("recording #2 v: "));
  CHECK(thrown([&] { sqrt(p); }).starts_with("recording #2: derivative of sqrt at 0 is infinite"));
  CHECK(thrown([&] { external(p, infinity, 1); }).find("the operation told returned inf") !=
        std::string::npos);
  CHECK(tape.size() == 1);
  tape.backward(exp(p));
  CHECK(p.grad() == 1);
}

TEST_CASE("the place in the source is part of the text, where the tape keeps it") {
  Tape tape;
  tape.record_locations();
  const Value p = tape.variable(0, "p");
  const auto place = location(log(p));
  const DetectAnomaly scope;
  const std::string text = thrown([&] { log(p); });
  CHECK((text.find("\n  recorded at ") != std::string::npos) == place.has_value());
  if (has_source_lines())
    CHECK(text.find("recorded at detect_anomaly_test.cpp:") != std::string::npos);
}

TEST_CASE("while recording, what began before the scope is named as the origin") {
  Tape tape;
  const Value p = tape.variable(0, "p");
  const Value log_p = log(p);
  const DetectAnomaly scope(tape);
  CHECK(thrown([&] { log_p + 1; }) ==
        "recording #3: log of 0: #2 = log(#1) = -inf, #1 p = 0\n"
        "  and from there: #2 → #3\n"
        "  If a select() drops it later, look in sweeps only: DetectAnomaly(When::sweep)");
}

TEST_CASE("what is finite again does not throw while recording") {
  Tape tape;
  const Value x = tape.variable(1), infinite = tape.variable(-infinity);
  const DetectAnomaly scope;
  CHECK(is_less(infinite, x).holds());
  CHECK(select(is_less(infinite, x), x, infinite).value() == 1);
  CHECK(max(x, infinite).value() == 1);
  CHECK(log_sum_exp(std::vector{x, infinite, Value(-infinity)}).value() == 1);
  CHECK(std::isinf((Value(infinity) * 2).value()));  // constants are not recorded
  CHECK(thrown([&] { infinite + x; }) != "nothing");
}

TEST_CASE("options choose what counts") {
  Tape tape;
  const Value x = tape.variable(0);
  {
    const DetectAnomaly scope({.infinity = false});
    CHECK(thrown([&] { log(x); }) == "nothing");
    CHECK(thrown([&] { log(x - 1); }) != "nothing");
  }
  {
    const DetectAnomaly scope({.partials = false});
    CHECK(thrown([&] { sqrt(x); }) == "nothing");
    CHECK(thrown([&] { log(x); }) != "nothing");
  }
  {
    const DetectAnomaly scope(When::sweep);
    CHECK(thrown([&] { log(x); }) == "nothing");
    tape.record_locations();  // somebody else wants to know what is recorded
    CHECK(thrown([&] { log(x); }) == "nothing");
    tape.record_locations(false);
  }
  {
    const Value y = log(x);
    const DetectAnomaly scope(When::recording);
    CHECK(thrown([&] { tape.backward(y); }) == "nothing");
  }
}

TEST_CASE("in a sweep the text names the origin, and the adjoints are as before") {
  Tape tape;
  const Value x = tape.variable(3, "x"), y = tape.variable(0, "y");
  const Value good = x * x;
  tape.backward(good);
  const Value bad = good + sqrt(y);
  const DetectAnomaly scope(When::sweep);
  const std::string text =
      "sweep: the adjoint of #2 y is inf\n"
      "derivative of sqrt at 0 is infinite: #4 = sqrt(#2) = 0, #2 y = 0\n"
      "  adjoint(#2 y) += adjoint(#4) · ∂#4/∂#2 = 1 · inf, and ∂#4/∂#2 = 1 / (2 * y)\n"
      "  reaches the gradient; its way to the output: #4 → #5";
  CHECK(thrown([&] { tape.backward(bad); }) == text);
  CHECK(thrown([&] { tape.accumulate(bad); }) == text);
  CHECK(x.grad() == 6);
  tape.backward(good, 2);
  CHECK(x.grad() == 12);
}

TEST_CASE("a loss that is NaN throws in the sweep, though all adjoints are finite") {
  Tape tape;
  const Value x = tape.variable(3, "x"), data = tape.variable(not_a_number, "data");
  const Value loss = x + data;
  const DetectAnomaly scope(When::sweep);
  CHECK(thrown([&] { tape.backward(loss); }) ==
        "sweep: the value of #3 is nan\n"
        "a variable that is NaN (data, or uninitialised): #2 data = nan\n"
        "  reaches the output: #2 data → #3");
}

TEST_CASE("what does no harm does not throw in a sweep, unless asked for") {
  Tape tape;
  const Value x = tape.variable(0);
  const Value unused = sqrt(x);
  const Value y = select(is_greater(x, 0), log(x), Value(0)) + 0 * sqrt(x) + x;
  CHECK(unused.value() == 0);
  {
    const DetectAnomaly scope(When::sweep);
    CHECK(thrown([&] { tape.backward(y); }) == "nothing");
    CHECK(x.grad() == 1);
  }
  const DetectAnomaly scope({.when = When::sweep, .masked = true});
  const std::string text = thrown([&] { tape.backward(y); });
  CHECK(text.find("masked: the adjoint of") != std::string::npos);
}

TEST_CASE("several seeds: the origin is found whichever output it belongs to") {
  Tape tape;
  const Value x = tape.variable(0, "x"), z = tape.variable(1);
  const Value bad = sqrt(x), good = z * z;
  const DetectAnomaly scope(When::sweep);
  const std::string text = thrown([&] { tape.backward({{bad, 3}, {good, 1}}); });
  CHECK(text ==
        "sweep: the adjoint of #1 x is inf\n"
        "derivative of sqrt at 0 is infinite: #3 = sqrt(#1) = 0, #1 x = 0\n"
        "  adjoint(#1 x) += adjoint(#3) · ∂#3/∂#1 = 3 · inf, and ∂#3/∂#1 = 1 / (2 * y)\n"
        "  reaches the gradient");
  CHECK(thrown([&] { tape.backward({{good, 1}}); }) == "nothing");
  CHECK(thrown([&] { tape.backward(good, not_a_number); }).find("the sweep starts with nan") !=
        std::string::npos);
}

TEST_CASE("it sees what a hook before it has left, and says when a hook made the NaN") {
  Tape tape;
  const Value x = tape.variable(0, "x");
  const Value y = 2 * x;
  Hook hook = on_adjoint(x, [](Node, double& adjoint) { adjoint = not_a_number; });
  const DetectAnomaly scope(When::sweep);
  CHECK(thrown([&] { tape.backward(y); }).find("a hook makes the adjoint nan") !=
        std::string::npos);
  hook = on_adjoint(x, [](Node, double& adjoint) { adjoint = 7; });
  CHECK(thrown([&] { tape.backward(y); }) == "nothing");
  CHECK(x.grad() == 7);
}

TEST_CASE("scopes nest, keep to their tape, and leave nothing behind") {
  Tape outer;
  const Value x = outer.variable(0);
  const auto capacity = [](const Tape& tape) { return tape.recording().slot().capacity; };
  const auto before = capacity(outer);
  {
    const DetectAnomaly scope;
    {
      const DetectAnomaly inner(outer, When::recording);
      CHECK(thrown([&] { log(x); }) != "nothing");
    }
    CHECK(thrown([&] { log(x); }) != "nothing");
    {
      Tape other;
      const Value y = other.variable(0);
      CHECK(thrown([&] { log(y); }) == "nothing");
      const DetectAnomaly of_other(other);
      CHECK(thrown([&] { log(y); }) != "nothing");
    }
    CHECK(thrown([&] { log(x); }) != "nothing");
  }
  CHECK(capacity(outer) == before);
  CHECK(outer.watch()->observers.empty());
  CHECK(thrown([&] { outer.backward(log(x)); }) == "nothing");
}

TEST_CASE("a scope that ends by its own error leaves the tape as it was") {
  Tape tape;
  const Value x = tape.variable(0);
  CHECK(thrown([&] {
          const DetectAnomaly scope;
          log(x);
        }) != "nothing");
  CHECK(tape.watch()->observers.empty());
  CHECK(thrown([&] { log(x); }) == "nothing");
}

TEST_CASE("a scope may outlive its tape") {
  std::optional<DetectAnomaly> scope;
  {
    Tape tape;
    scope.emplace();
  }
  Tape tape;
  CHECK(thrown([&] { tape.variable(not_a_number); }) == "nothing");
}

TEST_CASE("a scope needs a tape") {
  CHECK_THROWS_AS(DetectAnomaly(), NoActiveTapeError);
  Tape tape(Tape::inactive);
  const DetectAnomaly scope(tape);
  const auto active = tape.activate();
  CHECK(thrown([&] { tape.variable(not_a_number); }) != "nothing");
}

// What hides behind a bad gradient: each finding in a program that has it and in one that has not.

#include "tapegrad/inspect/audit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/loss.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;
using Kind = Finding::Kind;

namespace {

std::string text(Value y) { return to_string(audit(y)); }

std::size_t count(Value y, Kind kind) {
  const Audit findings = audit(y);
  return static_cast<std::size_t>(std::ranges::count(findings.findings, kind, &Finding::kind));
}

bool has(Value y, Kind kind) { return count(y, kind) > 0; }

// The loss of a network on random samples, and of many.
Value loss_of(MLP& net, std::size_t samples, std::uint64_t seed) {
  Random random(seed);
  Value loss = 0;
  for (std::size_t k = 0; k < samples; ++k) {
    std::vector<Value> x;
    for (std::size_t i = 0; i < net.inputs(); ++i) x.push_back(random.uniform(-1, 1));
    loss += softmax_cross_entropy(net(x), k % net.outputs());
  }
  return loss / static_cast<double>(samples);
}

}  // namespace

TEST_CASE("healthy networks at normal initialisation raise no alarm") {
  for (const Activation hidden : {Activation::tanh, Activation::sigmoid, Activation::relu,
                                  Activation::leaky_relu, Activation::elu, Activation::gelu}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      for (const std::size_t samples : {1u, 4u, 32u}) {
        CAPTURE(to_string(hidden));
        CAPTURE(seed);
        CAPTURE(samples);
        MLP net({4, 16, 16, 3}, hidden, Activation::identity, seed);
        Tape tape;
        CHECK(text(loss_of(net, samples, seed + 100)) == "no findings\n");
      }
    }
  }
}

TEST_CASE("an audit needs no sweep, and leaves the adjoints alone") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x;
  CHECK(audit(y).is_clean());
  CHECK(!tape.find_adjoint(x.node()));
  tape.backward(y, 5);
  CHECK(audit(y).is_clean());
  CHECK(x.grad() == 30);
  const Node node = y;
  tape.clear();
  CHECK_THROWS_AS(audit(node), ArgumentError);
}

TEST_CASE("NaN and infinity are told by their origin, if they do harm") {
  Tape tape;
  const Value x = tape.variable(0, "x");
  CHECK(text(2 * log(x)) ==
        "not finite: log of 0: #2 = log(#1) = -inf, #1 x = 0 (more: find_anomalies; in a debugger: "
        "nan)\n");
  tape.clear();
  const Value z = tape.variable(0), one = tape.variable(1);
  const Condition is_positive = is_greater(z, one);
  CHECK(!has(select(is_positive, log(z), one), Kind::not_finite));
}

// ---- Zero gradients ----

TEST_CASE("a saturated function is named with the variables that it cuts off") {
  Tape tape;
  const Value w = tape.variable(1, "w"), b = tape.variable(40, "b");
  CHECK(text(3 * tanh(w * 2 + b)) ==
        "zero gradient: #1 w, #2 b: saturated at #5 = tanh(#4) = 1, #4 = 42\n");
  CHECK(text(sigmoid(w * 2 + b)).starts_with("zero gradient: #1 w, #2 b: saturated at #9"));
  const Value small = tape.variable(0.5);
  CHECK(!has(tanh(small), Kind::zero_gradient));
}

TEST_CASE("where a gradient dies there is a word for it") {
  Tape tape;
  const Value x = tape.variable(2, "x"), y = tape.variable(0.5, "y"), zero = tape.variable(0, "0");
  const auto finding = [&](Value output) { return text(output + y).substr(0, 60); };
  const auto begins = [&](Value output, const char* start) {
    const std::string all = text(output + y);
    CAPTURE(all);
    CHECK(all.starts_with(start));
  };
  CHECK(finding(x) == "unreached: #3 0 = 0: nothing was computed from it\n");
  begins(relu(-x), "zero gradient: #1 x: dead relu at #");
  begins(max(x, 5.0), "zero gradient: #1 x: not chosen at #");
  begins(min(x, Value(1)), "zero gradient: #1 x: not chosen at #");
  begins(floor(x * 0.3), "zero gradient: #1 x: a step is flat at #");
  begins(x * 0.0, "zero gradient: #1 x: multiplied by 0 at #");
  begins(dot(std::vector{x, y}, std::vector{zero, y}), "zero gradient: #1 x: multiplied by 0 at #");
  begins(x - x, "zero gradient: #1 x: what it receives adds up to 0 at #");
  begins(pow(x, 0.0), "zero gradient: #1 x: its partial is 0 at #");
  begins(x * 1e-200 * 1e-200, "zero gradient: #1 x: the adjoint underflows at #");
  begins(is_less(x, 5).indicator() * y, "zero gradient: #1 x: a comparison is flat at #");
  begins(select(is_less(x, 5), y, Value(1)), "zero gradient: #1 x: only the condition at #");
  begins(select(Condition(x), y, Value(1)), "zero gradient: #1 x: only the condition at #");
  begins(select(Condition(y), y, x), "zero gradient: #1 x: not chosen at #");
}

TEST_CASE("relus that are off count only where they are too many") {
  std::vector<double> inputs;
  for (int k = 0; k < 32; ++k) inputs.push_back(0.05 * k - 0.8);
  for (const double bias : {-9.0, 0.1}) {
    Tape tape;
    const Value w = tape.variable(1, "w"), b = tape.variable(bias, "b"), v = tape.variable(2, "v");
    Value loss = 0;
    for (const double x : inputs) loss += v * relu(w * x + b) + v;
    CHECK(has(loss, Kind::zero_gradient) == (bias < -1));
  }
  MLP net({4, 8, 8, 3}, Activation::relu, Activation::identity, 7);
  std::ranges::fill(net.parameters(0).subspan(32), -100.0);  // the biases of the first layer
  Tape tape;
  const Audit findings = audit(loss_of(net, 4, 1));
  REQUIRE(!findings.is_clean());
  CHECK(findings.findings[0].kind == Kind::zero_gradient);
  CHECK(findings.findings[0].text.find("dead relu at #") != std::string::npos);
  CHECK(findings.findings[0].text.find("L1.n") != std::string::npos);
}

// ---- Graph ----

TEST_CASE("variables that never reach the output, and why") {
  Tape tape;
  const Value a = tape.variable(1, "a"), b = tape.variable(2, "b");
  tape.variable(3, "c");
  const Value y = a * 2;
  b * 2;
  CHECK(text(y) ==
        "unreached: #2 b = 2: the output does not depend on what was computed from it\n"
        "unreached: #3 c = 3: nothing was computed from it\n");
}

TEST_CASE("values that were computed for nothing; guards are not for nothing") {
  Tape tape({.guards = true});
  const Value a = tape.variable(1, "a");
  const Value unused = exp(a);
  tape.name(unused, "e");
  CHECK(a > 0.5);
  const Value y = a * 2;
  a * 3;  // after the output
  CHECK(text(y) == "unused: #2 e = exp(#1) = 2.71828 was computed for nothing\n");
}

// ---- Scales ----

TEST_CASE("a deep network of sigmoids lets the gradient vanish, by layer") {
  MLP net({4, 8, 8, 8, 8, 8, 8, 8, 8, 3}, Activation::sigmoid, Activation::identity, 1);
  Tape tape;
  const std::string all = text(loss_of(net, 1, 1));
  CAPTURE(all);
  CHECK(all.starts_with("vanishing: mean |adjoint| of pre-activations, from the output down: L9 "));
  CHECK(all.find(", ..., L2 ") != std::string::npos);
}

TEST_CASE("a network with large weights lets it explode, by layer") {
  MLP net({4, 8, 8, 8, 8, 8, 3}, Activation::identity, Activation::identity, 1);
  for (double& w : net.parameters()) w *= 20;
  Tape tape;
  const std::vector<Value> out = net(std::vector<Value>(4, Value(0.5)));
  CHECK(has(out[0], Kind::exploding));
}

TEST_CASE("without layers it goes by depth") {
  for (const double factor : {0.5, 0.99, 1.01, 2.0}) {
    Tape tape;
    const Value w = tape.variable(factor, "w");
    Value h = tape.variable(1, "h");
    for (int k = 0; k < 60; ++k) h = h * w;
    CHECK(has(h, Kind::vanishing) == (factor == 0.5));
    CHECK(has(h, Kind::exploding) == (factor == 2));
  }
  Tape tape;
  Value h = tape.variable(1, "h");
  for (int k = 0; k < 60; ++k) h = k == 20 ? h * 1e9 : h + 1;  // one factor is no explosion
  CHECK(text(h) == "no findings\n");
}

// ---- Cancellation ----

TEST_CASE("a difference of nearly equal numbers, and the condition of the output by it") {
  Tape tape;
  const Value x = tape.variable(1e-10, "x");
  CHECK(text((1 + x) - 1) ==
        "cancellation: #3 = sub(#2, 1) = 1e-10, #2 = 1: 10 of 16 digits cancel; the output's "
        "condition by it is 2.0e+10\n");
  CHECK(!has(x + 1, Kind::cancellation));
  const Value big = tape.variable(1e16);
  CHECK(has((big + 1) - 1e16, Kind::cancellation));
  CHECK(count(sum(std::vector{big, x, Value(-1e16)}), Kind::cancellation) == 1);
  const Value one = tape.variable(1);
  CHECK(has(dot(std::vector{big, one}, std::vector{one, -big}) + 1e-3, Kind::cancellation));
  CHECK(!has((one - 1) * 5 + one, Kind::cancellation));  // exact: no digit is lost
}

// ---- Kinks and jumps ----

TEST_CASE("kinks next to the point") {
  Tape tape;
  const Value x = tape.variable(1e-9, "x"), y = tape.variable(1, "y"), z = tape.variable(0.5);
  CHECK(text(abs(x) + y + z) == "kink: #4 = abs(#1) = 1e-09, #1 x = 1e-09 has its kink at 0\n");
  const auto kinks = [](Value v) { return count(v, Kind::kink); };
  CHECK(kinks(relu(x)) == 1);
  CHECK(kinks(relu(y - (1 - 1e-9))) == 1);
  CHECK(kinks(leaky_relu(x)) == 1);
  CHECK(kinks(elu(x)) == 0);  // smooth for alpha 1
  CHECK(kinks(elu(x, 2)) == 1);
  CHECK(kinks(max(x, 0.0)) == 1);
  CHECK(kinks(max(y, y + x)) == 1);
  CHECK(kinks(min(y, z)) == 0);
  CHECK(kinks(max(y, y)) == 0);
  CHECK(kinks(norm(std::vector{y - 1, y - 1})) == 1);
  CHECK(kinks(hypot(y, z)) == 0);
  CHECK(kinks(select(is_less(x, 0), -x, 2 * x)) == 1);
  CHECK(kinks(abs(y) + relu(z) + abs(z * 1e-9)) == 0);
}

TEST_CASE("jumps next to the point") {
  Tape tape({.guards = true});
  const Value x = tape.variable(2 + 1e-9, "x"), y = tape.variable(0.3, "y");
  const auto jumps = [&](Value v) { return count(v + y, Kind::jump); };
  CHECK(text(floor(x) * x + y) == "jump: #3 = floor(#1) = 2, #1 x = 2 is close to its jump\n");
  CHECK(jumps(ceil(x)) == 1);
  CHECK(jumps(trunc(x)) == 1);
  CHECK(jumps(trunc(x - 2)) == 0);  // trunc has no jump at 0
  CHECK(jumps(round(x)) == 0);
  CHECK(jumps(round(x + 0.5)) == 1);
  CHECK(jumps(fmod(x, 1.0)) == 1);
  CHECK(jumps(fmod(x, 1.5)) == 0);
  CHECK(jumps(floor(y)) == 0);
  CHECK(jumps(select(is_less(x, 2), Value(5), x)) == 1);
  CHECK(jumps(select(is_less(x, 3), Value(5), x)) == 0);
  CHECK(x > 2);
  CHECK(jumps(y) == 1);  // the branch
}

// ---- Text ----

TEST_CASE("findings come by seriousness, and many of a kind are counted") {
  Tape tape;
  const Value x = tape.variable(1e-9, "x");
  Value y = 0 * x;
  for (int k = 0; k < 9; ++k) y = y + abs(x);
  exp(x);
  const std::string all = text(y + 0.0);
  CAPTURE(all);
  CHECK(all.starts_with("kink: #"));
  CHECK(all.find("\n  and 4 more like it\nunused: #") != std::string::npos);
  CHECK(to_string(Audit()) == "no findings\n");
  CHECK(to_string(audit(y, {.most_of_a_kind = 100})).find("more like it") == std::string::npos);
}

TEST_CASE("a chain of a million nodes is audited without recursion") {
  Tape tape;
  Value x = tape.variable(1);
  for (int k = 0; k < 1'000'000; ++k) x = x + 1e-9;
  CHECK(text(x) == "no findings\n");
}

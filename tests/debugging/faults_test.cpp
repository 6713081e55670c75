// The yardstick: twenty small programs, each with a fault that somebody has made before. One
// command, or one scope around the computation, has to name the node that is to blame and the line
// that recorded it. How many are found is what doctest counts.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

namespace {

// What a test says of a report: that it names the node, and the line in this file.
void check_blames(const std::string& report, const std::string& node, int line) {
  CAPTURE(report);
  CHECK(report.find(node) != std::string::npos);
  if (has_source_lines())
    CHECK(report.find("faults_test.cpp:" + std::to_string(line)) != std::string::npos);
}

// The statement that is to blame, and its line; in a loop, guilty_line is declared before it.
#define GUILTY(...) \
  __VA_ARGS__;      \
  const int guilty_line = __LINE__
#define GUILTY_IN_LOOP(...) \
  __VA_ARGS__;              \
  guilty_line = __LINE__

struct Located {
  Located() { tape.record_locations(); }
  std::string one_command(const char* command) { return Session(tape).run(command); }
  Tape tape;
};

template <class Program> std::string message_of(const Program& program) {
  try {
    program();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("log of zero: a class that softmax says is impossible") {
  Located on;
  const std::vector<Value> pa = on.tape.variables(std::vector<double>{900, 0, 1});
  const std::vector<Value> p = softmax(pa);
  GUILTY(const Value log_p = log(p[1]));
  const Value loss = -0.5 * log_p - 0.5 * log(p[0]);
  on.tape.backward(loss);
  const std::string report = on.one_command("nan");
  check_blames(report, "#" + std::to_string(log_p.node()) + " = log", guilty_line);
  CHECK(report.find("log of 0") != std::string::npos);
}

TEST_CASE("0 · ∞: a weight of 0 for a case that has no finite value") {
  Located on;
  const Value weight = on.tape.variable(0.0, "weight");
  const Value distance = on.tape.variable(0.0, "distance");
  GUILTY(const Value pull = 1 / distance);
  const Value energy = weight * pull;
  CHECK(std::isnan(energy.value()));
  check_blames(on.one_command("nan"), "#3 = div(1, #2)", guilty_line);
}

TEST_CASE("sqrt at 0: a norm written out, of a vector that is 0") {
  Located on;
  const Value x = on.tape.variable(0.0, "x"), y = on.tape.variable(0.0, "y");
  const Value squares = x * x + y * y;
  GUILTY(const Value length = sqrt(squares));
  on.tape.backward(length);
  CHECK(std::isnan(x.grad()));
  const std::string report = on.one_command("nan");
  check_blames(report, "#" + std::to_string(length.node()) + " = sqrt", guilty_line);
  CHECK(report.find("derivative of sqrt at 0") != std::string::npos);
}

TEST_CASE("overflow in exp: softmax written out") {
  Located on;
  const Value score = on.tape.variable(800.0, "score");
  GUILTY(const Value e = exp(score));
  const Value p = e / (e + 1);
  CHECK(std::isnan(p.value()));
  check_blames(on.one_command("nan"), "#2 = exp(#1)", guilty_line);
}

TEST_CASE("stale value: a weight kept through clear()") {
  Tape tape;
  const Value weight = tape.variable(0.25);
  tape.clear();
  const Value x = tape.variable(2.0);
  const std::string report = message_of([&] { return x * weight; });
  CAPTURE(report);
  CHECK(report.find("mul: the value 0.25 (node 1) is not on the tape") != std::string::npos);
}

TEST_CASE("a variable rebuilt as a constant: its value() was passed on") {
  Located on;
  GUILTY(const Value x = on.tape.variable(2.0, "x"));
  const Value scale = on.tape.variable(3.0, "scale");
  const Value detached = x.value();
  const Value loss = scale * detached;
  on.tape.backward(loss);
  CHECK(x.grad() == 0);
  check_blames(on.one_command("audit"), "#1 x", guilty_line);
}

TEST_CASE("dead relus: a bias so low that no neuron fires") {
  Located on;
  const Value w = on.tape.variable(0.5, "w"), b = on.tape.variable(-30.0, "b");
  Value loss = 0;
  int guilty_line = 0;
  for (const double x : {-1.0, 0.5, 2.0}) {
    GUILTY_IN_LOOP(const Value a = relu(w * x + b));
    loss += (a - 1) * (a - 1);
  }
  on.tape.backward(loss);
  CHECK(w.grad() == 0);
  check_blames(on.one_command("audit"), "relu", guilty_line);
}

TEST_CASE("saturated sigmoid: a weight a thousand times too large") {
  Located on;
  const Value w = on.tape.variable(1000.0, "w");
  GUILTY(const Value a = sigmoid(w * 2.0));
  const Value loss = (a - 0.5) * (a - 0.5);
  on.tape.backward(loss);
  CHECK(w.grad() == 0);
  check_blames(on.one_command("audit"), "sigmoid", guilty_line);
}

TEST_CASE("cancellation: a variance as the difference of two large numbers") {
  Located on;
  std::vector<Value> x;
  for (int i = 0; i < 4; ++i) x.push_back(on.tape.variable(1e9 + i, "x" + std::to_string(i)));
  Value sum = 0, squares = 0;
  for (const Value& xi : x) {
    sum += xi;
    squares += xi * xi;
  }
  GUILTY(const Value variance = squares / 4 - (sum / 4) * (sum / 4));
  on.tape.backward(variance);
  check_blames(on.one_command("audit"), "#" + std::to_string(variance.node()), guilty_line);
}

TEST_CASE("overwritten in place: the gradient is asked of what the parameter has become") {
  Located on;
  Value w = on.tape.variable(3.0, "w");
  const Value loss = w * w;
  GUILTY(w -= 0.1 * 6);
  on.tape.name(w, "w");
  on.tape.backward(loss);
  CHECK(w.grad() == 0);
  check_blames(on.one_command("node w"), "sub(#1, 0.6)", guilty_line);
}

TEST_CASE("pow of a negative base: the exponent became a variable") {
  Located on;
  const Value x = on.tape.variable(-2.0, "x"), n = on.tape.variable(2.0, "n");
  GUILTY(const Value y = pow(x, n));
  on.tape.backward(y);
  CHECK(y.value() == 4);
  CHECK(std::isnan(n.grad()));
  check_blames(on.one_command("nan"), "#3 = pow(#1, #2)", guilty_line);
}

TEST_CASE("the wrong branch: > for <, and the penalty is never recorded") {
  Located on;
  const Value x = on.tape.variable(5.0, "x");
  GUILTY(const Value limit = on.tape.variable(3.0, "limit"));
  Value cost = x * x;
  if (x < limit) cost += 10 * (x - limit);
  on.tape.backward(cost);
  CHECK(limit.grad() == 0);
  check_blames(on.one_command("audit"), "#2 limit", guilty_line);
}

TEST_CASE("unnormalised inputs: pixels of 0 to 255 into tanh") {
  Located on;
  const std::vector<double> pixels{255, 128, 0, 64};
  Value pa = on.tape.variable(0.1, "b");
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pa += on.tape.variable(0.5, "w" + std::to_string(i)) * pixels[i];
  GUILTY(const Value a = tanh(pa));
  on.tape.backward(a * a);
  check_blames(on.one_command("audit"), "tanh", guilty_line);
}

TEST_CASE("an exploding recurrent chain: a factor above 1, two hundred times") {
  Located on;
  const Value w = on.tape.variable(1.5, "w");
  Value h = on.tape.variable(1e-3, "h0");
  int guilty_line = 0;
  for (int t = 0; t < 200; ++t) {
    GUILTY_IN_LOOP(h = w * h);
  }
  on.tape.backward(h);
  check_blames(on.one_command("audit"), "explod", guilty_line);
}

TEST_CASE("a wrong index: one input twice, another never") {
  Located on;
  std::vector<Value> x;
  int guilty_line = 0;
  for (int i = 0; i < 3; ++i) {
    GUILTY_IN_LOOP(x.push_back(on.tape.variable(i + 1.0, "x" + std::to_string(i))));
  }
  const Value y = x[0] * x[1] + x[1] * x[1];  // x[2] was meant
  on.tape.backward(y);
  check_blames(on.one_command("audit"), "#3 x2", guilty_line);
}

TEST_CASE("counted twice: a term that is added in the loop and again after it") {
  Located on;
  const Value w = on.tape.variable(2.0, "w");
  const Value penalty = w * w;
  Value loss = penalty;
  GUILTY(loss += penalty);
  on.tape.name(loss, "loss");
  on.tape.backward(loss);
  CHECK(w.grad() == 8);
  // Two paths through the same penalty.
  check_blames(on.one_command("why w"), "#3 loss", guilty_line);
}

TEST_CASE("NaN in the data: a missing measurement") {
  Located on;
  const std::vector<double> data{1.0, std::nan(""), 2.0};
  const Value mean = on.tape.variable(1.5, "mean");
  Value loss = 0;
  int guilty_line = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    GUILTY_IN_LOOP(const Value error = mean - data[i]);
    loss += error * error;
  }
  CHECK(std::isnan(loss.value()));
  check_blames(on.one_command("nan"), "sub(#1, nan)", guilty_line);
}

TEST_CASE("a learning rate too large: the parameter grows until it overflows") {
  Tape tape;
  tape.record_locations();
  double w = 1;
  int guilty_line = 0;
  const std::string report = message_of([&] {
    const DetectAnomaly detect;
    for (int step = 0; step < 1000; ++step, tape.clear()) {
      const Value parameter = tape.variable(w, "w");
      GUILTY_IN_LOOP(const Value loss = parameter * parameter * parameter * parameter);
      tape.backward(loss);
      w -= 1.5 * parameter.grad();
    }
  });
  check_blames(report, "mul", guilty_line);
}

TEST_CASE("an uninitialised weight: NaN, as a debugger or a sanitizer fills memory") {
  Located on;
  std::vector<double> weights(4, std::numeric_limits<double>::quiet_NaN());
  weights[0] = weights[1] = weights[3] = 0.5;
  Value sum = 0;
  int guilty_line = 0;
  for (const double w : weights) {
    GUILTY_IN_LOOP(const Value weight = on.tape.variable(w));
    sum += weight * 2.0;
  }
  check_blames(on.one_command("nan"), "variable", guilty_line);
}

TEST_CASE("a constant where a variable was meant: Value w = 0.5") {
  Located on;
  const Value x = on.tape.variable(2.0, "x");
  const Value w = 0.5;
  GUILTY(const Value y = w * x);
  on.tape.backward(y);
  CHECK(message_of([&] { return w.grad(); }).find("the value 0.5 is a constant") !=
        std::string::npos);
  check_blames(on.one_command("node #2"), "mul(0.5, #1)", guilty_line);
}

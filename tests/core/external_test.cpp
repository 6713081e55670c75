// User's operations: a callback gives the adjoints.

#include "tapegrad/core/external.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

using Numbers = std::vector<double>;
using PullBack = std::function<void(std::span<const double> operands, std::span<const double> in,
                                    std::span<double> out)>;

struct Operation : External {
  explicit Operation(PullBack f) : pull_back_(std::move(f)) {}
  std::string_view name() const override { return "operation"; }
  void pull_back(std::span<const double> operands, std::span<const double> result_adjoints,
                 std::span<double> operand_adjoints) const override {
    pull_back_(operands, result_adjoints, operand_adjoints);
  }
  PullBack pull_back_;
};

std::shared_ptr<const External> operation(PullBack f) {
  return std::make_shared<Operation>(std::move(f));
}

// (a, b) -> (a·b, a + b)
void product_and_sum(std::span<const double> x, std::span<const double> in, std::span<double> out) {
  out[0] += in[0] * x[1] + in[1];
  out[1] += in[0] * x[0] + in[1];
}

std::vector<Value> record_product_and_sum(Tape& tape, Value a, Value b) {
  const std::vector<Value> x = {a, b};
  const Numbers y = {a.value() * b.value(), a.value() + b.value()};
  return tape.external(operation(product_and_sum), x, y);
}

}  // namespace

TEST_CASE("an operation of two operands and two results hands adjoints through its callback") {
  Tape tape;
  const Value a = tape.variable(2), b = tape.variable(5);
  const std::vector<Value> y = record_product_and_sum(tape, a, b);
  REQUIRE(y.size() == 2);
  CHECK(tape.size() == 2 + 1 + 2);
  CHECK(y[0].value() == 10);
  CHECK(y[1].value() == 7);
  tape.backward({{y[0], 1}, {y[1], 100}});
  CHECK(a.grad() == 105);
  CHECK(b.grad() == 102);
  tape.backward(y[0] * y[1]);
  CHECK(a.grad() == 7 * 5 + 10);
  CHECK(b.grad() == 7 * 2 + 10);
  CHECK(y[1].grad() == 10);
}

TEST_CASE("a user's operation shows its name and operands, and each result where it is from") {
  Tape tape;
  const Value a = tape.variable(2);
  const std::vector<Value> y = record_product_and_sum(tape, a, 5);
  const Node call = tape.node(2), result = tape.node(y[1]);
  CHECK(call.op() == Op::External);
  CHECK(call.operation() == "operation");
  REQUIRE(call.operands().size() == 2);
  CHECK(call.operands()[0].node == a.node());
  CHECK(call.operands()[1].node == 0);
  CHECK(call.operands()[1].constant == 5);
  CHECK(result.op() == Op::Result);
  REQUIRE(result.operands().size() == 1);
  CHECK(result.operands()[0].node == 2);
  CHECK(tape.external_of(2).name() == "operation");
}

TEST_CASE("the callback is called once a sweep, and only if some result has an adjoint") {
  Tape tape;
  const Value x = tape.variable(2);
  int calls = 0;
  const auto count = operation([&](auto operands, auto in, auto out) {
    ++calls;
    CHECK(operands.size() == 1);
    CHECK(operands[0] == 2);
    CHECK(in.size() == 3);
    CHECK(out.size() == 1);
    CHECK(out[0] == 0);
    out[0] += in[0] + in[1] + in[2];
  });
  const Numbers results = {1, 2, 3};
  const std::vector<Value> y = tape.external(count, std::span(&x, 1), results);
  tape.backward(x * 3);
  CHECK(calls == 0);
  tape.backward(y[1] * 0.0);
  CHECK(calls == 0);
  tape.backward(y[0] + y[1] + y[2] + y[2]);
  CHECK(calls == 1);
  CHECK(x.grad() == 4);
  tape.accumulate(y[2]);
  CHECK(calls == 2);
  CHECK(x.grad() == 5);
}

TEST_CASE("constants among the operands are seen, and adjoints written for them ignored") {
  Tape tape;
  const Value a = tape.variable(3);
  const std::vector<Value> y = record_product_and_sum(tape, 4, a);
  tape.backward({{y[0], 1}, {y[1], 1}});
  CHECK(a.grad() == 5);
}

TEST_CASE("an operation of constants gives constants and records nothing") {
  Tape tape;
  const std::vector<Value> y = record_product_and_sum(tape, 4, 6);
  CHECK(y[0].is_constant());
  CHECK(y[0].value() == 24);
  CHECK(y[1].value() == 10);
  CHECK(tape.empty());
  CHECK(tape.external(operation(product_and_sum), {}, {}).empty());
}

TEST_CASE("an operand that occurs twice takes both adjoints") {
  Tape tape;
  const Value a = tape.variable(3);
  tape.backward(record_product_and_sum(tape, a, a)[0]);
  CHECK(a.grad() == 6);
}

TEST_CASE("operations side by side and in a chain do not take each other's results") {
  Tape tape;
  const Value a = tape.variable(2), b = tape.variable(3);
  const auto first = record_product_and_sum(tape, a, b);                 // ab, a + b
  const auto second = record_product_and_sum(tape, a, 10);               // 10a, a + 10
  const auto third = record_product_and_sum(tape, first[0], second[1]);  // ab(a + 10), ...
  CHECK(tape.size() == 2 + 3 * 3);
  tape.backward(first[1]);
  CHECK(a.grad() == 1);
  CHECK(b.grad() == 1);
  tape.backward(second[0]);
  CHECK(a.grad() == 10);
  CHECK(b.grad() == 0);
  tape.backward(third[0]);
  CHECK(a.grad() == 3 * 12 + 6);
  CHECK(b.grad() == 2 * 12);
}

TEST_CASE("the last operation has its own results only, also where one of more results was") {
  struct Doubled : External {
    std::string_view name() const override { return "doubled"; }
    void pull_back(std::span<const double>, std::span<const double> in,
                   std::span<double> out) const override {
      REQUIRE(in.size() == 1);
      out[0] = 2 * in[0];
    }
    void push_forward(std::span<const double>, std::span<const double> in,
                      std::span<double> out) const override {
      REQUIRE(out.size() == 1);
      out[0] = 2 * in[0];
    }
    void pull_back_derivative(std::span<const double>, std::span<const double>,
                              std::span<const double> in, std::span<double>) const override {
      REQUIRE(in.size() == 1);
    }
  };
  Tape tape;
  const std::vector<Value> x{tape.variable(3)};
  Mark mark = tape.mark();
  record_product_and_sum(tape, x[0], x[0]);
  tape.rewind(mark);
  const std::vector<Value> y = tape.external(std::make_shared<Doubled>(), x, std::vector{6.0});
  tape.backward(y[0]);
  CHECK(x[0].grad() == 2);
  for (const std::size_t directions : {1u, 3u}) {
    const Numbers in(directions, 1.0);
    Numbers out(directions);
    tape.pull_back(y, in, x, out);
    CHECK(out == Numbers(directions, 2.0));
    tape.push_forward(x, in, y, out);
    CHECK(out == Numbers(directions, 2.0));
    const Seed seed{y[0]};
    tape.hessian_vector_products({&seed, 1}, x, in, out);
    CHECK(out == Numbers(directions, 0.0));
  }
}

TEST_CASE("an operation without results is never called") {
  Tape tape;
  const Value x = tape.variable(2);
  const auto none =
      tape.external(operation([](auto, auto, auto) { FAIL("called"); }), std::span(&x, 1), {});
  CHECK(none.empty());
  CHECK(tape.size() == 2);
  tape.backward(x * x);
  CHECK(x.grad() == 4);
}

TEST_CASE("a callback that throws leaves the tape usable, with the adjoints of before") {
  Tape tape;
  const Value x = tape.variable(2);
  bool fails = false;
  const auto sometimes = operation([&](auto, auto in, auto out) {
    if (fails) throw std::runtime_error("no luck");
    out[0] += 7 * in[0];
  });
  const Numbers result = {14};
  const Value y = tape.external(sometimes, std::span(&x, 1), result)[0];
  tape.backward(y);
  CHECK(x.grad() == 7);
  fails = true;
  CHECK_THROWS_WITH_AS(tape.accumulate(y), "no luck", std::runtime_error);
  CHECK(x.grad() == 7);  // what was there before
  CHECK_THROWS_WITH_AS(tape.backward(y), "no luck", std::runtime_error);
  CHECK(x.grad() == 7);
  const Value z = y * x;  // records as ever
  fails = false;
  tape.accumulate(y);
  CHECK(x.grad() == 14);
  tape.backward(z);
  CHECK(x.grad() == 14 + 14);
}

TEST_CASE("a callback may use a tape of its own") {
  Tape tape;
  const Value x = tape.variable(3);
  const auto cube = operation([](auto operands, auto in, auto out) {
    Tape own;
    const Value u = own.variable(operands[0]);
    own.backward(u * u * u, in[0]);
    out[0] += u.grad();
  });
  const Numbers result = {27};
  const Value y = tape.external(cube, std::span(&x, 1), result)[0];
  tape.backward(y * x);
  CHECK(x.grad() == 4 * 27);
  CHECK(tape.is_active());
}

TEST_CASE("a callback can't record on, sweep, clear or rewind the tape that is being swept") {
  Tape tape;
  const Value x = tape.variable(3);
  auto mark = tape.mark();
  std::function<void()> misuse;
  const auto bad = operation([&](auto, auto, auto) { misuse(); });
  const Numbers result = {3};
  const Value y = tape.external(bad, std::span(&x, 1), result)[0];
  const std::size_t size = tape.size();
  const char* const records =
      "the tape is being swept: pull_back must not record on it; make a Tape of its own there";
  const auto check = [&](const char* message, std::function<void()> what) {
    misuse = std::move(what);
    CHECK_THROWS_WITH_AS(tape.backward(y), message, UnsupportedError);
    CHECK(tape.size() == size);
    CHECK_THROWS_AS(x.grad(), NoAdjointError);
  };
  check(records, [&] { x* x; });
  check(records, [&] { tape.variable(1); });
  check(records, [&] { fma(x, x, x); });
  check(records, [&] { tape.external(bad, std::span(&x, 1), {}); });
  check(records, [&] { tape.reserve(1'000'000); });
  check("backward: the tape is being swept; make a Tape of its own in pull_back",
        [&] { tape.backward(x); });
  check("accumulate: the tape is being swept; make a Tape of its own in pull_back",
        [&] { tape.accumulate(x); });
  check("clear: the tape is being swept; make a Tape of its own in pull_back",
        [&] { tape.clear(); });
  check("rewind: the tape is being swept; make a Tape of its own in pull_back",
        [&] { tape.rewind(mark); });
  const Value z = x * y;
  misuse = [] {};
  tape.backward(z);
  CHECK(x.grad() == 3);  // the callback hands nothing on
}

TEST_CASE("a stale operand, no operation, and a full tape leave nothing half recorded") {
  Tape tape({.node_limit = 3});
  const Value old = tape.variable(1);
  tape.clear();
  const Value x = tape.variable(2);
  const std::vector<Value> operands = {x, old};
  const Numbers results = {1, 2};
  CHECK_THROWS_AS(tape.external(operation(product_and_sum), operands, results), StaleValueError);
  CHECK_THROWS_WITH_AS(tape.external(nullptr, operands, results),
                       "external: no operation was given", ArgumentError);
  CHECK_THROWS_AS(record_product_and_sum(tape, x, x), TapeFullError);
  CHECK(tape.size() == 1);
  CHECK(tape.recording().side_size() == 0);
  const Numbers result = {4};
  const Value y = tape.external(operation([](auto, auto in, auto out) { out[0] += 2 * in[0]; }),
                                std::span(&x, 1), result)[0];
  tape.backward(y);
  CHECK(x.grad() == 2);
}

TEST_CASE("many operations are recorded without the time growing faster than they do") {
  Tape tape;
  Value x = tape.variable(0);
  const auto plus_one = operation([](auto, auto in, auto out) { out[0] += in[0]; });
  constexpr int count = 200'000;  // minutes if each copied those before
  for (int k = 0; k < count; ++k) {
    const Numbers result = {x.value() + 1};
    x = tape.external(plus_one, std::span(&x, 1), result)[0];
  }
  tape.backward(x);
  CHECK(x.value() == count);
  CHECK(*tape.find_adjoint(1) == 1);
}

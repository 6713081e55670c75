// Where operations stand. Built with debug information whatever the build type (tests/meson.build),
// so that lines are known wherever the library can look them up.

#include "tapegrad/inspect/location.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

namespace {

struct Place {
  Value value;
  std::size_t line;
};

// Of the node it is asked about. Without libdw, a function is all that can be known.
void check_place(const Node& node, std::size_t line, std::string_view function) {
  CAPTURE(to_string(node));
  const std::optional<Location> found = location(node);
  if (!has_source_lines()) {
    CHECK((!found || (found->file.empty() && found->line == 0)));
    return;
  }
  REQUIRE(found);
  CHECK(found->file.ends_with("/tests/inspect/location_test.cpp"));
  CHECK(found->line == line);
  CHECK(found->function == function);
}

void check_places(std::span<const Place> places, std::string_view function) {
  for (const Place& place : places) check_place(Node(place.value), place.line, function);
}

// All nodes from `first` on.
void check_line(const Tape& tape, std::size_t first, std::size_t line, std::string_view function) {
  CHECK(tape.size() >= first);
  for (std::size_t node = first; node <= tape.size(); ++node)
    check_place(tape.node(node), line, function);
}

std::vector<Place> operators(Value x, Value y) {
  std::vector<Place> places;
  places.push_back({x + y, __LINE__});
  places.push_back({x * 2.0, __LINE__});
  places.push_back({3 / x, __LINE__});
  places.push_back({-x, __LINE__});
  Value z = x;
  z += y;
  places.push_back({z, __LINE__ - 1});
  z *= 2;
  places.push_back({z, __LINE__ - 1});
  z = 1 - z;
  places.push_back({z, __LINE__ - 1});
  return places;
}

std::vector<Place> functions(Value x, Value y) {
  std::vector<Place> places;
  places.push_back({exp(x), __LINE__});
  places.push_back({pow(x, 2), __LINE__});
  places.push_back({max(x, y), __LINE__});
  places.push_back({fma(x, y, 1.0), __LINE__});
  places.push_back({leaky_relu(x), __LINE__});
  const Condition condition = is_less(x, y);
  places.push_back({condition.indicator(), __LINE__ - 1});
  places.push_back({select(condition, x, y), __LINE__});
  const std::vector<Value> both{x, y};
  places.push_back({sum(both), __LINE__});
  places.push_back({dot(both, both), __LINE__});
  places.push_back({weighted_sum(both, both, 1.0), __LINE__});
  places.push_back({norm(both), __LINE__});
  places.push_back({log_sum_exp(both), __LINE__});
  return places;
}

std::vector<Place> leaves(Tape& tape) {
  std::vector<Place> places;
  places.push_back({tape.variable(1), __LINE__});
  places.push_back({tape.variable(1, "x"), __LINE__});
  places.push_back({tape.variables(std::vector<double>{1, 2})[1], __LINE__});
  return places;
}

template <class T> std::vector<Place> in_template(T x) {
  using std::sin;
  std::vector<Place> places;
  places.push_back({sin(x), __LINE__});
  places.push_back({x / 2, __LINE__});
  return places;
}

template <class T> struct Model {
  T w;
  Place predict(T x) const {
    const T y = w * x;
    return {y, __LINE__ - 1};
  }
  Place operator()(T x) const {
    const T y = w - x;
    return {y, __LINE__ - 1};
  }
  static Place shared(T x) {
    struct Inner {
      static Place once_more(T z) {
        const T y = z + 1;
        return {y, __LINE__ - 1};
      }
    };
    return Inner::once_more(x);
  }
  friend Place operator<<(const Model& model, T x) {
    const T y = model.w + x;
    return {y, __LINE__ - 1};
  }
};

}  // namespace

namespace loss {
inline namespace v2 {
Place cross_entropy(Value p) {
  const Value y = log(p);
  return {y, __LINE__ - 1};
}
[[maybe_unused]] Place of_lambda(Value x) {
  const auto square = [](auto z) -> Place {
    const Value y = z * z;
    return {y, __LINE__ - 1};
  };
  return square(x);
}
}  // namespace v2
}  // namespace loss

TEST_CASE("an operator, function or leaf stands where the user wrote it") {
  Tape tape;
  tape.record_locations();
  const Value x = tape.variable(0.5), y = tape.variable(2.0);
  check_places(operators(x, y), "operators");
  check_places(functions(x, y), "functions");
  check_places(leaves(tape), "leaves");
}

TEST_CASE("functions have readable names: no arguments, no template arguments") {
  Tape tape;
  tape.record_locations();
  const Value x = tape.variable(0.5);
  check_places(in_template(x), "in_template");
  const Model<Value> model{x};
  check_places(std::vector{model.predict(x)}, "Model::predict");
  check_places(std::vector{model(x)}, "Model::operator()");
  check_places(std::vector{Model<Value>::shared(x)}, "Model::shared::Inner::once_more");
  check_places(std::vector{model << x}, "operator<<");
  check_places(std::vector{loss::cross_entropy(x)}, "loss::v2::cross_entropy");
#if !defined(_LIBCPP_VERSION)  // which cannot read the linker's name of a generic lambda's function
  check_places(std::vector{loss::of_lambda(x)}, "loss::v2::of_lambda::lambda");
#endif
}

namespace {

void check_expression(Value x, Value y) {
  const Tape& tape = Node(x).tape();
  const std::size_t first = tape.size() + 1;
  const std::size_t line = __LINE__;
  // clang-format off
  const Value z = exp(x)
                - y
                / sin(x);
  // clang-format on
#if defined(__clang__)
  check_place(tape.node(first), line + 2, "check_expression");
  check_place(tape.node(first + 1), line + 4, "check_expression");
  check_place(tape.node(first + 2), line + 4, "check_expression");
  check_place(Node(z), line + 3, "check_expression");
#else
  // g++ keeps one line for all calls of an expression.
  CHECK(Node(z).index() == first + 3);
  for (std::size_t node = first; node <= tape.size(); ++node) {
    const auto found = location(tape.node(node));
    if (!has_source_lines()) continue;
    REQUIRE(found);
    CHECK(found->line > line + 1);
    CHECK(found->line <= line + 4);
    CHECK(found->function == "check_expression");
  }
#endif
}

void check_nary(Tape& tape, Value x) {
  std::size_t first = tape.size() + 1;
  softmax(std::vector<Value>{x, x});
  check_line(tape, first, __LINE__ - 1, "check_nary");
  CHECK(tape.size() == first + 4);

  struct Operation : External {
    std::string_view name() const override { return "operation"; }
    void pull_back(std::span<const double>, std::span<const double>,
                   std::span<double>) const override {}
  };
  const auto operation = std::make_shared<Operation>();
  first = tape.size() + 1;
  tape.external(operation, std::vector<Value>{x}, std::vector<double>{1, 2});
  check_line(tape, first, __LINE__ - 1, "check_nary");
  CHECK(tape.size() == first + 2);
}

void check_network(Tape& tape, Value x) {
  const Layer layer(2, 3, Activation::softmax);
  const std::vector<Value> w(layer.parameter_count(), x);
  std::size_t first = tape.size() + 1;
  const auto a = layer(w, std::vector<Value>{x, x});
  check_line(tape, first, __LINE__ - 1, "check_network");

  first = tape.size() + 1;
  mean_squared_error(a, std::vector<double>{1, 2, 3});
  check_line(tape, first, __LINE__ - 1, "check_network");

  MLP net({2, 3, 1}, Activation::tanh, Activation::identity, 1);
  first = tape.size() + 1;
  net({x, x});
  check_line(tape, first, __LINE__ - 1, "check_network");
}

}  // namespace

TEST_CASE("in an expression over several lines each operation has its own") {
  Tape tape;
  tape.record_locations();
  check_expression(tape.variable(0.5), tape.variable(2.0));
}

TEST_CASE("functions of the library that record many nodes stand where they are called") {
  Tape tape;
  tape.record_locations();
  check_nary(tape, tape.variable(0.5));
  check_network(tape, tape.variable(0.5));
}

namespace {

double gradient_of_lambda() {
  const auto f = [](std::span<const Value> x) {
    active_recording->tape()->record_locations();
    const Value y = x[0] * x[1];
    check_place(Node(y), __LINE__ - 1, "gradient_of_lambda::lambda");
    active_recording->tape()->record_locations(false);
    return y;
  };
  return gradient(f, std::vector{2.0, 3.0}).gradient[0];
}

}  // namespace

TEST_CASE("in a function that gradient() calls, lines are known as anywhere") {
  CHECK(gradient_of_lambda() == 3);
}

namespace {

Value returned_sum(Value x, Value y) { return x + y; }
constexpr std::size_t line_of_returned_sum = __LINE__ - 1;
Value returned_call(Value x) { return exp(x); }
Value returned_leaf(Tape& tape) { return tape.variable(1); }
void not_returned(Value x) { static_cast<void>(x * x); }

}  // namespace

// A call that is the last thing its function does may become a jump, and then nobody knows that
// the function was there.
TEST_CASE("what a function returns at once was recorded in that function") {
  Tape tape;
  tape.record_locations();
  const Value x = tape.variable(0.5), y = tape.variable(2.0);
  // Through pointers that the compiler cannot see through, so that nothing is inlined.
  Value (*volatile sum_of)(Value, Value) = returned_sum;
  Value (*volatile call_of)(Value) = returned_call;
  Value (*volatile leaf_of)(Tape&) = returned_leaf;
  void (*volatile nothing_of)(Value) = not_returned;
  check_place(Node(sum_of(x, y)), line_of_returned_sum, "returned_sum");
  check_place(Node(call_of(x)), line_of_returned_sum + 2, "returned_call");
  check_place(Node(leaf_of(tape)), line_of_returned_sum + 3, "returned_leaf");
  nothing_of(x);
  check_place(tape.node(tape.size()), line_of_returned_sum + 4, "not_returned");
}

TEST_CASE("a tape keeps places only while it is asked to") {
  Tape tape;
  tape.record_locations(false);  // the environment may have asked
  const Value x = tape.variable(1);
  tape.record_locations();
  const Value y = x + 1;
  tape.record_locations(false);
  const Value z = y + 1;
  CHECK(!location(Node(x)));
  CHECK(location(Node(y)).has_value() == has_source_lines());
  CHECK(!location(Node(z)));
}

TEST_CASE("an address that is no code has no place") {
  const int on_stack = 0;
  static const int in_data = 0;
  const std::vector<int> on_heap(10'000);
  CHECK(!locate(nullptr));
  for (const void* address : std::initializer_list<const void*>{
           reinterpret_cast<const void*>(1), reinterpret_cast<const void*>(~std::uintptr_t{0}),
           &on_stack, on_heap.data()})
    CHECK(!locate(address));
  const auto data = locate(&in_data);  // its name, at best
  CHECK((!data || data->line == 0));
}

TEST_CASE("threads may ask at the same time, and get the same answers") {
  Tape tape;
  tape.record_locations();
  const auto places = functions(tape.variable(0.5), tape.variable(2.0));
  std::vector<std::string> answers(4);
  std::vector<std::thread> threads;
  for (std::string& answer : answers)
    threads.emplace_back([&] {
      for (const Place& place : places)
        if (const auto found = location(tape.node(place.value))) answer += to_string(*found) + ' ';
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& answer : answers) CHECK(answer == answers[0]);
}

TEST_CASE("a location as text says what is known") {
  const auto text = [](const char* file, std::size_t line, const char* function) {
    return to_string(Location{.file = file, .line = line, .function = function});
  };
  CHECK(text("/home/me/loss.cpp", 12, "softmax") == "loss.cpp:12 in softmax");
  CHECK(text("loss.cpp", 12, "") == "loss.cpp:12");
  CHECK(text("C:\\me\\loss.cpp", 0, "softmax") == "loss.cpp in softmax");
  CHECK(text("", 0, "softmax") == "softmax");
  CHECK(text("", 0, "") == "");
}

// What the debuggers' scripts are shown: one of each kind of Value, Node and Tape. They stop in
// look().

#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tapegrad/inspect/tape_file.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;
using namespace std::string_view_literals;  // at -O2 the length of "p" would count as another line

namespace {

struct Cube : External {
  std::string_view name() const override { return "Cube"; }
  void pull_back(std::span<const double> x, std::span<const double> adjoint,
                 std::span<double> sum) const override {
    sum[0] += adjoint[0] * 3 * x[0] * x[0];
  }
};

Value cube(Tape& tape, Value x) {
  const double result = x.value() * x.value() * x.value();
  return tape.external(std::make_shared<Cube>(), {{x}}, {{result}})[0];
}

template <class T> T half(T x) { return x / 2.0; }

// The cross entropy's mistake: log(0) where a class is impossible.
Value entropy(Tape& tape, double probability) {
  const Value p = tape.variable(probability, "p"sv);
  const Value q = log(p);
  const Value scaled = half(p * q);
  const Value rest = 1.0 - scaled;
  tape.name(scaled, "scaled");
  tape.name(rest, "rest\x1b[1m\n");  // as a name from a file may be
  return rest;
}

struct Tour {
  Tape& tape;
  Tape& other;
  Tape& unused;
  Value y;
  Value w;
  Value constant;
  Value stale;
  Value far;
  Value rest;
  Node node;
  std::vector<Value> all;
  const Neuron<double>& neuron;
  const Layer& layer;
  const MLP& net;
};

[[gnu::noinline]] void look(const Tour& tour) {
  asm volatile("" : : "r"(&tour) : "memory");
  asm volatile("");
}

}  // namespace

int main(int argc, char** argv) {
  Tape tape;
  Value rest;
  for (const double probability : {0.5, 0.25, 0.0}) {  // the third is the one to find
    tape.clear();
    rest = entropy(tape, probability);
  }
  Tape unused(Tape::inactive);
  Tape other;
  MLP net({2, 3, 1}, Activation::tanh, Activation::identity, 7);
  const std::vector<Value> x = other.variables(std::vector<double>{0.5, -1});
  const Value far = net(x)[0];
  other.backward(far);

  const auto scope = tape.activate();
  const Value w = tape.variable(-3.0, "w"sv);
  const Value sum_of_all = sum(std::vector<Value>{w, 2.0, w * 2.0, 1.5});
  const Value y = tanh(cube(tape, sum_of_all + 8.0) / 4.0);
  tape.name(y, "y");
  tape.backward(y);

  Tape gone(Tape::inactive);
  const Value old = gone.variable(2.0);
  gone.clear();
  const std::vector<double> weights{1, -2};
  const Neuron<double> neuron(weights, 0.5, Activation::tanh);
  if (argc > 1) save_tape(tape, argv[1]);  // for same_file.py
  look({tape,
        other,
        unused,
        y,
        w,
        3.0,
        old,
        far,
        rest,
        Node(y),
        {y, w, 4.0},
        neuron,
        net.layers()[0],
        net});
  std::printf("%g %g\n", w.grad(), rest.value());
}

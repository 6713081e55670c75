#include "sweep.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace tapegrad {
namespace {

// What the fast sweep has to do at a node. Looked up by opcode, so that one byte decides.
enum class Shape : std::uint8_t { nothing, one, two, many, external };

constexpr std::array<Shape, 256> make_shapes() {
  std::array<Shape, 256> shapes{};  // nothing: leaves, results, and bytes that are no opcode
  for (std::size_t k = 0; k < op_count; ++k) {
    const Op op = static_cast<Op>(k);
    const auto set = [&](Form form, Shape shape) {
      shapes[static_cast<std::size_t>(make_opcode(op, form))] = shape;
    };
    if (op == Op::External) {
      set(Form::variables, Shape::external);
    } else if (has_rule(op) && info(op).arity == 1) {
      set(Form::variables, Shape::one);
    } else if (has_rule(op) && info(op).arity == 2) {
      set(Form::variables, Shape::two);
      set(Form::constant_right, Shape::one);
      set(Form::constant_left, Shape::one);
    } else if (has_rule(op)) {
      set(Form::variables, Shape::many);
    }
  }
  return shapes;
}

constexpr std::array<Shape, 256> shapes = make_shapes();

bool plain_sweep_wanted() {
#if !defined(__OPTIMIZE__)
  return true;
#else
  const char* const setting = std::getenv("TAPEGRAD_PLAIN_SWEEP");
  return setting != nullptr && std::string_view(setting) == "1";
#endif
}

}  // namespace

// Node i usually has node i-1 among its operands (inside an expression always). Sending that
// contribution through memory costs a store and a load that waits for it, 12 cycles; so the
// adjoint of the next node is carried in a register, and takes its contributions in the same
// order as in the plain sweep.
void sweep_fast(const Recording& recording, const Externals& externals, std::span<double> adjoints,
                std::size_t last) {
  double* const adjoint = adjoints.data();
  double carried = adjoint[last];
  for (std::size_t node = last; node > 0; --node) {
    const double a = carried;
    carried = adjoint[node - 1];
    const auto hand_on = [&](std::uint32_t operand, double contribution) {
      if (operand == node - 1) {
        carried += contribution;
      } else {
        adjoint[operand] += contribution;
      }
    };
    const Shape shape = shapes[static_cast<std::size_t>(recording.opcode(node))];
    if (shape == Shape::external) {
      sweep_external(recording, externals, adjoints, node);
      carried = adjoint[node - 1];
      continue;
    }
    if (a == 0 || shape == Shape::nothing) continue;
    const Links& links = recording.links(node);
    if (shape == Shape::many) {
      const auto operands = recording.side_operands(links);
      const auto partials = recording.side_partials(links);
      for (std::size_t k = 0; k < operands.size(); ++k)
        if (operands[k] != 0) hand_on(operands[k], a * partials[k]);
    } else {
      hand_on(links.operand0, a * links.partial0);
      if (shape == Shape::two) hand_on(links.operand1, a * links.partial1);
    }
    adjoint[node - 1] = carried;
  }
}

void sweep_external(const Recording& recording, const Externals& externals,
                    std::span<double> adjoints, std::size_t node) {
  std::size_t results = 0;
  while (node + results + 1 < adjoints.size() && recording.op(node + results + 1) == Op::Result &&
         recording.links(node + results + 1).operand0 == node)
    ++results;
  const std::span<const double> result_adjoints = adjoints.subspan(node + 1, results);
  if (std::all_of(result_adjoints.begin(), result_adjoints.end(), [](double a) { return a == 0; }))
    return;

  const Links links = recording.links(node);
  const auto operands = recording.side_operands(links);
  std::vector<double> values(operands.size());
  std::vector<double> operand_adjoints(operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k)
    values[k] = operands[k] == 0 ? recording.side_partials(links)[k] : recording.value(operands[k]);

  const External& operation = *externals[static_cast<std::size_t>(recording.value(node))];
  operation.pull_back(values, result_adjoints, operand_adjoints);
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (operands[k] != 0) adjoints[operands[k]] += operand_adjoints[k];
}

void run_sweep(const Recording& recording, const Externals& externals, std::span<double> adjoints,
               std::size_t last) {
  static const bool plain = plain_sweep_wanted();
  (plain ? sweep_plain : sweep_fast)(recording, externals, adjoints, last);
}

}  // namespace tapegrad

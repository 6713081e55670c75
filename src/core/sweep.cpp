#include "sweep.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace tapegrad {
namespace {

// What the fast sweep has to do at a node. Looked up by opcode, so that one byte decides.
// The cutting ones (OpInfo::cuts) hand nothing to an operand whose partial is 0.
enum class Shape : std::uint8_t {
  nothing,
  one,
  two,
  many,
  cutting_one,
  cutting_two,
  cutting_many,
  external
};

constexpr Shape shape_of(Op op, Form form) {
  if (op == Op::External) return Shape::external;
  if (!has_rule(op)) return Shape::nothing;
  const int operands = info(op).arity - (form == Form::variables ? 0 : 1);
  const bool cuts = info(op).cuts;
  if (operands == 1) return cuts ? Shape::cutting_one : Shape::one;
  if (operands == 2) return cuts ? Shape::cutting_two : Shape::two;
  return cuts ? Shape::cutting_many : Shape::many;
}

constexpr std::array<Shape, 256> make_shapes() {
  std::array<Shape, 256> shapes{};  // nothing: also bytes that are no opcode
  for (std::size_t k = 0; k < op_count; ++k) {
    const Op op = static_cast<Op>(k);
    const bool may_have_constant = has_rule(op) && info(op).arity == 2;
    for (const Form form : {Form::variables, Form::constant_right, Form::constant_left})
      if (form == Form::variables || may_have_constant)
        shapes[static_cast<std::size_t>(make_opcode(op, form))] = shape_of(op, form);
  }
  return shapes;
}

constexpr std::array<Shape, 256> shapes = make_shapes();

// Calls visit(operand, partial) for each operand that is no constant.
template <class Visitor>
void for_each_side_operand(const Recording& recording, const Links& links, Visitor&& visit) {
  const auto operands = recording.side_operands(links);
  const auto partials = recording.side_partials(links);
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (operands[k] != 0) visit(operands[k], partials[k]);
}

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
    const Shape shape = shapes[static_cast<std::size_t>(recording.opcode(node))];
    if (shape == Shape::external) {
      sweep_external(recording, externals, adjoints, node);
      carried = adjoint[node - 1];
      continue;
    }
    if (a == 0) continue;
    const auto hand_on = [&](std::uint32_t operand, double partial) {
      if (operand == node - 1) {
        carried += a * partial;
      } else {
        adjoint[operand] += a * partial;
      }
    };
    const auto hand_on_unless_cut = [&](std::uint32_t operand, double partial) {
      if (partial != 0) hand_on(operand, partial);
    };
    const Links& links = recording.links(node);
    switch (shape) {
      case Shape::one:
        hand_on(links.operand0, links.partial0);
        break;
      case Shape::two:
        hand_on(links.operand0, links.partial0);
        hand_on(links.operand1, links.partial1);
        break;
      case Shape::many:
        for_each_side_operand(recording, links, hand_on);
        break;
      case Shape::cutting_one:
        hand_on_unless_cut(links.operand0, links.partial0);
        break;
      case Shape::cutting_two:
        hand_on_unless_cut(links.operand0, links.partial0);
        hand_on_unless_cut(links.operand1, links.partial1);
        break;
      case Shape::cutting_many:
        for_each_side_operand(recording, links, hand_on_unless_cut);
        break;
      case Shape::nothing:
      case Shape::external:
        break;
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

  // Held here: a callback that ends a Mark may take the node, and its operation, off the tape.
  const std::shared_ptr<const External> operation =
      externals[static_cast<std::size_t>(recording.value(node))];
  operation->pull_back(values, result_adjoints, operand_adjoints);
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (operands[k] != 0) adjoints[operands[k]] += operand_adjoints[k];
}

void run_sweep(const Recording& recording, const Externals& externals, std::span<double> adjoints,
               std::size_t last) {
  static const bool plain = plain_sweep_wanted();
  (plain ? sweep_plain : sweep_fast)(recording, externals, adjoints, last);
}

}  // namespace tapegrad

// The chain rule over the instructions of a program, written behind them.
//
//   Extended   the program's copy, with what is appended
//   Sums       adjoints or tangents: which there are, and each as a sum that grows
//   reverse()  from the last instruction to the first: differentiate(), pull_back()
//   tangent()  from the first to the last
//
// Partials are the rules', computed with Symbols (symbol.hpp). Each instruction that is appended
// has an Origin, by which texts and generated code say what part of the chain rule it is.

#include "tapegrad/program/differentiate.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <vector>

#include "builder.hpp"
#include "ops/at_operands.hpp"
#include "symbol.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

// Stands for none.
constexpr Ref no_operand = Ref::constant(0);

// What the instructions of a differentiation come from.
class Origins {
 public:
  Origins(const Program& program, std::uint8_t order)
      : program_(program), order_(order), nodes_of_inputs_(program.input_count()) {
    if (const auto& sources = ProgramBuilder::data(program).sources)
      for (const auto& [node, input] : sources->inputs) nodes_of_inputs_[input] = node;
  }

  // The partial of the k-th instruction by an operand.
  Origin of(std::size_t k, Ref operand) const {
    const Origin source = program_.origin(k);
    return {.node = source.node,
            .operand = node(operand),
            .kind = Origin::Kind::partial,
            .order = order_,
            .of = source.order};
  }

 private:
  std::uint32_t node(Ref operand) const {
    if (operand.is_constant()) return 0;
    const auto instruction = ProgramBuilder::data(program_).instruction_of(operand);
    return instruction ? program_.origin(*instruction).node : nodes_of_inputs_[operand.index()];
  }

  const Program& program_;
  std::uint8_t order_;
  std::vector<std::uint32_t> nodes_of_inputs_;
};

// A copy of a program, to which instructions are added that read it.
class Extended {
 public:
  /// With more inputs behind those of the program.
  Extended(const Program& program, std::span<const std::string> more_inputs) : program_(program) {
    if (more_inputs.empty()) {
      builder.copy(program);
      shift_ = 0;
      return;
    }
    builder.inherit(program);
    for (const std::string& name : ProgramBuilder::data(program).input_names)
      builder.add_input(name);
    for (const std::string& name : more_inputs) builder.add_input(name);
    shift_ = more_inputs.size();
    std::vector<Ref> operands;
    for (std::size_t k = 0; k < program.instructions().size(); ++k) {
      const Instruction& instruction = program.instructions()[k];
      operands.clear();
      for (const Ref operand : program.operands(instruction)) operands.push_back(ref(operand));
      builder.set_origin(program.origin(k));
      builder.append(instruction.op, operands);
    }
    for (const Guard& guard : program.guards())
      builder.add_guard({.condition = ref(guard.condition), .held = guard.held});
  }

  /// Where a number of the program is found in the copy.
  Ref ref(Ref original) {
    if (original.is_constant()) return builder.constant(program_.constants()[original.index()]);
    const bool is_input = original.index() < program_.input_count();
    return is_input ? original : Ref::result(original.index() + shift_);
  }
  Symbol symbol(Ref original) { return {builder, ref(original)}; }
  /// Of an added input.
  Symbol added_input(std::size_t k) { return {builder, Ref::result(program_.input_count() + k)}; }

  void add_outputs_of_program() {
    for (std::size_t k = 0; k < program_.output_count(); ++k)
      builder.add_output(ref(program_.outputs()[k]), program_.output_name(k));
  }
  void add_output(const Symbol& y, std::string name) {
    builder.add_output(y.ref(builder), std::move(name));
  }

  /// The partials of the k-th instruction.
  std::vector<Symbol> partials(std::size_t k, const Origins& origins) {
    const Instruction& instruction = program_.instructions()[k];
    const std::span<const Ref> operands = program_.operands(instruction);
    std::vector<Symbol> x;
    for (const Ref operand : operands) x.push_back(symbol(operand));
    const Symbol y = symbol(Ref::result(program_.input_count() + k));
    const bool is_of_one = operands.size() == 1;
    builder.set_origin_of_parts(origins.of(k, is_of_one ? operands[0] : no_operand));
    std::vector<Symbol> all = with_rule(instruction.op, [&]<class Rule>() {
      return partials_at<Rule>(std::span<const Symbol>(x), y);
    });
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!operands[i].is_constant() && !all[i].is_constant())
        builder.settle(all[i].ref(builder), origins.of(k, operands[i]));
    return all;
  }

  ProgramBuilder builder;

 private:
  const Program& program_;
  std::size_t shift_ = 0;
};

// What an instruction hands on: to the adjoint of an operand, or of its tangent.
struct Share {
  Symbol factor;  // the instruction's adjoint, or the operand's tangent
  Symbol partial;
  bool cuts;      // a partial of 0 hands nothing on
  Origin origin;  // of the instruction and the operand
};

// A chain step that needs no more instructions than it must: exact, up to the sign of 0.
std::optional<Symbol> chain_step(const Share& share) {
  const auto& [factor, partial, cuts, origin] = share;
  if (factor.is(0) || (cuts && partial.is(0))) return std::nullopt;
  const bool is_factor_known = factor.is_constant();  // and not 0: it hands on
  Symbol product = partial.is(1)     ? factor
                   : partial.is(-1)  ? -factor
                   : factor.is(1)    ? partial
                   : is_factor_known ? factor * partial
                                     : Symbol::apply<rule::Chain>(factor, partial);
  if (cuts && !partial.is_constant()) product = select(partial == Symbol(0), Symbol(0), product);
  return product;
}

// Adjoints or tangents of inputs and results, each a sum that begins with nothing.
class Sums {
 public:
  Sums(const Program& program, ProgramBuilder& builder)
      : builder_(builder), sums_(program.input_count() + program.instructions().size(), nothing) {}

  void add(Ref to, const std::optional<Symbol>& term) {
    if (to.is_constant() || !term) return;
    Ref& sum = sums_[to.index()];
    sum = (sum == nothing ? *term : Symbol(builder_, sum) + *term).ref(builder_);
  }

  void add(Ref to, const Share& share) {
    Origin origin = share.origin;
    origin.kind = has(to) ? Origin::Kind::term : Origin::Kind::first;
    builder_.set_origin_of_parts(origin);
    const std::optional<Symbol> term = chain_step(share);
    if (term && !term->is_constant()) builder_.settle(term->ref(builder_), origin);
    origin.kind = Origin::Kind::sum;
    builder_.set_origin(origin);
    add(to, term);
  }

  bool has(Ref of) const { return !of.is_constant() && sums_[of.index()] != nothing; }
  /// 0 where nothing was added.
  Symbol operator[](Ref of) const {
    return has(of) ? Symbol(builder_, sums_[of.index()]) : Symbol(0);
  }

 private:
  static constexpr Ref nothing = Ref::result(Ref::most);
  ProgramBuilder& builder_;
  std::vector<Ref> sums_;
};

std::vector<std::string> names(const char* prefix, const Program& program, bool of_outputs) {
  std::vector<std::string> all;
  const std::size_t count = of_outputs ? program.output_count() : program.input_count();
  for (std::size_t k = 0; k < count; ++k)
    all.push_back(prefix + (of_outputs ? program.output_name(k) : program.input_name(k)));
  return all;
}

// The reverse sweep. @param output  what its adjoints are derivatives of
Program reverse(const Program& program, Extended& extended, std::span<const Symbol> seeds,
                const std::string& output) {
  const std::size_t inputs = program.input_count();
  const Origins origins(program, extended.builder.add_differentiation(
                                     {.sweep = Differentiation::Sweep::reverse, .output = output}));
  Sums adjoints(program, extended.builder);
  for (std::size_t k = 0; k < seeds.size(); ++k) adjoints.add(program.outputs()[k], seeds[k]);
  for (std::size_t k = program.instructions().size(); k-- > 0;) {
    const Ref result = Ref::result(inputs + k);
    if (!adjoints.has(result)) continue;
    const Symbol adjoint = adjoints[result];
    const Instruction& instruction = program.instructions()[k];
    const std::span<const Ref> operands = program.operands(instruction);
    const std::vector<Symbol> partials = extended.partials(k, origins);
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (!operands[i].is_constant())
        adjoints.add(operands[i], {.factor = adjoint,
                                   .partial = partials[i],
                                   .cuts = info(instruction.op).cuts,
                                   .origin = origins.of(k, operands[i])});
  }
  extended.add_outputs_of_program();
  for (std::size_t i = 0; i < inputs; ++i)
    extended.add_output(adjoints[Ref::result(i)], "d/d" + program.input_name(i));
  return extended.builder.finish();
}

}  // namespace

Program differentiate(const Program& program) {
  if (program.output_count() != 1)
    throw ShapeError(fmt::format(
        "differentiate: the program has {} outputs; it takes one (of more: pull_back())",
        program.output_count()));
  const Symbol one(1);
  Extended extended(program, {});
  return reverse(program, extended, std::span(&one, 1), program.output_name(0));
}

Program pull_back(const Program& program) {
  Extended extended(program, names("adjoint of ", program, true));
  std::vector<Symbol> seeds;
  for (std::size_t k = 0; k < program.output_count(); ++k) seeds.push_back(extended.added_input(k));
  return reverse(program, extended, seeds, "L");
}

Program tangent(const Program& program) {
  const std::size_t inputs = program.input_count();
  Extended extended(program, names("tangent of ", program, false));
  const Origins origins(program,
                        extended.builder.add_differentiation(
                            {.sweep = Differentiation::Sweep::tangent, .output = std::string()}));
  Sums tangents(program, extended.builder);
  for (std::size_t i = 0; i < inputs; ++i) tangents.add(Ref::result(i), extended.added_input(i));
  for (std::size_t k = 0; k < program.instructions().size(); ++k) {
    const Ref result = Ref::result(inputs + k);
    const Instruction& instruction = program.instructions()[k];
    const std::span<const Ref> operands = program.operands(instruction);
    std::vector<Symbol> partials;  // only where something moves
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (!tangents.has(operands[i])) continue;
      if (partials.empty()) partials = extended.partials(k, origins);
      tangents.add(result, {.factor = tangents[operands[i]],
                            .partial = partials[i],
                            .cuts = info(instruction.op).cuts,
                            .origin = origins.of(k, operands[i])});
    }
  }
  extended.add_outputs_of_program();
  for (std::size_t k = 0; k < program.output_count(); ++k)
    extended.add_output(tangents[program.outputs()[k]], "tangent of " + program.output_name(k));
  return extended.builder.finish();
}

}  // namespace tapegrad

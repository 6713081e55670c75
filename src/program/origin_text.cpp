#include "origin_text.hpp"

#include <fmt/format.h>

#include <optional>

#include "builder.hpp"
#include "core/shown.hpp"
#include "identifiers.hpp"

namespace tapegrad {
namespace {

using Kind = Origin::Kind;
using Sweep = Differentiation::Sweep;

const Differentiation& differentiation(const Program& program, const Origin& origin) {
  return ProgramBuilder::data(program).differentiations.at(origin.order - 1u);
}

// "pa"; "x[1]" of an input without a name; else empty.
std::string known_name(const Program& program, std::size_t node) {
  if (std::string name = program.node_name(node); !name.empty()) return name;
  const auto& sources = ProgramBuilder::data(program).sources;
  const auto input = sources == nullptr ? std::nullopt : sources->input(node);
  return input ? program.input_name(*input) : std::string();
}

// The same, or "#4".
std::string called(const Program& program, std::size_t node) {
  const std::string name = shown(known_name(program, node));
  return name.empty() ? fmt::format("#{}", node) : name;
}

// "#4 pa", "#4".
std::string numbered(const Program& program, std::size_t node) {
  const std::string name = shown(program.node_name(node));
  return name.empty() ? fmt::format("#{}", node) : fmt::format("#{} {}", node, name);
}

// "∂a/∂pa"; what is a quotient itself in parentheses.
std::string derivative(const std::string& of, const std::string& by) {
  const bool is_quotient = of.find('/') != std::string::npos;
  return fmt::format("∂{}{}{}/∂{}", is_quotient ? "(" : "", shown(of), is_quotient ? ")" : "", by);
}

// What a chain step adds to, what it hands on, and the partial that it hands it on by.
struct ChainStep {
  ChainStep(const Program& program, const Origin& origin) {
    const std::string node = called(program, origin.node);
    const std::string operand = called(program, origin.operand);
    partial = derivative(node, operand);
    const Differentiation& by = differentiation(program, origin);
    if (by.sweep == Sweep::reverse) {
      to = derivative(by.output, operand);
      share = fmt::format("{} · {}", derivative(by.output, node), partial);
    } else {
      to = "tangent of " + node;
      share = fmt::format("{} · tangent of {}", partial, operand);
    }
  }
  std::string to, share, partial;
};

bool has_step(const Origin& origin) {
  return origin.of == 0 && origin.operand != 0 && origin.operand != origin.node;
}

// Of the chain rule where there is no step between two nodes: within one that was written by
// several instructions, or through an earlier chain rule.
std::string other_step(const Program& program, const Origin& origin) {
  const std::string node = numbered(program, origin.node);
  const std::string of =
      origin.of == 0 ? node : fmt::format("chain rule {}, at {}", origin.of, node);
  if (origin.kind == Kind::partial) return "partials of " + of;
  return origin.of == 0 ? "chain rule of " + of
                        : fmt::format("chain rule {} of {}", origin.order, of);
}

// The node whose name the result has: an adjoint is the operand's, a tangent and a partial the
// node's.
std::size_t named_by(const Program& program, const Origin& origin) {
  const bool is_adjoint =
      origin.kind != Kind::partial && differentiation(program, origin).sweep == Sweep::reverse;
  return is_adjoint ? origin.operand : origin.node;
}

}  // namespace

std::string to_string(const Program& program, const Origin& origin) {
  if (origin.node == 0) return {};
  const char* const prefix = origin.is_whole ? "" : "for ";
  if (origin.order == 0) return prefix + numbered(program, origin.node);
  if (!has_step(origin)) return prefix + other_step(program, origin);
  const ChainStep step(program, origin);
  switch (origin.kind) {
    case Kind::partial:
      return prefix + step.partial;
    case Kind::first:
      return fmt::format("{}{} = {}", prefix, step.to, step.share);
    case Kind::term:
      return prefix + step.share;
    case Kind::sum:
      return fmt::format("{}{} += {}", prefix, step.to, step.share);
    case Kind::value:
      break;
  }
  return {};
}

std::string label(const Program& program, const Origin& origin) {
  if (!origin.is_whole || origin.kind == Kind::term) return {};
  if (origin.order == 0) return program.node_name(origin.node);
  if (!has_step(origin) || program.node_name(named_by(program, origin)).empty()) return {};
  if (origin.kind != Kind::partial) return ChainStep(program, origin).to;
  return program.node_name(origin.operand).empty() ? "" : ChainStep(program, origin).partial;
}

std::string plain_label(const Program& program, const Origin& origin) {
  if (!origin.is_whole || origin.kind == Kind::term) return {};
  if (origin.order == 0) return known_name(program, origin.node);
  const std::string name =
      has_step(origin) ? known_name(program, named_by(program, origin)) : std::string();
  if (name.empty()) return {};
  if (origin.kind == Kind::partial) {
    const std::string operand = known_name(program, origin.operand);
    return operand.empty() ? "" : fmt::format("d{}_d{}", name, operand);
  }
  const Differentiation& by = differentiation(program, origin);
  if (by.sweep == Sweep::tangent) return "tangent_" + name;
  return is_identifier(by.output) ? fmt::format("d{}_d{}", by.output, name) : "d_" + name;
}

std::string borrowed_adjoint(const Program& program, const Origin& step, const Origin& factor) {
  const bool is_adjoint = factor.kind == Kind::first || factor.kind == Kind::sum;
  if (!is_adjoint || !has_step(step) || !has_step(factor) || step.order != factor.order ||
      factor.operand == step.node || differentiation(program, step).sweep != Sweep::reverse)
    return {};
  const std::string& output = differentiation(program, step).output;
  return fmt::format("{} is {}", derivative(output, called(program, step.node)),
                     derivative(output, called(program, factor.operand)));
}

std::string heading(const Program& program, std::uint8_t order) {
  if (order == 0) return "Forward pass";
  const auto& all = ProgramBuilder::data(program).differentiations;
  const Differentiation& by = all.at(order - 1u);
  const std::string number = all.size() > 1 ? fmt::format(" {}", order) : std::string();
  if (by.sweep == Sweep::tangent)
    return fmt::format("Chain rule{}: tangents, from the inputs on", number);
  return fmt::format("Chain rule{}: from {} back to the inputs", number, shown(by.output));
}

}  // namespace tapegrad

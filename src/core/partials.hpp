// Where the partial derivatives of a node come from. All sweeps, and whoever looks at a node, ask
// here, so that all see the same bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tapegrad/core/recording.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

/// Are its operands in the row itself? Those of three and more are in side cells, with their
/// partials.
template <class Rule>
inline constexpr bool fits_row = Rule::info.arity == 1 || Rule::info.arity == 2;

/// Does the rule come in this form? For operations of one and two operands.
template <class Rule, Form form>
inline constexpr bool has_form = fits_row<Rule> &&
                                 (Rule::info.arity == 2 || form == Form::variables);

/// The partials to the operands that are nodes: one, or two for Form::variables of two operands.
template <class Rule, Form form> TAPEGRAD_INLINE auto partials_of(const Row* rows, const Row& row) {
  const double a = rows[row.a].value;
  if constexpr (Rule::info.arity == 1 && Rule::info.keeps) {
    return std::array{row.number};
  } else if constexpr (Rule::info.arity == 1) {
    return Rule::partials(a, row.value);
  } else if constexpr (form == Form::variables) {
    return Rule::partials(a, rows[row.b].value, row.value);
  } else if constexpr (form == Form::constant_right) {
    return std::array{Rule::partials(a, row.number, row.value)[0]};
  } else {
    return std::array{Rule::partials(row.number, a, row.value)[1]};
  }
}

/// The same where the form is known only at run time.
struct Partials {
  Partials() = default;
  Partials(std::array<double, 1> one) : to{one[0], 0}, count(1) {}
  Partials(std::array<double, 2> two) : to(two), count(2) {}
  std::array<double, 2> to = {};
  std::size_t count = 0;
};

/// None for an operation that keeps them in the side cells.
template <class Rule> Partials partials_of(const Row* rows, const Row& row) {
  if constexpr (!fits_row<Rule>) {
    return {};
  } else if constexpr (Rule::info.arity == 1) {
    return partials_of<Rule, Form::variables>(rows, row);
  } else {
    const Form form = form_of(row.opcode);
    if (form == Form::constant_right) return partials_of<Rule, Form::constant_right>(rows, row);
    if (form == Form::constant_left) return partials_of<Rule, Form::constant_left>(rows, row);
    return partials_of<Rule, Form::variables>(rows, row);
  }
}

/// The operands of a node, and the partials to them: the two of its own row, or what lies in its
/// side cells.
struct Links {
  std::array<std::uint32_t, 2> own_operands;
  std::array<double, 2> own_partials;
  const std::uint32_t* operands = nullptr;
  const double* partials = nullptr;
  std::size_t count = 0;
  bool cuts = false;
};

template <class Rule> void find_links(const Recording& recording, const Row& row, Links& links) {
  links.cuts = Rule::info.cuts;
  if constexpr (fits_row<Rule>) {
    const Partials partials = partials_of<Rule>(&recording.row(0), row);
    links.own_operands = {row.a, partials.count == 2 ? row.b : 0};
    links.own_partials = partials.to;
    links.operands = links.own_operands.data();
    links.partials = links.own_partials.data();
    links.count = partials.count;
  } else {
    links.operands = recording.side_operands(row).data();
    links.partials = recording.side_partials(row).data();
    links.count = row.b;
  }
}

}  // namespace tapegrad

// Printing: Values, Nodes, matrices and checks of derivatives, with fmt and with streams. In a
// header of its own, so that the engine's headers pull in neither.
#pragma once

#include <fmt/format.h>

#include <limits>
#include <ostream>

#include "tapegrad/core/math.hpp"
#include "tapegrad/core/node.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/derivatives/matrix.hpp"

namespace tapegrad {

/// Prints the value like a double.
inline std::ostream& operator<<(std::ostream& out, Value x) { return out << x.value(); }

/// Prints the node's line, as to_string(node).
inline std::ostream& operator<<(std::ostream& out, const Node& node) {
  return out << to_string(node);
}

/// Prints rows of aligned columns, as to_string(matrix).
inline std::ostream& operator<<(std::ostream& out, const Matrix& matrix) {
  return out << to_string(matrix);
}

/// Prints a report, as to_string(check).
inline std::ostream& operator<<(std::ostream& out, const GradientCheck& check) {
  return out << to_string(check);
}
inline std::ostream& operator<<(std::ostream& out, const JacobianCheck& check) {
  return out << to_string(check);
}
inline std::ostream& operator<<(std::ostream& out, const HessianCheck& check) {
  return out << to_string(check);
}

}  // namespace tapegrad

// g++ 12 at -O3 sees a write outside of fmt's fill character, which the lines before it rule out;
// the pragma reaches it only where fmt's parser is inlined.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

/// A Value takes the format of a double: fmt::format("{:.3f}", x).
template <> struct fmt::formatter<tapegrad::Value> {
  [[gnu::flatten]] constexpr auto parse(fmt::format_parse_context& context) {
    return number_.parse(context);
  }
  auto format(tapegrad::Value x, fmt::format_context& context) const {
    // A NaN's sign says nothing, and depends on the processor.
    const double value = isnan(x) ? std::numeric_limits<double>::quiet_NaN() : x.value();
    return number_.format(value, context);
  }

 private:
  fmt::formatter<double> number_;
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace tapegrad {

/// For what prints as its to_string() and takes no further format: fmt::format("{}", node).
template <class T> struct WholeFormatter {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  auto format(const T& it, fmt::format_context& context) const {
    return fmt::format_to(context.out(), "{}", to_string(it));
  }
};

}  // namespace tapegrad

template <> struct fmt::formatter<tapegrad::Node> : tapegrad::WholeFormatter<tapegrad::Node> {};
template <> struct fmt::formatter<tapegrad::Matrix> : tapegrad::WholeFormatter<tapegrad::Matrix> {};
template <>
struct fmt::formatter<tapegrad::GradientCheck> : tapegrad::WholeFormatter<tapegrad::GradientCheck> {
};
template <>
struct fmt::formatter<tapegrad::JacobianCheck> : tapegrad::WholeFormatter<tapegrad::JacobianCheck> {
};
template <>
struct fmt::formatter<tapegrad::HessianCheck> : tapegrad::WholeFormatter<tapegrad::HessianCheck> {};

// What changed between two recordings.

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "../core/number.hpp"
#include "../core/same_number.hpp"
#include "../core/shown.hpp"
#include "tapegrad/inspect/dump.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t most_lines = 50;

// With as many digits as it takes to see the difference.
std::string from_to(double before, double now) {
  const std::string a = number(before), b = number(now);
  return a != b ? a + " -> " + b : fmt::format("{:.17g} -> {:.17g}", before, now);
}

bool same_operands(const Node& before, const Node& now) {
  const auto a = before.operands(), b = now.operands();
  if (a.size() != b.size()) return false;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const Operand one = a[k], other = b[k];
    if (one.node != other.node || !has_same_bits(one.constant, other.constant)) return false;
  }
  return true;
}

bool same_operation(const Node& before, const Node& now) {
  return before.operation() == now.operation() && same_operands(before, now);
}

class Difference {
 public:
  Difference(const Tape& before, const Tape& now) : before_(before), now_(now) {
    const std::size_t both = std::min(before.size(), now.size());
    for (std::size_t node = 1; node <= both; ++node) compare(node);
    for (std::size_t node = both + 1; node <= before.size(); ++node)
      note([&] { return "- " + to_string(before_.node(node)); });
    for (std::size_t node = both + 1; node <= now.size(); ++node)
      note([&] { return "+ " + to_string(now_.node(node)); });
  }

  std::string text() const {
    std::string text = fmt::format("{} before, {} now: {}\n", counted(before_.size(), "node"),
                                   now_.size(), changed_ == 0 ? "no change" : summary());
    text += sweeps() + lines_;
    if (changed_ > most_lines) text += fmt::format("... and {} more\n", changed_ - most_lines);
    return text;
  }

 private:
  void compare(std::size_t index) {
    const Node before(before_, index), now(now_, index);
    if (!same_operation(before, now)) {
      ++operation_;
      note([&] { return "  " + to_string(before) + " -> " + to_string(now); });
      return;
    }
    const auto old_adjoint = before.adjoint(), adjoint = now.adjoint();
    const bool other_value =
        now.op() != Op::External && !has_same_bits(before.value(), now.value());
    const bool other_adjoint = old_adjoint && adjoint && !has_same_bits(*old_adjoint, *adjoint);
    if (!other_value && !other_adjoint) return;
    value_ += other_value ? 1 : 0;
    adjoint_ += other_adjoint ? 1 : 0;
    note([&] {
      std::string line = fmt::format("  {} {}:", label(now), shown(now.operation()));
      if (other_value) line += " value " + from_to(before.value(), now.value());
      if (other_value && other_adjoint) line += ',';
      if (other_adjoint) line += " adjoint " + from_to(*old_adjoint, *adjoint);
      return line;
    });
  }

  // The text is made only for a line that is printed.
  template <class Text> void note(Text&& text) {
    if (++changed_ <= most_lines) lines_ += text() + '\n';
  }

  std::string summary() const {
    std::string text;
    const auto part = [&](std::size_t count, const char* what) {
      if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
    };
    const std::size_t both = std::min(before_.size(), now_.size());
    part(before_.size() - both, "removed");
    part(now_.size() - both, "added");
    part(operation_, "of another operation");
    part(value_, "of another value");
    part(adjoint_, "of another adjoint");
    return text;
  }

  std::string sweeps() const {
    const bool before = before_.find_adjoint(1).has_value(), now = now_.find_adjoint(1).has_value();
    if (before == now) return "";
    return before ? "swept only before: adjoints are not compared\n"
                  : "swept only now: adjoints are not compared\n";
  }

  const Tape& before_;
  const Tape& now_;
  std::size_t changed_ = 0;    // nodes
  std::size_t operation_ = 0;  // of them in operation or operands
  std::size_t value_ = 0;
  std::size_t adjoint_ = 0;
  std::string lines_;
};

}  // namespace

std::string difference(const Tape& before, const Tape& now) {
  return Difference(before, now).text();
}

}  // namespace tapegrad

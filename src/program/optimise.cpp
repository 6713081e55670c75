#include <fmt/format.h>

#include "tapegrad/program/passes.hpp"

namespace tapegrad {
namespace {

struct Pass {
  const char* name;
  Program (*run)(const Program&);
};

// Simplified once more at the end: equal sides of a select() are seen only when they are shared.
constexpr Pass passes[] = {
    {"remove dead code", remove_dead_code},
    {"expand", expand},
    {"simplify", simplify},
    {"share common subexpressions", share_common_subexpressions},
    {"simplify", simplify},
    {"remove dead code", remove_dead_code},
    {"schedule", schedule},
};

}  // namespace

Optimised optimise(const Program& program) {
  Optimised optimised{program, {}};
  for (const Pass& pass : passes) {
    const std::size_t before = optimised.program.instructions().size();
    optimised.program = pass.run(optimised.program);
    optimised.reports.push_back(
        {.pass = pass.name, .before = before, .after = optimised.program.instructions().size()});
  }
  return optimised;
}

std::string to_string(const std::vector<PassReport>& reports) {
  std::string text;
  for (const PassReport& report : reports)
    text += fmt::format("{:27}  {:9} instructions before, {:9} after\n", report.pass, report.before,
                        report.after);
  return text;
}

}  // namespace tapegrad

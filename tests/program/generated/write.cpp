// Writes the generated C++ of all programs into one file, each in a namespace of its own, and a
// table of the functions.

#include <fmt/format.h>

#include <cstdio>

#include "programs.hpp"

int main(int, char** argv) {
  std::FILE* const file = std::fopen(argv[1], "w");
  if (file == nullptr) return 1;
  // No header may be included within a namespace; and all of it is compiled twice.
  fmt::print(file,
             "#include <array>\n#include <cmath>\n#include <limits>\n\n"
             "namespace {{\n\n");
  std::string table;
  for (const auto& [name, program, point, length] : tapegrad::testing::generated_programs()) {
    fmt::print(file, "namespace of_{} {{\n\n{}\n}}\n\n", name,
               generate_cpp(program, {.function = name, .instructions_per_function = length}));
    table += fmt::format("    of_{0}::{0},\n", name);
  }
  fmt::print(file,
             "}}  // namespace\n\nusing Evaluate = bool (*)(const double*, double*);\n"
             "extern const Evaluate TAPEGRAD_TABLE[];\n"
             "const Evaluate TAPEGRAD_TABLE[] = {{\n{}}};\n",
             table);
  return std::fclose(file) == 0 ? 0 : 1;
}

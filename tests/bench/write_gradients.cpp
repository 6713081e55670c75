// Writes the gradients of the kernels as C++, one after the other into one file, and a function
// that finds them: generated_gradient() of replay_contestants.hpp.

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "kernels.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/generate.hpp"
#include "tapegrad/program/passes.hpp"

namespace {

// Of a gradient that is written. At -O3 g++ 12 takes a third of a millisecond for each of them, in
// longer functions more: a minute for all.
constexpr std::size_t most_instructions = 100'000, instructions_per_function = 300;

// A file within a namespace: its #include lines have to go before that.
struct File {
  std::string includes;
  std::string body;
};

File split(std::string_view text) {
  File file;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    (line.starts_with("#include") ? file.includes : file.body) += line;
    text.remove_prefix(line.size());
  }
  return file;
}

}  // namespace

int main(int count, char** arguments) {
  std::FILE* const output = count == 2 ? std::fopen(arguments[1], "w") : nullptr;
  if (output == nullptr) {
    fmt::print(stderr, "usage: {} FILE\n", arguments[0]);
    return 1;
  }
  std::string table;
  int kernels = 0;
  tapegrad::bench::for_each_kernel([&]<class Kernel>(const Kernel& kernel) {
    const tapegrad::Program program =
        tapegrad::optimise(differentiate(tapegrad::compile(kernel, kernel.inputs()))).program;
    if (program.instructions().size() > most_instructions) return;
    const std::string function = fmt::format("gradient_{}", kernels++);
    const File file = split(generate_cpp(
        program, {.function = function, .instructions_per_function = instructions_per_function}));
    fmt::print(output, "// {}\n{}namespace of_{} {{\n\n{}\n}}\n\n", Kernel::name, file.includes,
               function, file.body);
    table += fmt::format("  if (kernel == \"{0}\") return of_{1}::{1};\n", Kernel::name, function);
  });
  fmt::print(output,
             "#include \"replay_contestants.hpp\"\n\nnamespace tapegrad::bench {{\n\n"
             "Generated generated_gradient(std::string_view kernel) {{\n{}  return nullptr;\n}}\n\n"
             "}}  // namespace tapegrad::bench\n",
             table);
  return std::fclose(output) == 0 ? 0 : 1;
}

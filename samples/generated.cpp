// generated: what does the chain rule look like as a program?
//
// You learn to take a gradient out of tapegrad. A neuron and its loss, L = (tanh(w·x + b) - y)²,
// are recorded with names, compiled to a Program, and differentiated: the chain rule is now
// ordinary instructions behind those of the forward pass. generate_cpp() writes them as C++ that
// needs nothing of tapegrad: a line for each, with the names that we gave and the step of the chain
// rule as a comment. A compiler makes it the fastest way to one gradient. And a debugger that has
// never heard of derivatives steps through it: backwards through the neuron, a line at a time.
//
// Run:     samples/run generated
// Prints:  the C++; its gradient beside the tape's, which are equal to the last bit; and what gdb
//          says on its way through the chain rule. The files are written to output/.
// Next:    broken, a gradient that is NaN
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

constexpr std::array<const char*, 3> inputs{"w", "x", "b"};
constexpr std::array point{0.5, 2.0, 0.25};

/// L = (tanh(w·x + b) - y)² for y = 1. Each step has a name.
Value record_neuron(Tape& tape, std::span<const Value> v) {
  const auto named = [&](const char* name, Value value) {
    tape.name(value, name);
    return value;
  };
  const Value p = named("p", v[0] * v[1]);
  const Value pa = named("pa", p + v[2]);
  const Value a = named("a", tanh(pa));
  const Value e = named("e", a - 1.0);
  return named("L", e * e);
}

/// A program that calls the generated function, and prints what it returns.
std::string main_program(std::size_t outputs) {
  return fmt::format(R"(#include <cstdio>

bool neuron(const double* inputs, double* outputs);

int main() {{
  const double inputs[] = {{{}}};
  double outputs[{}];
  if (!neuron(inputs, outputs)) return 1;
  for (const double output : outputs) std::printf("%.17g\n", output);
}}
)",
                     fmt::join(point, ", "), outputs);
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  if (!out.flush()) throw FileError(fmt::format("{}: cannot be written", path));
}

bool is_there(const char* tool) {
  return std::system(fmt::format("command -v {} > /dev/null 2>&1", tool).c_str()) == 0;
}

/// What a command prints.
std::vector<std::string> lines_of(const std::string& command) {
  std::vector<std::string> lines;
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return lines;
  std::array<char, 1000> part;
  std::string text;
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) text += part.data();
  pclose(pipe);
  for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
    lines.push_back(text.substr(0, end));
  return lines;
}

/// Prints both gradients. Are they the same?
bool compare(const std::vector<std::string>& printed, Value loss, std::span<const Value> leaves) {
  std::vector<double> tape{loss.value()};
  for (const Value& leaf : leaves) tape.push_back(leaf.grad());
  if (printed.size() != tape.size()) throw Error("the generated program did not run");
  bool same = true;
  fmt::print("         generated       tape\n");
  for (std::size_t k = 0; k < tape.size(); ++k) {
    const double generated = std::strtod(printed[k].c_str(), nullptr);
    same = same && generated == tape[k];
    const std::string name = k == 0 ? "L" : fmt::format("∂L/∂{}", inputs[k - 1]);
    fmt::print("{:6}  {:10.6f} {:10.6f}  {}\n", name, generated, tape[k],
               generated == tape[k] ? "the same" : "NOT the same");
  }
  return same;
}

/// Commands for gdb: from the first line of the chain rule on, step and look.
std::string gdb_script(const std::string& code) {
  const std::size_t section = code.find("\n", code.find("// ---- Chain rule"));
  const auto first = std::count(code.begin(), code.begin() + static_cast<long>(section), '\n') + 2;
  std::string script = fmt::format("set confirm off\nbreak neuron.cpp:{}\nrun\n", first);
  constexpr std::string_view declares = "\n  const double ";
  for (std::size_t at = section; (at = code.find(declares, at)) != std::string::npos;) {
    at += declares.size();
    const std::string name = code.substr(at, code.find(' ', at) - at);
    for (const std::string& command : {std::string("next"), "print " + name})
      script += fmt::format("echo (gdb) {0}\\n\n{0}\n", command);
  }
  return script + "kill\n";
}

/// Runs gdb, and shows what it says from the breakpoint on. Its numbers are the tape's adjoints.
bool step(const Tape& tape) {
  // In English, and without asking servers for the C library's debug information.
  const std::vector<std::string> all = lines_of(
      "LC_ALL=C.UTF-8 DEBUGINFOD_URLS= gdb -nx -batch -x output/neuron.gdb output/neuron "
      "2> /dev/null");
  std::string name;
  std::size_t agreeing = 0;
  bool has_begun = false, same = true;
  for (const std::string& line : all) {
    if (line.starts_with("[Inferior")) break;
    has_begun = has_begun || line.starts_with("Breakpoint 1, ");
    if (!has_begun) continue;
    fmt::print("{}\n", line);
    if (line.starts_with("(gdb) print dL_d")) name = line.substr(16);
    if (line.starts_with("$") && !name.empty()) {
      const double number = std::strtod(line.c_str() + line.find('=') + 1, nullptr);
      same = same && number == tape.find(name)->adjoint();
      ++agreeing;
      name.clear();
    }
  }
  if (!has_begun) fmt::print("gdb could not run it here (no permission to trace, perhaps).\n");
  if (has_begun)
    fmt::print("\n{}\n", same ? fmt::format("All {} adjoints are those of the tape.", agreeing)
                              : "An adjoint is NOT that of the tape.");
  return same;
}

int main() {
  try {
    Tape tape;
    std::vector<Value> leaves;
    for (std::size_t i = 0; i < 3; ++i) leaves.push_back(tape.variable(point[i], inputs[i]));
    const Value loss = record_neuron(tape, leaves);
    tape.backward(loss);

    const Program recorded = compile(tape, leaves, std::span(&loss, 1), {.no_branches = true});
    const Program gradient = optimise(differentiate(recorded)).program;
    const std::string code = generate_cpp(gradient, {.function = "neuron"});
    fmt::print("{}\n", code);

    std::filesystem::create_directories("output");
    write_file("output/neuron.cpp", code);
    write_file("output/neuron_main.cpp", main_program(gradient.output_count()));
    write_file("output/neuron.gdb", gdb_script(code));
    if (!is_there("c++")) {
      fmt::print("There is no compiler c++ here; the C++ is in output/neuron.cpp.\n");
      return 0;
    }
    const std::string compile_it =
        "c++ -std=c++20 -O0 -g -ffp-contract=off output/neuron.cpp output/neuron_main.cpp "
        "-o output/neuron";
    fmt::print("{}\n\n", compile_it);
    if (std::system(compile_it.c_str()) != 0) return 1;
    bool same = compare(lines_of("output/neuron"), loss, leaves);

    fmt::print("\nThe C++, what calls it, and what gdb is told:\n");
    for (const char* file : {"neuron.cpp", "neuron_main.cpp", "neuron.gdb"})
      fmt::print("  output/{}\n", file);
    fmt::print("\n");
    if (is_there("gdb"))
      same = step(tape) && same;
    else
      fmt::print("There is no gdb here to step through it.\n");
    return same ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "generated: {}\n", error.what());
    return 2;
  }
}

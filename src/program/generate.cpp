// Generated C++, in the order of the file that is written: opening, helper functions, one function
// or several parts of it, guards, outputs.
//
// Names come from the origins of instructions (origin_text.hpp, identifiers.hpp), the operations
// that C++ does not have from helper_functions.hpp, #line directives from code_lines.hpp.

#include "tapegrad/program/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "builder.hpp"
#include "code_lines.hpp"
#include "core/shown.hpp"
#include "helper_functions.hpp"
#include "identifiers.hpp"
#include "origin_text.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad {
namespace {

// So that it reads back as the same double, and never as an int.
std::string literal(double x) {
  if (std::isnan(x)) return "NAN";
  if (std::isinf(x)) return x > 0 ? "INFINITY" : "-INFINITY";
  std::string text = fmt::format("{}", x);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string_view infix(Op op) {
  switch (op) {
    case Op::Add:
      return "+";
    case Op::Sub:
      return "-";
    case Op::Mul:
      return "*";
    case Op::Div:
      return "/";
    default:
      return {};
  }
}

// What stands in a comment must not end it; and a backslash at its end would take the next line in.
std::string commented(std::string_view text) {
  const std::string line = shown(text);
  return line.ends_with('\\') ? line + " (a backslash)" : line;
}

class Generator {
 public:
  Generator(const Program& program, const GenerateOptions& options)
      : program_(program),
        options_(options),
        inputs_(program.input_count()),
        count_(program.instructions().size()),
        names_(inputs_ + count_) {
    for (const Instruction& instruction : program.instructions())
      if (infix(instruction.op).empty() && instruction.op != Op::Neg)
        helpers_.insert(instruction.op);
    find_parts();
    name_variables();
  }

  std::string text() {
    add_opening();
    if (parts_ > 1) {
      code_.add("namespace {\n");
      for (std::size_t part = 0; part < parts_; ++part) add_part(part);
      code_.add("}  // namespace\n");
    }
    add_function();
    return code_.text(options_.function + ".cpp");
  }

 private:
  // ---- What is computed where ----

  std::size_t part_of(std::size_t k) const { return k / options_.instructions_per_function; }
  std::size_t end_of(std::size_t part) const {
    return std::min(count_, (part + 1) * options_.instructions_per_function);
  }
  bool is_result(Ref ref) const { return !ref.is_constant() && ref.index() >= inputs_; }

  // Results that another function reads go through an array.
  void find_parts() {
    parts_ = std::max<std::size_t>(1, count_ == 0 ? 1 : part_of(count_ - 1) + 1);
    if (parts_ == 1) return;
    slots_.assign(count_, no_slot);
    const auto read = [&](Ref ref, std::size_t from) {
      if (is_result(ref) && part_of(ref.index() - inputs_) != from)
        slots_[ref.index() - inputs_] = 0;
    };
    for (std::size_t k = 0; k < count_; ++k)
      for (const Ref operand : operands(k)) read(operand, part_of(k));
    for (const Guard& guard : program_.guards()) read(guard.condition, parts_);
    for (const Ref output : program_.outputs()) read(output, parts_);
    for (std::size_t& slot : slots_)
      if (slot != no_slot) slot = slot_count_++;
  }

  bool has_slot(std::size_t k) const { return !slots_.empty() && slots_[k] != no_slot; }

  std::span<const Ref> operands(std::size_t k) const {
    return program_.operands(program_.instructions()[k]);
  }

  // ---- Names ----

  void name_variables() {
    Identifiers identifiers;
    for (const Op op : helpers_) identifiers.reserve(helper_name(op));
    for (const char* name : {"inputs", "outputs", "v"}) identifiers.reserve(name);
    identifiers.reserve(options_.function);
    for (std::size_t i = 0; i < inputs_; ++i)
      names_[i] = identifiers.make(ProgramBuilder::data(program_).input_names[i]);
    for (std::size_t k = 0; k < count_; ++k) {
      std::string& name = names_[inputs_ + k];
      name = identifiers.make(plain_label(program_, program_.origin(k)));
      if (name.empty()) name = fmt::format("v{}", k);
    }
  }

  std::string name(Ref ref) const {
    if (ref.is_constant()) return literal(program_.constants()[ref.index()]);
    const std::string& name = names_[ref.index()];
    return name.empty() ? fmt::format("inputs[{}]", ref.index()) : name;
  }

  std::string operand(Ref ref) const {
    const std::string text = name(ref);
    return text[0] == '-' ? fmt::format("({})", text) : text;
  }

  // ---- Lines ----

  std::string expression(const Instruction& instruction) const {
    const std::span<const Ref> x = program_.operands(instruction);
    if (instruction.op == Op::Neg) return "-" + operand(x[0]);
    if (const std::string_view sign = infix(instruction.op); !sign.empty())
      return fmt::format("{} {} {}", operand(x[0]), sign, operand(x[1]));
    std::string list;
    for (const Ref one : x) list += (list.empty() ? "" : ", ") + name(one);
    if (instruction.op == Op::Select)  // a condition, and not a number
      list.insert(name(x[0]).size(), " != 0.0");
    return fmt::format("{}({})", helper_name(instruction.op), list);
  }

  std::string comment(std::size_t k) const {
    const Origin origin = program_.origin(k);
    std::string text = to_string(program_, origin);
    const std::size_t factor = origin.kind == Origin::Kind::sum ? 1 : 0;
    if (origin.order != 0 && factor < operands(k).size() && is_result(operands(k)[factor])) {
      const Origin from = program_.origin(operands(k)[factor].index() - inputs_);
      if (const std::string borrowed = borrowed_adjoint(program_, origin, from); !borrowed.empty())
        text += ", where " + borrowed;
    }
    return text.empty() ? "" : "  // " + commented(text);
  }

  std::optional<Location> place(std::size_t node) const {
    return options_.source_lines ? program_.location(node) : std::nullopt;
  }

  // What the function reads that is not its own: named inputs, and results of other parts.
  // @return whether a line came of it
  bool add_reads(const std::vector<Ref>& reads, std::size_t first, std::size_t end) {
    std::vector<std::size_t> indices;
    for (const Ref ref : reads)
      if (!ref.is_constant() &&
          (ref.index() < inputs_ || ref.index() < inputs_ + first || ref.index() >= inputs_ + end))
        indices.push_back(ref.index());
    std::ranges::sort(indices);
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    std::erase_if(indices, [&](std::size_t index) { return names_[index].empty(); });
    for (const std::size_t index : indices) {
      const std::string from = index < inputs_ ? fmt::format("inputs[{}]", index)
                                               : fmt::format("v[{}]", slots_[index - inputs_]);
      code_.add(fmt::format("  const double {} = {};", names_[index], from));
    }
    return !indices.empty();
  }

  bool has_sections() const { return !ProgramBuilder::data(program_).differentiations.empty(); }

  // Between sections there is an empty line.
  void add_heading(std::uint8_t order, bool is_first) {
    if (!has_sections()) return;
    code_.add(fmt::format("{}  // ---- {} ----", is_first ? "" : "\n",
                          commented(heading(program_, order))));
  }

  // What the function reads, and then what it computes.
  void add_body(const std::vector<Ref>& reads, std::size_t first, std::size_t end) {
    const bool has_reads = add_reads(reads, first, end);
    for (std::size_t k = first; k < end; ++k) {
      const std::uint8_t order = program_.origin(k).order;
      if (k == first || order != program_.origin(k - 1).order)
        add_heading(order, k == first && !has_reads);
      const std::string& name = names_[inputs_ + k];
      std::string line =
          fmt::format("  const double {} = {};", name, expression(program_.instructions()[k]));
      if (has_slot(k)) line += fmt::format(" v[{}] = {};", slots_[k], name);
      code_.add(line + comment(k), place(program_.origin(k).node));
    }
  }

  // ---- Functions ----

  void add_opening() {
    const std::string& function = options_.function;
    code_.add(
        fmt::format("// Written by tapegrad. It computes what was recorded, to the last bit, "
                    "compiled like this:\n"
                    "//   c++ -std=c++20 -O3 -march=native -ffp-contract=off -c {}.cpp\n"
                    "// To step through it: -O0 -g instead of -O3.\n//",
                    function));
    for (std::size_t i = 0; i < inputs_; ++i)
      code_.add(fmt::format("// inputs[{}]   {}", i, commented(program_.input_name(i))));
    for (std::size_t k = 0; k < program_.output_count(); ++k)
      code_.add(fmt::format("// outputs[{}]  {}", k, commented(program_.output_name(k))));
    code_.add(helper_headers(helpers_));
    if (const std::string helpers = helper_functions(helpers_); !helpers.empty())
      code_.add(helpers);
  }

  void add_part(std::size_t part) {
    const std::size_t first = part * options_.instructions_per_function, end = end_of(part);
    code_.add(
        fmt::format("void part_{}([[maybe_unused]] const double* inputs, double* v) {{", part));
    std::vector<Ref> reads;
    for (std::size_t k = first; k < end; ++k)
      reads.insert(reads.end(), operands(k).begin(), operands(k).end());
    add_body(reads, first, end);
    code_.add("}\n");
  }

  void add_function() {
    std::vector<Ref> reads(program_.outputs().begin(), program_.outputs().end());
    for (const Guard& guard : program_.guards()) reads.push_back(guard.condition);
    if (parts_ == 1)
      for (std::size_t k = 0; k < count_; ++k)
        reads.insert(reads.end(), operands(k).begin(), operands(k).end());
    const bool reads_inputs = parts_ > 1 || std::ranges::any_of(reads, [&](Ref ref) {
                                return !ref.is_constant() && !is_result(ref);
                              });
    code_.add(fmt::format("bool {}({}const double* inputs, {}double* outputs) {{",
                          options_.function, reads_inputs ? "" : "[[maybe_unused]] ",
                          program_.output_count() > 0 ? "" : "[[maybe_unused]] "));
    if (parts_ > 1) {
      code_.add(fmt::format("  static thread_local double v[{}];", slot_count_));
      for (std::size_t part = 0; part < parts_; ++part)
        code_.add(fmt::format("  part_{}(inputs, v);", part));
      add_reads(reads, 0, 0);
    } else {
      add_body(reads, 0, count_);
    }
    if (has_sections()) code_.add("");
    add_guards();
    add_outputs();
    code_.add("  return true;\n}");
  }

  void add_guards() {
    for (const Guard& guard : program_.guards()) {
      const std::size_t node =
          is_result(guard.condition) ? program_.origin(guard.condition.index() - inputs_).node : 0;
      code_.add(fmt::format("  if ({} {} 0.0) return false;  // {}", name(guard.condition),
                            guard.held ? "==" : "!=", commented(to_string(program_, guard))),
                place(node));
    }
  }

  void add_outputs() {
    for (std::size_t k = 0; k < program_.output_count(); ++k)
      code_.add(fmt::format("  outputs[{}] = {};  // {}", k, name(program_.outputs()[k]),
                            commented(program_.output_name(k))));
  }

  static constexpr std::size_t no_slot = std::numeric_limits<std::size_t>::max();

  const Program& program_;
  const GenerateOptions& options_;
  std::size_t inputs_;
  std::size_t count_;               // of instructions
  std::vector<std::string> names_;  // of inputs and results; empty: inputs[i]
  std::set<Op> helpers_;
  std::size_t parts_ = 1;           // functions that the instructions stand in
  std::vector<std::size_t> slots_;  // of each result in the array v; of one part: empty
  std::size_t slot_count_ = 0;
  CodeLines code_;
};

}  // namespace

std::string generate_cpp(const Program& program, const GenerateOptions& options) {
  if (!is_function_name(options.function))
    throw ArgumentError(
        fmt::format("generate_cpp: '{}' is no name for a function", options.function));
  if (options.instructions_per_function == 0)
    throw ArgumentError("generate_cpp: a function needs room for an instruction");
  const Program expanded = remove_dead_code(expand(program));
  return Generator(expanded, options).text();
}

}  // namespace tapegrad

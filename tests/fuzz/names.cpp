// Bytes as names of nodes and of a user's operation: every text about the tape is well-formed
// UTF-8 without control characters, and has the lines that it has without names; files keep the
// names to the byte. The first byte separates the names; if it is odd, they go into a file as well,
// which takes the time of a disk.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>

#include "../inspect/saved_tape.hpp"
#include "choices.hpp"
#include "files/section_bytes.hpp"
#include "fuzz.hpp"
#include "tapegrad/inspect/anomaly.hpp"
#include "tapegrad/inspect/audit.hpp"
#include "tapegrad/inspect/dump.hpp"
#include "tapegrad/inspect/explain.hpp"
#include "tapegrad/inspect/session.hpp"
#include "tapegrad/inspect/stepper.hpp"
#include "tapegrad/inspect/tape_file.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"

namespace tapegrad::fuzz {
namespace {

constexpr std::size_t most_names = 16;

std::vector<std::string> names_in(Choices& choices) {
  const char separator = static_cast<char>(choices.next(256));
  std::vector<std::string> names(1);
  for (const char letter : choices.rest()) {
    if (letter != separator)
      names.back() += letter;
    else if (names.size() == most_names)
      break;
    else
      names.emplace_back();
  }
  return names;
}

class Square : public External {
 public:
  explicit Square(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  void pull_back(std::span<const double> x, std::span<const double> in,
                 std::span<double> out) const override {
    out[0] += 2 * x[0] * in[0];
  }

 private:
  std::string name_;
};

/// Always the same graph; only the names differ.
struct Named {
  explicit Named(const std::vector<std::string>& names) {
    const ActiveScope active = tape.activate();
    const auto x = tape.variables(std::array{0.5, -1.0, 0.0});
    const Value square = tape.external(std::make_shared<Square>(names[0]), std::span(x).first(1),
                                       std::array{0.25})[0];
    const Value sum = square * x[1] + tanh(x[0]);
    const Value y = fma(sum, x[0], log(x[2])) + select(is_less(x[0], x[1]), x[0], 3.0 / x[1]);
    tape.name_range(1, std::make_shared<NameScheme>(
                           3, std::vector{NameGrid{.text = names.back(), .i = {.count = 3}}}));
    for (std::size_t k = 0; k < std::min(names.size(), tape.size()); ++k)
      if (!names[k].empty()) tape.name(tape.value(tape.size() - k), names[k]);
    tape.backward(y);
    output = y.node();
  }

  Tape tape{Tape::inactive};
  std::size_t output = 0;
};

// ---- Texts ----

/// Bytes of the well-formed character at the front; 0 if there is none.
/// Source: The Unicode Standard, table 3-7.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t k) {
    return k < text.size() ? static_cast<unsigned char>(text[k]) : 0u;
  };
  const auto in = [&](std::size_t k, unsigned low, unsigned high) {
    return byte(k) >= low && byte(k) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (in(0, 0xC2, 0xDF)) return in(1, 0x80, 0xBF) ? 2 : 0;
  if (in(0, 0xE0, 0xEF)) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (in(0, 0xF0, 0xF4)) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

/// No control characters but the ends of lines: neither C0, nor C1 (U+0080 to U+009F).
bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character(text);
    if (length == 0) return false;
    const auto first = static_cast<unsigned char>(text[0]);
    if (first == 0x7F || (first < 0x20 && first != '\n')) return false;
    if (first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Every quoted text of dot ends on its line.
bool has_closed_quotes(std::string_view dot) {
  bool is_quoted = false;
  for (std::size_t k = 0; k < dot.size(); ++k) {
    if (is_quoted && dot[k] == '\\')
      ++k;
    else if (dot[k] == '"')
      is_quoted = !is_quoted;
    else if (is_quoted && dot[k] == '\n')
      return false;
  }
  return !is_quoted;
}

std::string all_steps(const Node& output) {
  std::string text;
  Stepper stepper(output);
  stepper.break_at(output);
  stepper.watch(output.tape().node(1));
  for (const auto& each : stepper.breakpoints()) text += to_string(each) + '\n';
  while (stepper.next())
    for (const Contribution& each : stepper.contributions()) text += to_string(each) + '\n';
  return text;
}

std::string told(const Node& output, const char* command) {
  Session session(output.tape());
  return session.run(command);
}

// From the user's operation on.
std::string text_of_program(const Node& output) {
  const Tape& tape = output.tape();
  const std::array inputs{tape.value(1), tape.value(2), tape.value(3), tape.value(5)};
  const std::array outputs{tape.value(output.index())};
  const Program program = differentiate(compile(tape, inputs, outputs, {.no_branches = true}));
  std::string text = to_string(program);
  for (std::size_t k = 0; k < program.instructions().size(); ++k)
    text += to_string(program, program.origin(k)) + '\n';
  return text;
}

struct Text {
  const char* name;
  std::string (*of)(const Node& output);
};
constexpr std::array texts{
    Text{"dump", [](const Node& y) { return dump(y.tape()); }},
    Text{"tree", [](const Node& y) { return tree(y); }},
    Text{"dot", [](const Node& y) { return dot(y); }},
    Text{"overview", [](const Node& y) { return overview(y.tape()); }},
    Text{"explain", [](const Node& y) { return to_string(explain(y, y.tape().node(1))); }},
    Text{"audit", [](const Node& y) { return to_string(audit(y)); }},
    Text{"anomalies", [](const Node& y) { return to_string(find_anomalies(y)); }},
    Text{"steps", all_steps},
    Text{"program", text_of_program},
    Text{"session list", [](const Node& y) { return told(y, "list"); }},
    Text{"session node", [](const Node& y) { return told(y, "node #5"); }},
    Text{"session users", [](const Node& y) { return told(y, "users #1"); }},
    Text{"session finish", [](const Node& y) { return told(y, "finish"); }},
    Text{"session break", [](const Node& y) { return told(y, "break #1"); }},
};

std::string text_of(const Text& text, const Named& named) {
  return text.of(named.tape.node(named.output));
}

const std::string& text_without_names(std::size_t k) {
  static const auto all = [] {
    const Named plain({""});
    std::array<std::string, texts.size()> made;
    for (std::size_t each = 0; each < made.size(); ++each) made[each] = text_of(texts[each], plain);
    return made;
  }();
  return all[k];
}

void check_texts(const Named& named) {
  for (std::size_t k = 0; k < texts.size(); ++k) {
    const std::string its = text_of(texts[k], named);
    if (!is_plain_text(its))
      throw Finding(fmt::format("{} is no plain text: {}", texts[k].name, its));
    if (std::ranges::count(its, '\n') != std::ranges::count(text_without_names(k), '\n'))
      throw Finding(fmt::format("{} has other lines than without names:\n{}\n{}", texts[k].name,
                                its, text_without_names(k)));
    if (texts[k].name == std::string_view("dot") && !has_closed_quotes(its))
      throw Finding("a quote of dot is left open: " + its);
  }
}

// ---- What is kept ----

void check_names(const Tape& tape, const std::vector<std::string>& names, const char* where) {
  for (std::size_t k = 0; k < std::min(names.size(), tape.size()); ++k) {
    if (names[k].empty()) continue;
    if (tape.name(tape.size() - k) != names[k])
      throw Finding(fmt::format("{}: node {} has another name", where, tape.size() - k));
    const auto found = tape.find(names[k]);
    if (!found.has_value() || found->name() != names[k])
      throw Finding(fmt::format("{}: a name is not found", where));
  }
}

void check(const std::vector<std::string>& names, bool is_saved) {
  const Named named(names);
  check_names(named.tape, names, "on the tape");
  check_texts(named);
  if (!is_saved) return;
  const testing::ScratchFile file;
  save_tape(named.tape, file.path());
  const auto loaded = load_tape(file.path());
  check_names(*loaded, names, "loaded");
  if (dump(*loaded) != dump(named.tape)) throw Finding("a loaded tape has another dump");
  const std::string changes = difference(named.tape, *loaded);
  if (!changes.ends_with("no change\n")) throw Finding("a loaded tape is another one: " + changes);
}

}  // namespace

std::vector<std::string> seeds() {
  return {
      ",w,x,,y",
      ";L1.n%i.w%j*x%j;%i",
      ";two\nlines;a\ttab;a \"quote\";back\\slash;\\n",
      ",\xC3\xA4,\xE2\x88\x82L/\xE2\x88\x82w,\xF0\x9F\x99\x82,\xC2\x85,\xE2\x80\xA8",
      ",\x1B[31mred,\x7F,\xFF\xFE,\xC3,\xED\xA0\x80,\xC0\x80",
      std::string(";a zero \0 in it;\0", 17),
      ",  adjoint 1, of ,#3,op=tanh,nan,'x',->,{}",
  };
}

}  // namespace tapegrad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tapegrad::fuzz;
  Choices choices(data, size);
  const bool is_saved = size > 0 && data[0] % 2 == 1;
  check(names_in(choices), is_saved);
  return 0;
}

// The commands of a Session: one table, from which a line is run, help is printed and words are
// completed.

#include "tapegrad/inspect/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/shown.hpp"
#include "files/escape.hpp"
#include "session_state.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

enum class Part { looking, stepping, scripts };

struct Command {
  Part part;  // of the help
  std::string_view name;
  std::string_view letter;     // a short name of its own
  std::string_view arguments;  // NODE, NAME, op=, nan and WORD are completed
  std::string_view meaning;
  std::string_view more;  // for help NAME
  CommandFunction run;
};

std::string run_help(SessionState& state, std::string_view rest);
std::string run_complete(SessionState& state, std::string_view rest);
std::string run_words(SessionState& state, std::string_view rest);

// By what stands here the debuggers' scripts, too, know what there is: see run_words().
using enum Part;
constexpr Command commands[] = {
    {looking, "overview", "", "", "what is on the tape", "So does an empty line.", run_overview},
    {looking, "list", "l", "[FROM-TO|NAME|op=NAME|nan]", "nodes, a line each",
     "list 5-9, list L1 (also L1.n2.pa and all others within), list op=tanh; list nan: values and\n"
     "adjoints of the last sweep that are NaN or infinite.",
     run_list},
    {looking, "node", "", "NODE", "all about a node: formula, operands, partials, users", "",
     run_node},
    {looking, "tree", "", "[NODE] [DEPTH]", "the expression above a node",
     "Operands stand indented under their node. Without a node: that of the output.", run_tree},
    {looking, "users", "", "NODE", "the nodes that have this one as an operand", "", run_users},
    {looking, "source", "", "NODE", "the line of the program that recorded a node",
     "Known if the tape kept it: tape.record_locations(), or TAPEGRAD_LOCATIONS=1 in the\n"
     "program's environment.",
     run_source},
    {looking, "why", "", "NODE [of NODE]", "the output's derivative by a node, as a sum over paths",
     "why w1: of the output; why w1 of a: of another node.", run_why},
    {looking, "nan", "", "", "where the first NaN or infinity comes from", "", run_nan},
    {looking, "audit", "", "[NODE]", "what usually hides behind a bad gradient",
     "Of the output, or of the node.", run_audit},
    {looking, "output", "", "[NODE]", "chooses the output; without a node, says which it is",
     "Its sweep begins anew. Until one is chosen it is where the last sweep began, else the last\n"
     "node.",
     run_output},
    {looking, "dot", "", "NODE FILE", "writes the graph above a node, for Graphviz", "", run_dot},
    {looking, "save", "", "FILE", "writes the tape to a file", "tapegrad-inspect FILE opens it.",
     run_save},
    {looking, "snapshot", "", "", "remembers the tape as it is now", "See diff.", run_snapshot},
    {looking, "diff", "", "[FILE]", "which nodes changed since the snapshot, or from a file", "",
     run_diff},
    {looking, "help", "", "[WORD]", "all commands, or one of them", "", run_help},

    {stepping, "step", "s", "[N]", "sweeps the next node, or N",
     "Shown as the chain rule: the node's adjoint, times its partial by each operand, is added to\n"
     "the operand's adjoint, which is the number behind the arrow. A node with adjoint 0 hands\n"
     "nothing on and is passed.",
     run_step},
    {stepping, "next", "n", "NODE", "goes on to the next node of that name, and sweeps it", "",
     run_next},
    {stepping, "until", "u", "nan|NODE", "goes on until the cursor stands at a node",
     "until nan: until a finite adjoint hands on a NaN or an infinity. At a node its adjoint is\n"
     "complete.",
     run_until},
    {stepping, "back", "", "[N]", "undoes the last step, or N", "", run_back},
    {stepping, "finish", "", "", "goes on to the end, or the next stop",
     "At the end the adjoints are those of backward().", run_finish},
    {stepping, "restart", "", "", "back to the output; what stops stays", "", run_restart},
    {stepping, "where", "", "", "where the cursor stands", "", run_where},
    {stepping, "watch", "", "NODE", "stops after each step that changes a node's adjoint", "",
     run_watch},
    {stepping, "break", "b", "op=NAME|nan|NODE", "stops at nodes of that name or operation, at NaN",
     "At NaN: after the step in which a finite adjoint hands on a NaN or an infinity.", run_break},
    {stepping, "breaks", "", "", "lists breakpoints and watches", "", run_breaks},
    {stepping, "delete", "", "[K]", "deletes breakpoint or watch K, or all", "", run_delete},

    {scripts, "complete", "", "TEXT", "how the last word of a line may go on", "", run_complete},
    {scripts, "words", "", "", "all commands as a table", "", run_words},
};

std::string_view title_of(Part part) {
  switch (part) {
    case looking:
      return "Looking at the recording:";
    case stepping:
      return "Stepping through the reverse sweep, output first:";
    case scripts:
      break;
  }
  return "For scripts:";
}

std::vector<std::string> names_of(std::span<const Command* const> some) {
  std::vector<std::string> names;
  for (const Command* command : some) names.emplace_back(command->name);
  return names;
}

// The command of that name or letter, or the only one that begins so; those for scripts are written
// in full.
const Command& command_of(std::string_view word) {
  std::vector<const Command*> some;
  for (const Command& command : commands) {
    if (word == command.name || word == command.letter) return command;
    if (command.part != scripts && command.name.starts_with(word)) some.push_back(&command);
  }
  if (some.size() == 1) return *some.front();
  if (some.empty()) throw ArgumentError(fmt::format("'{}' is no command; `help` lists them", word));
  throw ArgumentError(fmt::format("'{}' may be {}", word, fmt::join(names_of(some), ", ")));
}

std::string_view without_line_end(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

// ---- help ----

std::string usage(const Command& command) {
  std::string text(command.name);
  if (!command.letter.empty()) text += fmt::format(" ({})", command.letter);
  if (!command.arguments.empty()) text += fmt::format(" {}", command.arguments);
  return text;
}

std::string run_help(SessionState&, std::string_view rest) {
  if (!rest.empty()) {
    const Command& command = command_of(rest);
    std::string text = fmt::format("{}: {}", usage(command), command.meaning);
    if (!command.more.empty()) text += fmt::format("\n{}", command.more);
    if (command.arguments.find("NODE") != std::string_view::npos)
      text += "\nA NODE is #7, 7 or a name; of nodes of the same name the last.";
    return text;
  }
  std::size_t widest = 0;
  for (const Command& command : commands) widest = std::max(widest, usage(command).size());
  std::string text;
  const Command* last = nullptr;
  for (const Command& command : commands) {
    if (last == nullptr || last->part != command.part)
      text += fmt::format("{}\n", title_of(command.part));
    last = &command;
    text += fmt::format("  {:<{}}  {}\n", usage(command), widest, command.meaning);
  }
  return text +
         "A NODE is #7, 7 or a name. Words may be cut short where only one is meant; `help WORD` "
         "says more.";
}

// A line for each: name, letter, arguments, meaning and more, with tabs between.
std::string run_words(SessionState&, std::string_view) {
  std::string text;
  for (const Command& command : commands)
    text += fmt::format("{}\t{}\t{}\t{}\t{}\n", command.name, command.letter, command.arguments,
                        command.meaning, escaped(command.more));
  return text;
}

// ---- complete ----

bool is_plain(std::string_view name) { return shown(name) == name; }

bool takes(const Command& command, std::string_view argument) {
  return command.arguments.find(argument) != std::string_view::npos;
}

// What may stand behind the command's word. Names that nobody can type are left out: they would
// also break the lines of the answer.
std::set<std::string> arguments_of(const Command& command, const Tape& tape) {
  std::set<std::string> all;
  if (takes(command, "WORD"))
    for (const Command& each : commands) all.emplace(each.name);
  if (takes(command, "nan")) all.emplace("nan");
  if (takes(command, "op="))
    for (const Node node : tape.nodes())
      if (is_plain(node.operation())) all.insert(fmt::format("op={}", node.operation()));
  if (takes(command, "NODE") || command.run == run_list)
    for (const Node node : tape.nodes())
      if (std::string name = node.name(); !name.empty() && is_plain(name))
        all.insert(std::move(name));
  return all;
}

std::vector<std::string> completions(const Tape& tape, std::string_view line) {
  constexpr std::size_t most = 200;
  const std::size_t begin = line.find_first_not_of(' ');
  line.remove_prefix(std::min(begin, line.size()));
  const std::size_t space = line.find(' ');
  std::set<std::string> candidates;
  if (space == line.npos) {
    for (const Command& command : commands) candidates.emplace(command.name);
  } else {
    candidates = arguments_of(command_of(line.substr(0, space)), tape);
  }
  const std::string_view last = line.substr(line.rfind(' ') + 1);  // npos + 1 is 0: all of it
  std::vector<std::string> fitting;
  for (const std::string& candidate : candidates)
    if (candidate.starts_with(last) && fitting.size() < most) fitting.push_back(candidate);
  return fitting;
}

std::string run_complete(SessionState& state, std::string_view rest) {
  return fmt::format("{}", fmt::join(completions(state.tape, rest), "\n"));
}

}  // namespace

Session::Session(const Tape& tape) : state_(new SessionState{.tape = tape}) {}
Session::~Session() = default;

std::string Session::run(std::string_view line) {
  if (line.find('\0') != line.npos)  // would end paths, and messages
    throw ArgumentError("there is a byte 0 in the line; a node of such a name has a number, #7");
  const Parts parts = split_at_first(trimmed(line), " ");
  if (parts.first.empty()) return std::string(without_line_end(run_overview(*state_, "")));
  const Command& command = command_of(parts.first);
  if (command.arguments.empty() && !parts.rest.empty())
    throw ArgumentError(
        fmt::format("{} takes no argument, but there is '{}'", command.name, parts.rest));
  // A blank at the end matters to complete alone: there a new word begins.
  const bool is_raw = command.run == run_complete && !parts.rest.empty();
  const std::string_view rest = is_raw ? line.substr(line.find(parts.rest)) : parts.rest;
  return std::string(without_line_end(command.run(*state_, rest)));
}

std::vector<std::string> Session::complete(std::string_view line) const {
  try {
    return completions(state_->tape, line);
  } catch (const ArgumentError&) {
    return {};  // no such command
  }
}

}  // namespace tapegrad

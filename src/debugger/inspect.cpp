// tapegrad-inspect: looks at a tape file, and steps through its gradient.
//
// Debugger scripts run it as a child with --pipe, so that they show what samples/stepper shows. The
// commands are those of inspect/session.hpp.

#include <fmt/format.h>

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/inspect/session.hpp"
#include "tapegrad/inspect/tape_file.hpp"

namespace {

constexpr const char* usage =
    "Usage: tapegrad-inspect FILE              asks for commands; help lists them, quit ends\n"
    "       tapegrad-inspect FILE COMMAND...   runs them: tapegrad-inspect loss.tape nan 'node 7'\n"
    "For scripts:\n"
    "       tapegrad-inspect --pipe FILE       ends each answer by a line with the byte 4\n"
    "       tapegrad-inspect --words           the commands as a table\n"
    "FILE is a tape that save_tape(), a debugger's `tape save` or the command save wrote.\n";

bool stdin_is_terminal() {
#if defined(_WIN32)
  return _isatty(_fileno(stdin)) != 0;
#else
  return isatty(STDIN_FILENO) != 0;
#endif
}

/// What the command says, or what is wrong with it, as whole lines.
std::string answer(tapegrad::Session& session, std::string_view line) {
  std::string text;
  try {
    text = session.run(line);
  } catch (const std::exception& error) {
    text = fmt::format("error: {}", error.what());
  }
  return text.empty() ? text : text + '\n';
}

int run_commands(tapegrad::Session& session, std::span<char*> commands) {
  for (const char* command : commands) {
    try {
      fmt::print("{}\n", session.run(command));
    } catch (const std::exception& error) {
      std::fflush(stdout);
      fmt::print(stderr, "tapegrad-inspect: {}: {}\n", command, error.what());
      return 1;
    }
  }
  return 0;
}

void run_lines(tapegrad::Session& session, bool is_pipe) {
  const char* const prompt = !is_pipe && stdin_is_terminal() ? "(tape) " : "";
  const char* const end = is_pipe ? "\x04\n" : "";
  std::string line;
  while (true) {
    fmt::print("{}", prompt);
    std::fflush(stdout);
    if (!std::getline(std::cin, line)) break;
    if (line == "quit" || line == "q" || line == "exit") break;
    fmt::print("{}{}", answer(session, line), end);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::span<char*> arguments(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
  const std::string_view first = arguments.empty() ? "--help" : arguments.front();
  if (first == "--help" || first == "-h") {
    fmt::print(arguments.empty() ? stderr : stdout, "{}", usage);
    return arguments.empty() ? 2 : 0;
  }
  if (first == "--words") {
    const tapegrad::Tape none(tapegrad::Tape::inactive);
    fmt::print("{}\n", tapegrad::Session(none).run("words"));
    return 0;
  }
  const bool is_pipe = first == "--pipe";
  if (is_pipe) arguments = arguments.subspan(1);
  if (arguments.empty()) {
    fmt::print(stderr, "tapegrad-inspect: --pipe needs a FILE\n");
    return 2;
  }
  try {
    const std::unique_ptr<tapegrad::Tape> tape = tapegrad::load_tape(arguments.front());
    tapegrad::Session session(*tape);
    if (arguments.size() > 1) return run_commands(session, arguments.subspan(1));
    run_lines(session, is_pipe);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "tapegrad-inspect: {}\n", error.what());
    return 2;
  }
}

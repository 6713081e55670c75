// A command line for looking at a recording and for stepping through its gradient: what gdb's and
// lldb's command `tape`, tapegrad-inspect and samples/stepper show.
//
//   Session session(tape);
//   session.run("step");  // "step 1: #41 y = tanh(#40) = 0.7071\n  adjoint(#40) += ..."
//
// One table has all commands (src/inspect/session.cpp); run("help") prints it, and the debuggers'
// scripts read it. Messages write a command as `list`; whoever shows them may say how it is given
// there, as `tape list` in a debugger.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/tape.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

struct SessionState;

/// Keeps what one command leaves for the next: the output, the Stepper with its breakpoints and
/// watches, a snapshot. The tape must outlive it.
class TAPEGRAD_API Session {
 public:
  explicit Session(const Tape& tape);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Executes a command, and returns what it says: lines, without the last line's end.
  /// @throws ArgumentError for an unknown command or a bad argument; FileError, and ParseError for
  ///         a file that holds no tape. The session is then as before. And what a user's operation
  ///         throws when it is swept, as one from a file does: the cursor then stands at it.
  std::string run(std::string_view line);

  /// How the last word of a line may go on: commands, names of nodes, operations; in order, at
  /// most 200.
  std::vector<std::string> complete(std::string_view line) const;

 private:
  std::unique_ptr<SessionState> state_;
};

}  // namespace tapegrad

// Text as commands of a Session, a line each: every one is answered, or refused by an Error that
// says something and leaves the session as it was. The first byte chooses the tape.

#include "tapegrad/inspect/session.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

#include "../inspect/saved_tape.hpp"
#include "choices.hpp"
#include "files/scratch_folder.hpp"
#include "files/section_bytes.hpp"
#include "fuzz.hpp"
#include "tapegrad/inspect/tape_file.hpp"

namespace tapegrad::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_lines = 50;

/// Commands write files: they do so in a folder of their own, which is empty each time.
class OwnFolder {
 public:
  OwnFolder() : before_(fs::current_path()) {
    for (const fs::directory_entry& entry : fs::directory_iterator(scratch() / "."))
      fs::remove_all(entry.path());
    fs::current_path(scratch() / ".");
  }
  ~OwnFolder() { fs::current_path(before_); }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;

 private:
  static const testing::ScratchFolder& scratch() {
    static const testing::ScratchFolder folder;
    return folder;
  }
  fs::path before_;
};

bool may_leave_folder(const std::string& line) {
  return line.find_first_of("/\\") != std::string::npos;
}

// As a program sees its own tape, and as tapegrad-inspect sees it: from a file, where a sweep ends
// at the user's operation.
std::unique_ptr<Tape> tape_of(std::size_t choice) {
  auto tape = std::make_unique<Tape>(Tape::inactive, Tape::Options{.guards = true});
  const ActiveScope active = tape->activate();
  if (choice == 0) return tape;
  const Value y = testing::record_everything(*tape, choice > 1);
  if (choice != 3) tape->backward(y);
  if (choice != 4) return tape;
  const testing::ScratchFile file;
  save_tape(*tape, file.path());
  return load_tape(file.path());
}

const Tape& chosen_tape(std::size_t choice) {
  static const std::array<std::unique_ptr<Tape>, 5> tapes{tape_of(0), tape_of(1), tape_of(2),
                                                          tape_of(3), tape_of(4)};
  return *tapes[choice % tapes.size()];
}

std::string answer_to(Session& session, const std::string& line) {
  try {
    return session.run(line);
  } catch (const Error& error) {
    return error.what();
  }
}

std::string state_of(Session& session) {
  return answer_to(session, "where") + '\n' + answer_to(session, "output") + '\n' +
         answer_to(session, "breaks") + '\n';
}

void check_completions(const Session& session, const std::string& line) {
  const std::vector<std::string> all = session.complete(line);
  const std::string last = line.substr(line.rfind(' ') + 1);  // npos + 1 is 0: all of it
  const bool fit = std::ranges::all_of(all, [&](const auto& one) { return one.starts_with(last); });
  if (!fit || !std::ranges::is_sorted(all) || all.size() > 200)
    throw Finding("completions of '" + line + "' do not fit, or are not in order");
}

void check_command(Session& session, const std::string& line, std::size_t nodes) {
  check_completions(session, line);
  const std::string before = state_of(session);
  try {
    const std::string answer = session.run(line);
    if (answer.ends_with('\n'))
      throw Finding("the answer to '" + line + "' has an empty last line");
    // Shown are at most some hundred nodes, steps or paths, each in a few lines.
    if (answer.size() > 10000 + 10000 * nodes)
      throw Finding("the answer to '" + line + "' is long");
  } catch (const UnsupportedError& error) {  // a user's operation, at which the cursor stands
    const std::string where = answer_to(session, "where");
    if (where.find("sum\\x09and\\nproduct") == where.npos)
      throw Finding("'" + line + "' was refused by " + error.what() + ", and is " + where);
  } catch (const Error& error) {
    if (*error.what() == '\0') throw Finding("'" + line + "' is refused without a word");
    if (state_of(session) != before)
      throw Finding("'" + line + "' was refused, and the session has changed: " + before + "to " +
                    state_of(session) + "by " + error.what());
  }
}

void run_lines(const Tape& tape, std::string rest) {
  const OwnFolder folder;
  Session session(tape);
  for (std::size_t line = 0; line < most_lines && !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string command = rest.substr(0, end);
    rest.erase(0, end + 1);
    if (!may_leave_folder(command)) check_command(session, command, tape.size());
  }
}

}  // namespace

std::vector<std::string> seeds() {
  // Each command, and some that follow each other.
  const std::string looking =
      "\n"
      "list\nlist 5-9\nlist L1\nlist op=tanh\nlist nan\nnode total\nnode #3\ntree\ntree total 3\n"
      "users x\nsource x\nwhy x\nwhy x of total\nnan\naudit\noutput\noutput #12\nhelp\nhelp why\n";
  const std::string files =
      "\n"
      "dot total graph.dot\nsave a.tape\nsnapshot\ndiff\ndiff a.tape\ndiff graph.dot\n"
      "complete no\ncomplete node a\n";
  const std::string stepping =
      "\n"
      "step\ns 3\nnext x\nuntil nan\nuntil #4\nback\nback 2\nfinish\nrestart\nwhere\nwatch x\n"
      "break op=mul\nb nan\nbreak total\nbreaks\nfinish\nfinish\ndelete 2\ndelete\nb 99999999999\n"
      "step 18446744073709551615\nback 18446744073709551615\nlist 1-18446744073709551615\n";
  std::vector<std::string> all{'\2' + files};  // each file takes the time of a disk
  for (const std::string& lines : {looking, stepping})
    for (const char tape : {'\0', '\1', '\2', '\3', '\4'}) all.push_back(tape + lines);
  return all;
}

}  // namespace tapegrad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tapegrad::fuzz;
  try {
    Choices choices(data, size);
    run_lines(chosen_tape(choices.next(256)), choices.rest());
  } catch (const Finding&) {
    throw;  // libFuzzer writes it where it was started: out of the folder
  }
  return 0;
}

// Commands that explain a gradient, and those about outputs and files.

#include <fmt/format.h>

#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

#include "session_state.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/inspect/anomaly.hpp"
#include "tapegrad/inspect/audit.hpp"
#include "tapegrad/inspect/dump.hpp"
#include "tapegrad/inspect/explain.hpp"
#include "tapegrad/inspect/location.hpp"
#include "tapegrad/inspect/tape_file.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

// A file that is gone when the scope ends.
class TemporaryFile {
 public:
  TemporaryFile() {
    std::random_device random;
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("tapegrad-{:08x}{:08x}", random(), random());
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string path_in(std::string_view rest, const char* command) {
  if (rest.empty()) throw ArgumentError(fmt::format("which file? `{} loss.tape`", command));
  return std::string(unquoted(rest));
}

// Where the nodes of the largest path stand in the source, from the output down.
std::string lines_along(const Explanation& explanation) {
  constexpr std::size_t most = 8;
  if (explanation.largest.empty()) return {};
  std::string text, last;
  std::size_t lines = 0;
  for (const std::size_t index : explanation.largest.front().nodes) {
    const Node node(explanation.output.tape(), index);
    const auto found = location(node);
    const std::string place = found ? to_string(*found) : "";
    if (place != last && !place.empty() && ++lines <= most)
      text += fmt::format("{} at {}\n", label(node), place);
    last = place;
  }
  return text;
}

}  // namespace

std::string run_why(SessionState& state, std::string_view rest) {
  const Parts parts = split_at_first(rest, " of ");
  const Node input = state.node(parts.first);
  const Node output = parts.rest.empty() ? state.output_node() : state.node(parts.rest);
  const Explanation explanation = explain(output, input);
  return to_string(explanation) + lines_along(explanation);
}

std::string run_nan(SessionState& state, std::string_view) {
  return to_string(find_anomalies(state.output_node()));
}

std::string run_audit(SessionState& state, std::string_view rest) {
  return to_string(audit(rest.empty() ? state.output_node() : state.node(rest)));
}

std::string run_output(SessionState& state, std::string_view rest) {
  if (!rest.empty()) {
    const Node output = state.node(rest);
    if (state.stepper.has_value()) state.stepper->restart(output);
    state.output = output.index();
  }
  return "the output is " + plain_line(state.output_node()) + place_text(state.output_node());
}

std::string run_save(SessionState& state, std::string_view rest) {
  const std::string path = path_in(rest, "save");
  save_tape(state.tape, path);
  return fmt::format("{} has the {}", path, counted(state.tape.size(), "node"));
}

std::string run_snapshot(SessionState& state, std::string_view) {
  const TemporaryFile file;
  save_tape(state.tape, file.path());
  state.snapshot = load_tape(file.path());
  return fmt::format("snapshot of {}; `diff` compares with it", counted(state.tape.size(), "node"));
}

std::string run_diff(SessionState& state, std::string_view rest) {
  if (!rest.empty()) return difference(*load_tape(path_in(rest, "diff")), state.tape);
  if (state.snapshot == nullptr)
    throw ArgumentError(
        "there is no snapshot to compare with: make one with `snapshot`, or name a file that was "
        "saved: `diff FILE`");
  return difference(*state.snapshot, state.tape);
}

}  // namespace tapegrad

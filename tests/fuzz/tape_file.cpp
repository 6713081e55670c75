// Bytes as a tape file: refused by a ParseError, or a tape that can be looked at and swept.

#include "tapegrad/inspect/tape_file.hpp"

#include "../inspect/saved_tape.hpp"
#include "files/section_bytes.hpp"
#include "fuzz.hpp"
#include "inspect/tape_reader.hpp"

namespace tapegrad::fuzz {
namespace {

void check(const std::string& bytes) {
  std::unique_ptr<Tape> tape;
  try {
    tape = TapeFile::Reader(InputFile(std::as_bytes(std::span(bytes)), "tape", tape_format::kind))
               .read();
  } catch (const ParseError&) {
    return;
  }
  for (const Node& node : tape->nodes()) {
    static_cast<void>(testing::everything_of(node));
    static_cast<void>(tape->find(tape->name(node.index())));
  }
  if (tape->empty()) return;
  try {
    tape->backward(testing::value_of(*tape, tape->size()));
  } catch (const UnsupportedError&) {  // a user's operation: its derivative is in no file
  }
}

std::string bytes_of(const Tape& tape) {
  const testing::ScratchFile file;
  save_tape(tape, file.path());
  return file.bytes();
}

}  // namespace

std::vector<std::string> seeds() {
  Tape empty(Tape::inactive), tape({.guards = true});
  std::vector<std::string> all{bytes_of(empty)};
  const Value x = tape.variable(2, "x");
  tape.backward(x > 1.0 ? x * x : x);
  all.push_back(bytes_of(tape));
  for (const bool with_external : {false, true}) {
    tape.clear();
    tape.backward(testing::record_everything(tape, with_external));
    all.push_back(bytes_of(tape));
  }
  return all;
}

}  // namespace tapegrad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  tapegrad::fuzz::check(bytes);
  tapegrad::fuzz::check(tapegrad::testing::with_right_checksums(bytes));
  return 0;
}

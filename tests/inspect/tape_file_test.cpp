#include "tapegrad/inspect/tape_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "core/same.hpp"
#include "saved_tape.hpp"
#include "tape_bytes.hpp"

#if __has_include(<sys/resource.h>)
#include <sys/resource.h>

#include <csignal>
#define TAPEGRAD_HAS_FILE_LIMIT 1
#else
#define TAPEGRAD_HAS_FILE_LIMIT 0
#endif

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

std::vector<double> adjoints_of(const Tape& tape) {
  std::vector<double> adjoints;
  for (std::size_t node = 1; tape.find_adjoint(node); ++node)
    adjoints.push_back(*tape.find_adjoint(node));
  return adjoints;
}

void check_same(const Tape& a, const Tape& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t node = 1; node <= a.size(); ++node)
    CHECK(everything_of(Node(a, node)) == everything_of(Node(b, node)));
  CHECK(all_same(adjoints_of(a), adjoints_of(b)));
  CHECK(std::ranges::equal(a.guards(), b.guards()));
}

}  // namespace

TEST_CASE("a tape comes back from its file as it was") {
  Tape tape({.guards = true});
  tape.record_locations();
  for (const bool with_external : {false, true}) {
    CAPTURE(with_external);
    tape.clear();
    const Value y = record_everything(tape, with_external);
    tape.backward(y);
    const Value later = y + 1;  // which no sweep has covered
    CHECK(later.node() == tape.size());
    const ScratchFile file, again;
    save_tape(tape, file.path());
    const auto loaded = load_tape(file.path());
    CHECK(!loaded->is_active());
    check_same(tape, *loaded);
    save_tape(*loaded, again.path());
    CHECK(file.bytes() == again.bytes());
  }
}

TEST_CASE("an empty tape comes back, and one that was never swept") {
  Tape tape;
  const ScratchFile file;
  save_tape(tape, file.path());
  CHECK(load_tape(file.path())->empty());
  const Value x = tape.variable(2);
  static_cast<void>(x * x);
  save_tape(tape, file.path());
  check_same(tape, *load_tape(file.path()));
}

TEST_CASE("names of which a rewind took a part come back") {
  Tape tape;
  const auto w = tape.variables(std::vector{0.1, 0.2, 0.3});
  const Layer layer(2, 1, Activation::tanh, 2);
  {
    const Mark mark = tape.mark();
    layer(w, std::vector{w[0], w[1]});
    tape.name_range(2, layer.parameter_names());
  }
  const ScratchFile file;
  save_tape(tape, file.path());
  const auto loaded = load_tape(file.path());
  check_same(tape, *loaded);
  CHECK(loaded->name(3) == "L2.n1.w2");
  REQUIRE(loaded->find("L2.n1.w2"));
  CHECK(loaded->find("L2.n1.w2")->index() == 3);
}

TEST_CASE("a large tape comes back") {
  Tape tape;
  const Value x = tape.variable(0.5), a = tape.variable(0.9);
  Value y = x;
  while (tape.size() < 200'000) y = sum(std::vector{sin(y) * a, x, Value(1)});
  tape.backward(y);
  const ScratchFile file;
  save_tape(tape, file.path());
  const auto loaded = load_tape(file.path());
  CHECK(all_same(adjoints_of(tape), adjoints_of(*loaded)));
  loaded->backward(value_of(*loaded, y.node()));
  CHECK(all_same(adjoints_of(tape), adjoints_of(*loaded)));
}

TEST_CASE("a loaded tape sweeps again to the same bits") {
  Tape tape;
  const Value y = record_everything(tape, false);
  const ScratchFile file;
  save_tape(tape, file.path());
  const auto loaded = load_tape(file.path());
  CHECK(adjoints_of(*loaded).empty());
  tape.backward(y, 2);
  loaded->backward(value_of(*loaded, y.node()), 2);
  CHECK(all_same(adjoints_of(tape), adjoints_of(*loaded)));
}

TEST_CASE("on a loaded tape one can record on, mark, rewind and clear") {
  Tape tape;
  tape.record_locations();
  const Value y = record_everything(tape, true);
  const ScratchFile file;
  save_tape(tape, file.path());
  const auto loaded = load_tape(file.path());
  const std::size_t size = loaded->size();
  const auto scope = loaded->activate();
  CHECK_THROWS_AS(y + 1, StaleValueError);
  const Value x = loaded->variable(3, "new");
  const Value z = x * x;
  {
    const Mark mark = loaded->mark();
    static_cast<void>(sum(std::vector{x, z}) * 2);
  }
  CHECK(loaded->size() == size + 2);
  loaded->record_locations();
  static_cast<void>(z + 1);
  CHECK(!location(Node(*loaded, size + 2)));
  CHECK(location(Node(*loaded, size + 3)).has_value() == has_source_lines());
  CHECK(location(Node(*loaded, 1)).has_value() == has_source_lines());
  loaded->backward(z);
  CHECK(x.grad() == 6);
  CHECK(loaded->find("new")->index() == size + 1);
  loaded->clear();
  CHECK(loaded->empty());
  CHECK(loaded->variable(1).node() == 1);
}

TEST_CASE("a user's operation of a loaded tape says where its derivative is") {
  Tape tape;
  const Value y = record_everything(tape, true);
  const ScratchFile file;
  save_tape(tape, file.path());
  const auto loaded = load_tape(file.path());
  const std::string message = message_of([&] { loaded->backward(value_of(*loaded, y.node())); });
  CHECK(message.find("the operation 'sum\\x09and\\nproduct' is not in the tape file") !=
        std::string::npos);
}

TEST_CASE("an observed tape can be saved, and a file replaced") {
  Tape tape;
  const ScratchFile file;
  file.write("something else");
  save_tape(tape, file.path());
  const Value x = tape.variable(1);
  save_tape(tape, file.path());
  CHECK(load_tape(file.path())->size() == x.node());
}

TEST_CASE("what stands in the way of writing is named, and leaves nothing behind") {
  Tape tape;
  const Value x = tape.variable(1);
  const ScratchFile folder;
  std::filesystem::create_directory(folder.path());
  CHECK(message_of([&] { save_tape(tape, folder.path()); }) ==
        folder.path() + ": cannot be written: it is a folder");
  const std::string nowhere = folder.path() + "/none/x.tape";
  CHECK(message_of([&] { save_tape(tape, nowhere); }) ==
        nowhere + ": cannot be written: No such file or directory");
  CHECK_THROWS_AS(save_tape(tape, nowhere), FileError);
  const std::string cut_short = folder.path() + std::string("/x\0.tape", 8);
  CHECK(message_of([&] { save_tape(tape, cut_short); }) ==
        folder.path() + "/x\\x00.tape: cannot be written: a byte 0 would end its name");
  CHECK(std::filesystem::is_empty(folder.path()));
  static_cast<void>(x);
}

#if TAPEGRAD_HAS_FILE_LIMIT
TEST_CASE("a disk that is full is noticed, and the earlier file stays") {
  Tape tape;
  Value x = tape.variable(1);
  const ScratchFile folder;
  std::filesystem::create_directory(folder.path());
  const std::string path = folder.path() + "/x.tape";
  save_tape(tape, path);
  while (tape.size() < 10'000) x = x + 1;

  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  for (const rlim_t bytes : {rlim_t{10}, rlim_t{5'000}, rlim_t{240'000}}) {
    const rlimit limit{bytes, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message = message_of([&] { save_tape(tape, path); });
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK(message == path + ": cannot be written: File too large");
  }
  std::signal(SIGXFSZ, handler);
  CHECK(load_tape(path)->size() == 1);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
#endif

TEST_CASE("a file by another build, with other numbers of operations, is read by their names") {
  Tape tape;
  const Value x = tape.variable(2), y = exp(x);
  const ScratchFile file;
  save_tape(tape, file.path());
  TapeBytes bytes(file.bytes());
  bytes.body("OPS ") = "unheard of\nexp\nvariable\n";
  bytes.set(x.node(), TapeBytes::opcode_at, std::uint8_t{2});
  bytes.set(y.node(), TapeBytes::opcode_at, std::uint8_t{1});
  file.write(bytes.joined());
  check_same(tape, *load_tape(file.path()));
}

// Large tapes, many tapes, and little memory.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "same.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/core/recording.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

// Sanitizers keep most addresses for themselves: terabytes are missing for many tapes, and a limit
// of some megabytes would stop them before it stops a tape.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TAPEGRAD_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TAPEGRAD_TEST_SANITIZED 1
#endif
#endif

using namespace tapegrad;
using tapegrad::testing::all_same;

namespace {

using Sizes = std::initializer_list<std::size_t>;

// Leaves, operations of two and operations of many operands, at least `size` nodes in all.
void record_rows(Tape& tape, std::size_t size) {
  for (std::size_t k = tape.size(); k < size; ++k) {
    const Value x = tape.variable(static_cast<double>(k) + 0.1);
    const std::vector<Value> three = {x, 2, x};
    k % 5 == 0 ? sum(three) : x* three[k % 3];
  }
}

std::vector<double> everything(const Tape& tape, std::size_t size) {
  std::vector<double> numbers;
  for (std::size_t k = 1; k <= size; ++k) {
    const Node node = tape.node(k);
    numbers.push_back(static_cast<double>(node.op()));
    numbers.push_back(node.value());
    if (node.adjoint()) numbers.push_back(*node.adjoint());
    for (const Operand& operand : node.operands())
      numbers.insert(numbers.end(),
                     {static_cast<double>(operand.node), operand.partial, operand.constant});
  }
  return numbers;
}

// x + 1 + 1 + ..., as many nodes as wanted; returns ∂/∂x times 2.
double gradient_of_chain(Tape& tape, std::size_t nodes) {
  const Value x = tape.variable(1);
  Value y = x;
  while (tape.size() < nodes) y = y + 1.0;
  tape.backward(y, 2);
  return x.grad();
}

}  // namespace

TEST_CASE("growing keeps values, partials, side operands and adjoints to the bit") {
  for (const std::size_t size : Sizes{2, 100, 511, 512, 513, 1023, 1024, 5000, 70'000}) {
    CAPTURE(size);
    Tape tape;
    const Value first = tape.variable(0.1);
    record_rows(tape, size);
    tape.backward(tape.variable(1) * first);
    const std::vector<double> before = everything(tape, size);
    record_rows(tape, 4 * size + 3000);
    CHECK(all_same(everything(tape, size), before));
    tape.reserve(20 * size + 10'000);
    CHECK(all_same(everything(tape, size), before));
  }
}

TEST_CASE("growing by single large operations keeps what is there") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value square = x * x;
  Value y = square;
  for (const std::size_t n : Sizes{400, 100, 20, 5'000, 100, 300'000}) {
    const std::vector<Value> many(n, square);
    y = y + sum(many);
  }
  tape.backward(y);
  CHECK(square.grad() == 1 + 305'620);
  CHECK(x.grad() == 6 * 305'621.0);
}

#if defined(__unix__) || defined(__APPLE__)

TEST_CASE("a node takes 24 bytes, constant and kept partial included, and 8 more once swept") {
  CHECK(Recording::bytes_per_node == 24);
  Tape tape;
  const Value x = tape.variable(2);
  const auto bytes_of = [&](auto&& operation) {
    const std::size_t before = tape.recording().used_bytes();
    (void)operation();
    return tape.recording().used_bytes() - before;
  };
  CHECK(bytes_of([&] { return x * x; }) == 24);
  CHECK(bytes_of([&] { return x * 3.0; }) == 24);
  CHECK(bytes_of([&] { return sin(x); }) == 24);
  CHECK(bytes_of([&] { return pow(x, 2.5); }) == 24);
  CHECK(bytes_of([&] { return fma(x, x, x); }) == 24 + 5 * 8);  // partials, and indices of half

  constexpr std::size_t rows = 1'000'001;  // row 0 is no node
  tape.clear();
  tape.reserve(rows - 1);
  const std::size_t side = tape.memory_bytes() - rows * 24;
  CHECK(side < 10'000);
  gradient_of_chain(tape, rows - 1);
  CHECK(tape.memory_bytes() >= rows * 32);
  CHECK(tape.memory_bytes() < rows * 32 + 10'000);
}

TEST_CASE("ten million nodes are recorded, swept and destroyed on a small stack") {
  // A recursion of ten million steps would need a hundred times this stack.
  constexpr std::size_t stack_bytes = std::size_t{1} << 20;
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, stack_bytes) == 0);
  double gradient = 0;
  pthread_t thread{};
  const auto run = [](void* result) -> void* {
    Tape tape;
    *static_cast<double*>(result) = gradient_of_chain(tape, 10'000'000);
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, run, &gradient) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  CHECK(gradient == 2);
}

#endif

#if defined(__linux__) && !defined(TAPEGRAD_TEST_SANITIZED)

#if !defined(TAPEGRAD_TEST_SANITIZED) && (defined(__unix__) || defined(__APPLE__))
TEST_CASE("a tape takes the memory that one of its thread has left, and only one does") {
  constexpr std::size_t size = 5'000;
  std::vector<double> expected;
  const Row* left = nullptr;
  {
    Tape tape;
    record_rows(tape, size);
    expected = everything(tape, size);
    left = &tape.recording().row(0);
    gradient_of_chain(tape, 2 * size);  // leaves adjoints and longer columns behind
  }
  Tape heir;
  record_rows(heir, size);
  CHECK(&heir.recording().row(0) == left);
  CHECK(all_same(everything(heir, size), expected));
  CHECK(gradient_of_chain(heir, 2 * size) == 2);

  Tape other;
  record_rows(other, size);
  CHECK(&other.recording().row(0) != left);
  CHECK(all_same(everything(other, size), expected));
}

TEST_CASE("a tape may leave its memory to another thread than the one that it was made on") {
  auto tape = std::make_unique<Tape>(Tape::inactive);
  {
    const ActiveScope scope = tape->activate();
    CHECK(gradient_of_chain(*tape, 5'000) == 2);
  }
  double elsewhere = 0;
  std::thread([&] {
    tape.reset();
    Tape heir;
    elsewhere = gradient_of_chain(heir, 5'000);
  }).join();
  CHECK(elsewhere == 2);
  Tape here;
  CHECK(gradient_of_chain(here, 5'000) == 2);
}
#endif

#if defined(__linux__) && !defined(TAPEGRAD_TEST_SANITIZED)
namespace {

// Pages of addresses, and of memory, that this process has.
struct Pages {
  std::size_t addresses = 0, resident = 0;
};

Pages pages() {
  std::ifstream numbers("/proc/self/statm");
  Pages read;
  numbers >> read.addresses >> read.resident;
  return read;
}

std::size_t pages_of(std::size_t mebibytes) {
  return (mebibytes << 20) / static_cast<std::size_t>(getpagesize());
}

// KiB of addresses without access that a core dump would hold.
std::size_t reserved_and_dumped() {
  std::ifstream ranges("/proc/self/smaps");
  std::size_t sum = 0, size = 0;
  bool is_reserved = false;
  for (std::string line; std::getline(ranges, line);) {
    if (line.find(" ---p ") != std::string::npos) is_reserved = true;
    if (line.find(" rw-p ") != std::string::npos) is_reserved = false;
    if (line.starts_with("Size:")) size = std::stoul(line.substr(5));
    const bool is_dumped = line.starts_with("VmFlags:") && line.find(" dd") == std::string::npos;
    if (is_dumped && is_reserved) sum += size;
  }
  return sum;
}

}  // namespace

TEST_CASE("core dumps leave out what a tape has reserved, but not what it uses") {
  const std::size_t before = reserved_and_dumped();
  Tape tape;
  record_rows(tape, 5'000);
  CHECK(reserved_and_dumped() < before + 100'000);

  std::ifstream ranges("/proc/self/smaps");
  const auto row = reinterpret_cast<std::uintptr_t>(&tape.recording().row(0));
  bool is_there = false;
  for (std::string line; std::getline(ranges, line);) {
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> begin >> dash >> end && dash == '-')
      is_there = begin <= row && row < end;
    if (is_there && line.starts_with("VmFlags:")) CHECK(line.find(" dd") == std::string::npos);
  }
}

TEST_CASE("a thread keeps no large memory of a tape that is gone, be it of nodes or of operands") {
  const std::vector<double> numbers(5'000'000, 1.0);
  const auto record = [&](Tape& tape, bool of_nodes) {
    if (of_nodes) {
      gradient_of_chain(tape, 2'000'000);
    } else {
      std::vector<Value> operands(numbers.begin(), numbers.end());
      operands[0] = tape.variable(1);
      sum(operands);
    }
  };
  const std::size_t before = pages().resident;
  for (const bool of_nodes : {true, false}) {
    CAPTURE(of_nodes);
    {
      Tape tape;
      record(tape, of_nodes);
      REQUIRE(pages().resident > before + pages_of(40));
    }
    CHECK(pages().resident < before + pages_of(10));
  }
}

TEST_CASE("a thread that ends gives back what a tape of its own has left it") {
  const std::size_t before = pages().addresses;
  for (int k = 0; k < 20; ++k)
    std::thread([] {
      Tape tape;
      gradient_of_chain(tape, 5'000);
    }).join();
  CHECK(pages().addresses < before + pages_of(4'000));  // a tape reserves gigabytes
}

TEST_CASE("memory that nodes have left goes to operands, within the limit") {
  const std::size_t before = pages().resident;
  Tape tape({.memory_limit = std::size_t{200} << 20});
  const auto fill_with_nodes = [&] {
    const Value x = tape.variable(1);
    try {
      for (;;) x* x;
    } catch (const TapeFullError&) {
    }
  };
  fill_with_nodes();
  REQUIRE(pages().resident > before + pages_of(120));
  tape.clear();
  std::vector<Value> many(1000, Value(1));
  many[0] = tape.variable(1);
  for (int k = 0; k < 5'000; ++k) sum(many);  // 60 MB, which the limit leaves no room for
  CHECK(pages().resident > before + pages_of(50));
  CHECK(pages().resident < before + pages_of(90));
}
#endif

TEST_CASE("thousands of tapes that have outgrown their first memory live at once") {
  // Each takes a dozen of the 65530 ranges of memory that Linux allows a process.
  std::vector<std::unique_ptr<Tape>> tapes;
  for (int k = 0; k < 3000; ++k) {
    tapes.push_back(std::make_unique<Tape>(Tape::inactive));
    const auto scope = tapes.back()->activate();
    gradient_of_chain(*tapes.back(), 600);
  }
  bool right = true;
  for (const auto& tape : tapes)
    right = right && tape->size() == 600 && *tape->find_adjoint(1) == 2;
  CHECK(right);
}

namespace {

// The child's exit code: 0 if all went well.
int record_until_full() {
  Tape tape;
  if (gradient_of_chain(tape, 100'000) != 2) return 1;
  try {
    for (;;) tape.variable(1);
  } catch (const TapeFullError&) {
  }
  if (tape.size() < 300'000) return 2;
  if (tape.node(1).value() != 1 || tape.node(100'000).value() != 100'000) return 3;
  tape.clear();
  if (gradient_of_chain(tape, 100'000) != 2) return 4;
  Tape other;
  return gradient_of_chain(other, 1000) == 2 ? 0 : 5;
}

}  // namespace

TEST_CASE("where the address space is limited, a tape takes what there is and then is full") {
  for (const std::size_t mebibytes : Sizes{64, 200, 1000}) {
    CAPTURE(mebibytes);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const rlim_t bytes = mebibytes << 20;
      const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
      if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(10);
      try {
        _exit(record_until_full());
      } catch (...) {
        _exit(11);
      }
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
}

#endif

// Full tapes: exactly at their limit, and usable afterwards.

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/core/recording.hpp"

using namespace tapegrad;

namespace {

using Sizes = std::initializer_list<std::size_t>;

// With its adjoint a row takes this.
constexpr std::size_t row_bytes = Recording::bytes_per_node + sizeof(double);

// How many leaves there is room for, row 0 being no node.
std::size_t leaves_in(std::size_t limit) { return limit < row_bytes ? 0 : limit / row_bytes - 1; }

std::size_t fill_with_leaves(Tape& tape) {
  for (std::size_t k = tape.size() + 1;; ++k) {
    try {
      tape.variable(static_cast<double>(k));
    } catch (const TapeFullError&) {
      return tape.size();
    }
  }
}

// A sum of ten keeps ten partials, and ten indices of half their size.
constexpr std::size_t side_cells_of_ten = 15;
constexpr std::size_t sum_bytes = side_cells_of_ten * Recording::bytes_per_side_cell;

// Sums of ten operands until the tape is full. (The last is no result, but a reference: where an
// exception ends an assignment to the variable that is returned, g++ 12 returns garbage.)
void fill_with_sums(const Value x, Value& last) {
  const std::vector<Value> ten(10, x);
  try {
    for (;;) last = sum(ten);
  } catch (const TapeFullError&) {
  }
}

bool holds_its_leaves(const Tape& tape) {
  for (const Node& node : tape.nodes())
    if (!node.is_leaf() || node.value() != static_cast<double>(node.index())) return false;
  return true;
}

}  // namespace

TEST_CASE("a tape is full exactly at its memory limit, and keeps what it holds") {
  for (const std::size_t limit : Sizes{1, 31, 32, 63, 64, 65, 95, 96, 500, 1000, 16'383, 16'384,
                                       16'415, 16'416, 30'000, 65'536, 100'000, 1'000'000}) {
    CAPTURE(limit);
    Tape tape({.memory_limit = limit});
    CHECK(fill_with_leaves(tape) == leaves_in(limit));
    CHECK(tape.memory_bytes() <= limit);
    CHECK(holds_its_leaves(tape));
    CHECK_THROWS_AS(tape.variable(0), TapeFullError);
    CHECK(holds_its_leaves(tape));
    tape.clear();
    CHECK(fill_with_leaves(tape) == leaves_in(limit));
    CHECK(tape.memory_bytes() <= limit);
  }
}

TEST_CASE("a tape is full exactly at its node limit") {
  for (const std::size_t limit : Sizes{0, 1, 2, 510, 511, 512, 513, 5000}) {
    CAPTURE(limit);
    Tape tape({.node_limit = limit});
    CHECK(fill_with_leaves(tape) == limit);
    CHECK(holds_its_leaves(tape));
    const std::size_t rows = limit == 0 ? 0 : limit + 1;  // row 0 is no node
    CHECK(tape.recording().memory_bytes() >= rows * Recording::bytes_per_node);
  }
}

TEST_CASE("an error in a file names the place as far as it is known") {
  CHECK(std::string_view(ParseError("a.csv", 3, 7, "no number").what()) == "a.csv:3:7: no number");
  CHECK(std::string_view(ParseError("a.csv", 3, 0, "no number").what()) == "a.csv:3: no number");
  CHECK(std::string_view(ParseError("a.csv", 0, 0, "is empty").what()) == "a.csv: is empty");
}

TEST_CASE("a full tape can be swept, and recorded on after a rewind or clear") {
  for (const std::size_t limit : Sizes{500, 5'000, 50'000, 500'000}) {
    CAPTURE(limit);
    Tape tape({.memory_limit = limit});
    const Value x = tape.variable(1);
    Value y = x;
    Mark mark = tape.mark();
    const auto fill = [&] {
      y = x;
      try {
        for (;;) y = y + x;
      } catch (const TapeFullError&) {
      }
    };
    for (int round = 0; round < 3; ++round) {
      fill();
      CHECK(tape.size() == leaves_in(limit));
      tape.backward(y);
      CHECK(x.grad() == static_cast<double>(leaves_in(limit)));
      CHECK(tape.memory_bytes() <= limit);
      tape.rewind(mark);
    }
    tape.clear();
    const Value z = tape.variable(3);
    tape.backward(z * z);
    CHECK(z.grad() == 6);
  }
}

TEST_CASE("side operands count: a tape is full when rows and they do not fit any more") {
  for (const std::size_t limit : Sizes{100, 300, 1'000, 10'000, 100'000, 1'000'000}) {
    CAPTURE(limit);
    Tape tape({.memory_limit = limit});
    const Value x = tape.variable(2);
    Value last = x;
    fill_with_sums(x, last);
    const std::size_t sums = tape.size() - 1;
    const auto bytes = [](std::size_t count) {  // row 0, the leaf, and so many sums
      return (count + 2) * row_bytes + count * sum_bytes;
    };
    CHECK(bytes(sums) <= limit);
    CHECK(bytes(sums + 1) > limit);
    CHECK(tape.memory_bytes() <= limit);
    CHECK(tape.recording().side_size() == side_cells_of_ten * sums);
    tape.backward(last);
    CHECK(x.grad() == (sums == 0 ? 1 : 10));
    CHECK(tape.memory_bytes() <= limit);
  }
}

TEST_CASE("adjoints and side operands lie apart, also where little room is reserved") {
  Tape tape({.memory_limit = 1'000'000});
  const Value x = tape.variable(1);
  const std::vector<Value> ten(10, x);
  constexpr int sums = 2000;
  Value total = 0;
  for (int k = 0; k < sums; ++k) total += sum(ten);
  for (int sweep = 0; sweep < 2; ++sweep) {
    tape.backward(total);
    CHECK(x.grad() == 10 * sums);
  }
}

TEST_CASE("what one kind of operation filled is there for the other kind after a clear") {
  for (const std::size_t limit : Sizes{2'000, 20'000, 200'000, 2'000'000}) {
    CAPTURE(limit);
    Tape tape({.memory_limit = limit});
    std::array<std::size_t, 2> leaves{}, sums{};
    for (std::size_t round = 0; round < 2; ++round) {
      leaves[round] = fill_with_leaves(tape);
      tape.clear();
      Value last;
      fill_with_sums(tape.variable(2), last);
      sums[round] = tape.size();
      CHECK(tape.memory_bytes() <= limit);
      tape.clear();
    }
    CHECK(leaves[0] == leaves_in(limit));
    CHECK(leaves[1] == leaves[0]);
    CHECK(sums[1] == sums[0]);
    CHECK(sums[0] > limit / 200);
  }
}

TEST_CASE("leaves and sums that alternate fill the tape to within one of each") {
  constexpr std::size_t limit = 300'000;
  Tape tape({.memory_limit = limit});
  const Value x = tape.variable(1);
  const std::vector<Value> ten(10, x);
  try {
    for (;;) {
      tape.variable(1);
      sum(ten);
    }
  } catch (const TapeFullError&) {
  }
  constexpr std::size_t pair = 2 * row_bytes + sum_bytes;
  const std::size_t used =
      (tape.size() + 1) * row_bytes + tape.recording().side_size() * Recording::bytes_per_side_cell;
  CHECK(used <= limit);
  CHECK(used + pair > limit);
  CHECK(tape.memory_bytes() <= limit);
}

TEST_CASE("a list of variables that does not fit is not recorded in part") {
  Tape tape({.node_limit = 5});
  tape.variable(1);
  CHECK_THROWS_AS(tape.variables(std::vector<double>(5)), TapeFullError);
  CHECK(tape.size() == 1);
  CHECK(tape.variables(std::vector<double>(4)).size() == 4);
}

TEST_CASE("reserve makes room once and for all, or throws and changes nothing") {
  Tape tape({.memory_limit = 1'000'000});
  tape.reserve(10'000);
  const std::size_t bytes = tape.memory_bytes();
  CHECK(bytes >= 10'000 * Recording::bytes_per_node);
  for (int k = 0; k < 10'000; ++k) tape.variable(k);
  CHECK(tape.memory_bytes() == bytes);
  CHECK_THROWS_AS(tape.reserve(1'000'000), TapeFullError);
  CHECK_THROWS_AS(tape.reserve(std::numeric_limits<std::size_t>::max()), TapeFullError);
  CHECK(tape.memory_bytes() == bytes);
  tape.reserve(0);
  CHECK(tape.size() == 10'000);
}

TEST_CASE("as many nodes as the limit allows can be reserved, and one more cannot") {
  for (const std::size_t limit : Sizes{1, 510, 511, 512, 5000}) {
    CAPTURE(limit);
    Tape tape({.node_limit = limit});
    tape.reserve(limit);
    CHECK_THROWS_AS(tape.reserve(limit + 1), TapeFullError);
    CHECK(fill_with_leaves(tape) == limit);
  }
}

TEST_CASE("a full tape says which limit it has reached") {
  Tape nodes({.node_limit = 1});
  nodes.variable(1);
  CHECK_THROWS_WITH_AS(
      nodes.variable(2),
      "the tape is full: its limit is 1 nodes (Tape::Options::node_limit); clear() or rewind() "
      "it, or record less between sweeps",
      TapeFullError);
  Tape bytes({.memory_limit = 70});
  bytes.variable(1);
  CHECK_THROWS_WITH_AS(
      bytes.variable(2),
      "the tape is full: 2 nodes do not fit into its limit of 70 bytes "
      "(Tape::Options::memory_limit); clear() or rewind() it, or record less between sweeps",
      TapeFullError);
}

TEST_CASE("a user's operation that does not fit leaves nothing behind, whatever the limit") {
  class Copies : public External {
   public:
    std::string_view name() const override { return "copies"; }
    void pull_back(std::span<const double>, std::span<const double>,
                   std::span<double>) const override {}
  };
  const auto copies = std::make_shared<Copies>();
  const std::vector<double> results(20, 1.0);
  int full = 0;
  for (std::size_t limit = 2000; limit < 6000; limit += 37) {
    CAPTURE(limit);
    Tape tape({.memory_limit = limit});
    const std::vector<Value> operands(10, tape.variable(1.0));
    for (int calls = 0; calls < 100; ++calls) {
      const std::size_t before = tape.size();
      try {
        (void)tape.external(copies, operands, results);
      } catch (const TapeFullError&) {
        ++full;
        CHECK(tape.size() == before);
        break;
      }
      CHECK(tape.size() == before + 21);
    }
  }
  CHECK(full > 100);
}

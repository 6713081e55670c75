#include "spare.hpp"

#include <utility>

namespace tapegrad {
namespace {

// A million nodes with their adjoints, and some cells: what a thread may hold without a tape.
constexpr std::size_t most_bytes = std::size_t{40} << 20;

}  // namespace

constinit thread_local Recording::Spare::Kept Recording::Spare::kept_;
constinit thread_local bool Recording::Spare::is_closed_ = false;

bool Recording::Spare::keep(const Block& block, std::size_t rows, std::size_t side) {
  const std::size_t bytes = rows * (bytes_per_node + sizeof(double)) + side * bytes_per_side_cell;
  if (!block.is_reserved || bytes > most_bytes || kept_.block.begin != nullptr || is_closed_)
    return false;
  thread_local const Closer closer;
  kept_ = {block, rows, side};
  return true;
}

Recording::Block Recording::Spare::take(const Block& wanted, std::size_t rows, std::size_t side) {
  const auto [block, has_rows, has_side] = std::exchange(kept_, {});
  if (block.begin == nullptr) return block;
  const bool is_committed = rows <= has_rows && side <= has_side;
  if (block.rows == wanted.rows && block.side == wanted.side &&
      (is_committed || commit(block, rows, side)))
    return block;
  release(block);
  return {};
}

Recording::Spare::Closer::~Closer() {
  is_closed_ = true;
  const Block block = std::exchange(kept_, {}).block;
  if (block.begin != nullptr) release(block);
}

}  // namespace tapegrad

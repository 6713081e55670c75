// Which outputs depend on which inputs: sets of outputs, swept in reverse as adjoints are, or of
// inputs, swept forward as tangents are. A block of 256 goes at a time, a bit for each, so that the
// sets of all nodes stay small however many outputs there are.

#include <algorithm>
#include <array>
#include <bit>

#include "sparsity.hpp"
#include "structure.hpp"

namespace tapegrad {
namespace {

class Bits {
 public:
  static constexpr std::size_t count = 256;

  void set(std::size_t bit) { words_[bit / 64] |= std::uint64_t{1} << bit % 64; }
  bool none() const { return (words_[0] | words_[1] | words_[2] | words_[3]) == 0; }
  void add(const Bits& other) {
    for (std::size_t k = 0; k < words_.size(); ++k) words_[k] |= other.words_[k];
  }
  template <class Visit> void for_each(Visit&& visit) const {
    for (std::size_t k = 0; k < words_.size(); ++k)
      for (std::uint64_t word = words_[k]; word != 0; word &= word - 1)
        visit(k * 64 + static_cast<std::size_t>(std::countr_zero(word)));
  }

 private:
  std::array<std::uint64_t, count / 64> words_{};
};

using Rows = std::vector<std::vector<std::size_t>>;

// The entries of `count` outputs from `first` on.
void sweep_outputs(const RecordedPlace& place, NodeStructure& structure, std::size_t first,
                   std::size_t count, std::vector<Bits>& reached, Rows& rows) {
  std::ranges::fill(reached, Bits());
  std::uint32_t last = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint32_t node = place.outputs[first + k];
    if (node != 0) reached[node].set(k);
    last = std::max(last, node);
  }
  const std::uint32_t lowest = *std::ranges::min_element(place.inputs);
  for (std::uint32_t node = last; node > lowest; --node) {
    if (reached[node].none()) continue;
    for (const std::uint32_t operand : structure.operands(node))
      reached[operand].add(reached[node]);
  }
  for (std::size_t i = 0; i < place.inputs.size(); ++i)
    reached[place.inputs[i]].for_each([&](std::size_t k) { rows[first + k].push_back(i); });
}

// The entries of `count` inputs from `first` on.
void sweep_inputs(const RecordedPlace& place, NodeStructure& structure, std::size_t first,
                  std::size_t count, std::vector<Bits>& moved_by, Rows& rows) {
  std::ranges::fill(moved_by, Bits());
  std::uint32_t lowest = place.inputs[first];
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t node = place.inputs[first + i];
    moved_by[node].set(i);
    lowest = std::min(lowest, node);
  }
  for (std::size_t node = lowest + std::size_t{1}; node <= place.last; ++node)
    for (const std::uint32_t operand : structure.operands(node))
      moved_by[node].add(moved_by[operand]);
  for (std::size_t k = 0; k < place.outputs.size(); ++k)
    if (place.outputs[k] != 0)
      moved_by[place.outputs[k]].for_each([&](std::size_t i) { rows[k].push_back(first + i); });
}

}  // namespace

SparsityPattern sparsity_of_jacobian(const RecordedPlace& place) {
  const std::size_t outputs = place.outputs.size(), inputs = place.inputs.size();
  Rows rows(outputs);
  NodeStructure structure(place.recording);
  std::vector<Bits> sets(place.recording.size() + 1);
  const bool in_reverse = outputs <= inputs;
  const auto sweep = in_reverse ? sweep_outputs : sweep_inputs;
  const std::size_t bits = in_reverse ? outputs : inputs;
  for (std::size_t first = 0; first < bits; first += Bits::count)
    sweep(place, structure, first, std::min(Bits::count, bits - first), sets, rows);
  return make_pattern(rows, inputs);
}

}  // namespace tapegrad

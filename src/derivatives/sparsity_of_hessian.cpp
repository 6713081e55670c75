// Which inputs interact in an output: edge pushing, of the structure alone.
//
// From the output's node down, each node v hands on to its operands which nodes it interacts with
// in the output (its arcs): if ∂²y/∂v∂w may differ from 0, so may that of w with each operand of v.
// To that come the pairs of operands between which v itself has a second partial. As all nodes
// above v are done, an arc is kept at its upper end only, and is gone once that is done.
//
// An input that is itself computed is a place of its own: x = g(operands) + (what it moves by). So
// the entries are those by which Tape::hessian_vector_products() moves it.
//
// Source: Gower & Mello 2012, "A new framework for the computation of Hessians".

#include <algorithm>

#include "sparsity.hpp"
#include "structure.hpp"

namespace tapegrad {
namespace {

using Place = std::uint32_t;  // inputs first, then nodes

// Unordered pairs of places, and pairs of one with itself.
class Arcs {
 public:
  explicit Arcs(std::size_t places) : lower_ends_(places) {}

  void add(Place a, Place b) {
    std::vector<Place>& ends = lower_ends_[std::max(a, b)];
    if (ends.size() == ends.capacity()) compact(ends);
    ends.push_back(std::min(a, b));
  }

  /// The lower ends of the arcs whose upper end is `a`, in rising order; they are forgotten.
  std::vector<Place> take(Place a) {
    std::vector<Place> ends = std::move(lower_ends_[a]);
    lower_ends_[a] = {};
    drop_repeated(ends);
    return ends;
  }

 private:
  static void drop_repeated(std::vector<Place>& ends) {
    std::ranges::sort(ends);
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  }

  // Before it grows: half of it free again, or twice as much, so that an arc that comes again and
  // again takes no more room, and sorting is rare.
  static void compact(std::vector<Place>& ends) {
    drop_repeated(ends);
    if (ends.size() > ends.capacity() / 2) ends.reserve(std::max<std::size_t>(4, 2 * ends.size()));
  }

  std::vector<std::vector<Place>> lower_ends_;
};

class EdgePushing {
 public:
  explicit EdgePushing(const RecordedPlace& place)
      : inputs_(place.inputs.size()),
        structure_(place.recording),
        arcs_(inputs_ + place.last + 1),
        moves_(place.last + 1),
        counts_(place.last + 1) {
    for (Place i = 0; i < inputs_; ++i)
      if (place.inputs[i] <= place.last) input_at_.push_back({place.inputs[i], i});
    std::ranges::sort(input_at_);
    find_moving(place.last);
  }

  void run(std::size_t output) {
    counts_[output] = moves_[output];
    for (std::size_t node = output; node > 0; --node)
      if (counts_[node]) push(node);
  }

  SparsityPattern entries() {
    std::vector<std::vector<std::size_t>> rows(inputs_);
    for (Place i = 0; i < inputs_; ++i)
      for (const Place j : arcs_.take(i)) {
        rows[i].push_back(j);
        if (i != j) rows[j].push_back(i);
      }
    return make_pattern(rows, inputs_);
  }

 private:
  struct InputAt {
    std::uint32_t node;
    Place input;
    friend auto operator<=>(const InputAt&, const InputAt&) = default;
  };

  void find_moving(std::size_t last) {
    for (const InputAt& input : input_at_) moves_[input.node] = true;
    for (std::size_t node = 1; node <= last; ++node)
      for (const std::uint32_t operand : structure_.operands(node))
        if (moves_[operand]) moves_[node] = true;
  }

  Place place_of(std::uint32_t node) const { return static_cast<Place>(inputs_ + node); }

  // The places that what is known of the node goes on to: the inputs that it is, and its operands.
  void find_targets(std::size_t node) {
    targets_.clear();
    while (!input_at_.empty() && input_at_.back().node > node) input_at_.pop_back();
    for (; !input_at_.empty() && input_at_.back().node == node; input_at_.pop_back())
      targets_.push_back(input_at_.back().input);
    for (const std::uint32_t operand : structure_.operands(node)) {
      if (!moves_[operand]) continue;
      targets_.push_back(place_of(operand));
      counts_[operand] = true;
    }
  }

  void push(std::size_t node) {
    find_targets(node);
    for (const NodePair pair : structure_.pairs(node))
      if (moves_[pair.a] && moves_[pair.b]) arcs_.add(place_of(pair.a), place_of(pair.b));
    const Place own = place_of(static_cast<std::uint32_t>(node));
    for (const Place other : arcs_.take(own)) {
      if (other == own) {
        for (std::size_t k = 0; k < targets_.size(); ++k)
          for (std::size_t l = k; l < targets_.size(); ++l) arcs_.add(targets_[k], targets_[l]);
      } else {
        for (const Place target : targets_) arcs_.add(target, other);
      }
    }
  }

  std::size_t inputs_;
  NodeStructure structure_;
  Arcs arcs_;
  std::vector<bool> moves_;        // for each node: does it depend on an input?
  std::vector<bool> counts_;       // ... and the output on it?
  std::vector<InputAt> input_at_;  // those not yet met, the highest last
  std::vector<Place> targets_;
};

}  // namespace

SparsityPattern sparsity_of_hessian(const RecordedPlace& place) {
  EdgePushing pushing(place);
  pushing.run(place.outputs[0]);
  return pushing.entries();
}

}  // namespace tapegrad

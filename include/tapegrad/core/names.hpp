// Names of nodes: given one by one, or as a scheme for a whole range.
//
// A layer of a network records the same sequence of nodes at every call, and knows how each is
// called. A recording only notes where the sequence begins, and a name is made when somebody asks
// for it: naming thousands of nodes costs one entry. All of it is plain data, without a virtual
// function, so that a debugger can read the names of a process that stands still.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Nodes that are called alike, and lie in a grid: for i < i.count and j < j.count the node
/// first + i·i.step + j·j.step has the name `text`, in which %i stands for i.start + i and %j for
/// j.start + j. All j of one i come before the next i.
struct NameGrid {
  struct Axis {
    std::size_t count = 1;
    std::size_t step = 1;   // from one node to the next
    std::size_t start = 1;  // the first number in the name
  };
  std::string text;  // "L1.n%i.w%j*x%j"
  std::size_t first = 0;
  Axis i = {};
  Axis j = {};
};

/// How a sequence of consecutive nodes is called.
class TAPEGRAD_API NameScheme {
 public:
  /// A sequence of `size` nodes, counted from 0. Where grids overlap the first names the node;
  /// where none is, it has no name.
  /// @throws ArgumentError if a grid has a step of 0
  NameScheme(std::size_t size, std::vector<NameGrid> grids);

  /// Number of nodes in the sequence.
  std::size_t size() const { return size_; }
  /// Name of the k-th node of the sequence, k from 0; an empty text is no name.
  std::string name(std::size_t k) const;
  const std::vector<NameGrid>& grids() const { return grids_; }

 private:
  friend struct DebugLayout;
  std::size_t size_;
  std::vector<NameGrid> grids_;
};

class TAPEGRAD_API Names {
 public:
  /// Cost: a few nanoseconds in the order of the nodes; else the names behind it move.
  void set(std::size_t node, std::string_view name);
  void set_range(std::size_t first, std::shared_ptr<const NameScheme> scheme);

  /// The node's own name, or the one from the last range over it, or an empty text.
  std::string find(std::size_t node) const;

  /// The last node of that name; 0 if there is none. Looks through all of them.
  std::size_t find(std::string_view name) const;

  /// Forgets the names of nodes from `end` on.
  void truncate(std::size_t end);

 private:
  friend struct DebugLayout;
  friend class TapeFile;

  struct Single {
    std::size_t node;
    std::size_t begin;  // in letters_
    std::size_t length;
  };
  struct Range {
    std::size_t first;
    std::size_t end;    // nearer than the scheme's where the last nodes were taken back
    std::size_t reach;  // the last end of this range and those before it
    std::shared_ptr<const NameScheme> scheme;
  };

  void drop_unused_letters();
  std::string_view text(const Single& single) const {
    return {letters_.data() + single.begin, single.length};
  }

  std::vector<Single> singles_;  // by node
  std::vector<char> letters_;
  std::size_t used_letters_ = 0;
  std::vector<Range> ranges_;  // by `first`: nodes are named in the order of recording
};

}  // namespace tapegrad

// Names of nodes: given one by one, or as a scheme for a whole range.
//
// A layer of a network records the same sequence of nodes at every call, and knows how each is
// called. A recording only notes where the sequence begins, and a name is made when somebody asks
// for it: naming thousands of nodes costs one entry.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// How a sequence of consecutive nodes is called.
class TAPEGRAD_API NameScheme {
 public:
  NameScheme() = default;
  NameScheme(const NameScheme&) = delete;
  NameScheme& operator=(const NameScheme&) = delete;
  virtual ~NameScheme();

  /// Number of nodes in the sequence.
  virtual std::size_t size() const = 0;
  /// Name of the k-th node of the sequence, k from 0; an empty text is no name.
  virtual std::string name(std::size_t k) const = 0;
};

class TAPEGRAD_API Names {
 public:
  void set(std::size_t node, std::string_view name);
  void set_range(std::size_t first, std::shared_ptr<const NameScheme> scheme);

  /// The node's own name, or the one from the last range over it, or an empty text.
  std::string find(std::size_t node) const;

  /// The last node of that name; 0 if there is none. Looks through all of them.
  std::size_t find(std::string_view name) const;

  /// Forgets the names of nodes from `end` on.
  void truncate(std::size_t end);

 private:
  struct Range {
    std::size_t first;
    std::size_t end;    // nearer than the scheme's where the last nodes were taken back
    std::size_t reach;  // the last end of this range and those before it
    std::shared_ptr<const NameScheme> scheme;
  };
  std::map<std::size_t, std::string> single_;
  std::vector<Range> ranges_;  // by `first`: nodes are named in the order of recording
};

}  // namespace tapegrad

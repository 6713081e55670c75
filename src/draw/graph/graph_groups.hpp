// Which group a node belongs to, by its name: L1.n3.w2 is in L1.n3, which is in L1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Groups by number; 0 is none, and a group's parent has a smaller number.
class TAPEGRAD_API GraphGroups {
 public:
  static constexpr std::size_t most_parts = 8;

  /// The group of a node with that name: all parts but the last. A part is a letter with letters,
  /// digits and underscores behind it; other names ("0.5*x", "f(a.b)"), and those of still more
  /// parts, are in no group.
  std::uint32_t of_node(std::string_view name);

  std::size_t size() const { return groups_.size(); }
  /// Good until the next of_node().
  std::string_view name(std::uint32_t group) const {
    return std::string_view(letters_).substr(groups_[group].begin, groups_[group].length);
  }
  /// Its last part: "n3".
  std::string_view own_name(std::uint32_t group) const;
  std::uint32_t parent(std::uint32_t group) const { return groups_[group].parent; }
  /// How many parts its name has: 2 for "L1.n3".
  std::size_t parts(std::uint32_t group) const { return groups_[group].parts; }

 private:
  struct Group {
    std::size_t begin;  // in letters_
    std::size_t length;
    std::uint32_t parent;
    std::uint32_t parts;
  };

  std::uint32_t find_or_add(std::string_view name);
  std::size_t slot_of(std::string_view name) const;
  std::uint32_t add(std::string_view name, std::uint32_t parent);

  // A hash table of our own: of a million groups, a string each takes most of the time.
  std::vector<Group> groups_{{0, 0, 0, 0}};
  std::string letters_;
  std::vector<std::uint32_t> slots_ = std::vector<std::uint32_t>(64);  // groups; 0: free
  std::uint32_t last_ = 0;  // neighbours are mostly of the same group
};

/// "layer (1)" for L1, "neuron 3" for n3, else as it is.
TAPEGRAD_API std::string group_title(std::string_view own_name);

}  // namespace tapegrad

// What a program keeps of the tape that it was compiled from.
//
// Instructions carry the numbers of nodes; here is what those mean. Programs that are made of one
// another share it, and texts are made of it only when somebody asks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tapegrad/core/names.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

struct Sources {
  template <class T> struct OfNode {
    std::uint32_t node;
    T what;
  };
  template <class T> using ByNode = std::vector<OfNode<T>>;  // rising

  Names names;
  ByNode<std::uint32_t> inputs;     // which input it is
  ByNode<const void*> callers;      // where the tape kept them
  std::vector<Location> locations;  // of a tape from a file, where callers are places in here
  Locate locate = nullptr;

  template <class T> static std::optional<T> find(const ByNode<T>& list, std::size_t node) {
    const auto at = std::ranges::lower_bound(list, node, std::less<>(), &OfNode<T>::node);
    if (at == list.end() || at->node != node) return std::nullopt;
    return at->what;
  }

  std::optional<std::uint32_t> input(std::size_t node) const { return find(inputs, node); }
  const void* caller(std::size_t node) const { return find(callers, node).value_or(nullptr); }

  std::optional<Location> location(std::size_t node) const {
    const void* const address = caller(node);
    if (address == nullptr) return std::nullopt;
    const auto place = reinterpret_cast<std::uintptr_t>(address);
    if (place <= locations.size()) return locations[place - 1];  // no code is at so low an address
    return locate == nullptr ? std::nullopt : locate(address);
  }
};

}  // namespace tapegrad

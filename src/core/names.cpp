#include "tapegrad/core/names.hpp"

#include <algorithm>

namespace tapegrad {

NameScheme::~NameScheme() = default;

void Names::set(std::size_t node, std::string_view name) { single_[node] = std::string(name); }

void Names::set_range(std::size_t first, std::shared_ptr<const NameScheme> scheme) {
  const std::size_t end = first + scheme->size();
  auto at = std::upper_bound(ranges_.begin(), ranges_.end(), first,
                             [](std::size_t node, const Range& r) { return node < r.first; });
  const std::size_t reach = at == ranges_.begin() ? 0 : std::prev(at)->reach;
  at = ranges_.insert(at, {first, end, std::max(reach, end), std::move(scheme)});
  for (; at != ranges_.end(); ++at) at->reach = std::max(at->reach, end);
}

std::string Names::find(std::size_t node) const {
  if (const auto own = single_.find(node); own != single_.end()) return own->second;
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), node,
                                      [](std::size_t n, const Range& r) { return n < r.first; });
  for (auto at = after; at != ranges_.begin() && node < std::prev(at)->reach; --at) {
    const Range& range = *std::prev(at);
    if (node < range.end) return range.scheme->name(node - range.first);
  }
  return {};
}

std::size_t Names::find(std::string_view name) const {
  std::size_t found = 0;
  if (name.empty()) return found;
  for (const auto& [node, own] : single_)
    if (own == name) found = std::max(found, node);
  for (const Range& range : ranges_) {
    for (std::size_t node = range.first; node < range.end; ++node) {
      if (range.scheme->name(node - range.first) == name && find(node) == name)
        found = std::max(found, node);
    }
  }
  return found;
}

void Names::truncate(std::size_t end) {
  single_.erase(single_.lower_bound(end), single_.end());
  while (!ranges_.empty() && ranges_.back().first >= end) ranges_.pop_back();
  for (auto range = ranges_.rbegin(); range != ranges_.rend() && range->reach > end; ++range) {
    range->end = std::min(range->end, end);
    range->reach = end;
  }
}

}  // namespace tapegrad

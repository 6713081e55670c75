#include "tapegrad/core/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

// The numbers i and j of the k-th node in a grid; nothing if it is not in it.
std::optional<std::pair<std::size_t, std::size_t>> place_in(const NameGrid& grid, std::size_t k) {
  if (k < grid.first) return std::nullopt;
  const std::size_t offset = k - grid.first;
  const std::size_t i = grid.i.count > 1 ? offset / grid.i.step : 0;
  const std::size_t rest = offset - i * grid.i.step;
  const std::size_t j = grid.j.count > 1 ? rest / grid.j.step : 0;
  if (i >= grid.i.count || j >= grid.j.count || rest != j * grid.j.step) return std::nullopt;
  return std::pair{i, j};
}

std::string fill_in(std::string_view text, std::size_t i, std::size_t j) {
  std::string name;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view two = text.substr(at, 2);
    if (two == "%i" || two == "%j") {
      name += std::to_string(two == "%i" ? i : j);
      ++at;
    } else {
      name += text[at];
    }
  }
  return name;
}

}  // namespace

// ---- NameScheme ----

NameScheme::NameScheme(std::size_t size, std::vector<NameGrid> grids)
    : size_(size), grids_(std::move(grids)) {
  for (const NameGrid& grid : grids_) {
    if (grid.i.step == 0 || grid.j.step == 0)
      throw ArgumentError(fmt::format("NameScheme: the names '{}' have a step of 0", grid.text));
  }
}

std::string NameScheme::name(std::size_t k) const {
  for (const NameGrid& grid : grids_) {
    if (const auto place = place_in(grid, k))
      return fill_in(grid.text, grid.i.start + place->first, grid.j.start + place->second);
  }
  return {};
}

// ---- Names ----

void Names::set(std::size_t node, std::string_view name) {
  drop_unused_letters();
  auto at = singles_.end();
  if (!singles_.empty() && singles_.back().node >= node)
    at = std::ranges::lower_bound(singles_, node, {}, &Single::node);
  const Single single{node, letters_.size(), name.size()};
  letters_.insert(letters_.end(), name.begin(), name.end());
  if (at != singles_.end() && at->node == node) {
    used_letters_ -= at->length;
    *at = single;
  } else {
    singles_.insert(at, single);
  }
  used_letters_ += name.size();
}

// Of names that are gone, once there are more of those than of others.
void Names::drop_unused_letters() {
  constexpr std::size_t not_worth_it = 4096;
  if (letters_.size() < 2 * used_letters_ + not_worth_it) return;
  std::vector<char> letters;
  letters.reserve(used_letters_);
  for (Single& single : singles_) {
    const std::size_t begin = letters.size();
    const std::string_view name = text(single);
    letters.insert(letters.end(), name.begin(), name.end());
    single.begin = begin;
  }
  letters_ = std::move(letters);
}

void Names::set_range(std::size_t first, std::shared_ptr<const NameScheme> scheme) {
  const std::size_t end = first + scheme->size();
  auto at = std::upper_bound(ranges_.begin(), ranges_.end(), first,
                             [](std::size_t node, const Range& r) { return node < r.first; });
  const std::size_t reach = at == ranges_.begin() ? 0 : std::prev(at)->reach;
  at = ranges_.insert(at, {first, end, std::max(reach, end), std::move(scheme)});
  for (; at != ranges_.end(); ++at) at->reach = std::max(at->reach, end);
}

std::string Names::find(std::size_t node) const {
  const auto own = std::ranges::lower_bound(singles_, node, {}, &Single::node);
  if (own != singles_.end() && own->node == node) return std::string(text(*own));
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
  for (const Single& single : singles_)
    if (text(single) == name) found = single.node;
  for (const Range& range : ranges_) {
    for (std::size_t node = range.first; node < range.end; ++node) {
      if (range.scheme->name(node - range.first) == name && find(node) == name)
        found = std::max(found, node);
    }
  }
  return found;
}

void Names::truncate(std::size_t end) {
  while (!singles_.empty() && singles_.back().node >= end) {
    const Single& last = singles_.back();
    used_letters_ -= last.length;
    if (last.begin + last.length == letters_.size()) letters_.resize(last.begin);
    singles_.pop_back();
  }
  if (singles_.empty()) letters_.clear();
  while (!ranges_.empty() && ranges_.back().first >= end) ranges_.pop_back();
  for (auto range = ranges_.rbegin(); range != ranges_.rend() && range->reach > end; ++range) {
    range->end = std::min(range->end, end);
    range->reach = end;
  }
}

}  // namespace tapegrad

// Of a tape file: names, user's operations, locations.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "../core/shown.hpp"
#include "tape_reader.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/external.hpp"

namespace tapegrad {
namespace {

/// A user's operation of which the file has only the name.
class StandIn : public External {
 public:
  explicit StandIn(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  void pull_back(std::span<const double>, std::span<const double>,
                 std::span<double>) const override {
    throw UnsupportedError(fmt::format(
        "backward: the derivative of the operation '{}' is not in the tape file; it lives in the "
        "program that recorded it, where the tape can be swept",
        shown(name_)));
  }

 private:
  std::string name_;
};

NameGrid read_grid(TextLines& lines) {
  lines.next();
  if (lines.field(' ') != "g") lines.fail("it begins with g, and then no blank comes");
  NameGrid grid;
  grid.first = lines.number(' ');
  for (NameGrid::Axis* const axis : {&grid.i, &grid.j}) {
    axis->count = lines.number(' ');
    axis->step = lines.number(' ');
    axis->start = lines.number(' ');
    if (axis->step == 0) lines.fail("a step is 0");
  }
  grid.text = lines.plain();
  return grid;
}

}  // namespace

void TapeFile::Reader::read_externals() {
  const std::string text = file_.text("EXTE");
  TextLines lines(file_, "EXTE", text);
  while (!lines.at_end()) {
    lines.next();
    tape_->externals_.push_back(std::make_shared<StandIn>(lines.plain()));
  }
}

void TapeFile::Reader::read_names() {
  const std::string text = file_.text("NAME");
  TextLines lines(file_, "NAME", text);
  while (!lines.at_end()) {
    lines.next();
    const std::string_view kind = lines.field(' ');
    if (kind == "s") {
      read_single(lines);
    } else if (kind == "r") {
      read_range(lines);
    } else {
      lines.fail(fmt::format("it begins with {:?}, not with s or r", kind));
    }
  }
}

void TapeFile::Reader::read_single(TextLines& lines) {
  Names& names = tape_->names_;
  const std::size_t before = names.singles_.empty() ? 0 : names.singles_.back().node;
  const std::size_t node = lines.number(' ');
  if (node <= before || node > nodes_)
    lines.fail(
        fmt::format("node {} stands behind {} and on a tape of {} nodes", node, before, nodes_));
  names.set(node, lines.plain());
}

void TapeFile::Reader::read_range(TextLines& lines) {
  std::vector<Names::Range>& ranges = tape_->names_.ranges_;
  const std::size_t before = ranges.empty() ? 1 : ranges.back().first;
  const std::size_t first = lines.number(' ');
  const std::size_t end = lines.number(' ');
  const std::size_t size = lines.number(' ');
  if (first < before || end < first || end > nodes_ + 1 || end - first > size)
    lines.fail(fmt::format("{} names from node {} to {}, behind {} and on a tape of {} nodes", size,
                           first, end, before, nodes_));
  const std::size_t reach = ranges.empty() ? end : std::max(end, ranges.back().reach);
  ranges.push_back({first, end, reach, scheme_of(lines, size)});
}

// Each call of a layer is a range, and all have the layer's scheme.
std::shared_ptr<const NameScheme> TapeFile::Reader::scheme_of(TextLines& lines, std::size_t size) {
  const char* const begin = lines.rest().data();
  std::vector<NameGrid> grids;
  while (lines.peek() == 'g') grids.push_back(read_grid(lines));
  const std::string key = fmt::format("{} ", size) + std::string(begin, lines.rest().data());
  std::shared_ptr<const NameScheme>& scheme = schemes_[key];
  if (scheme == nullptr) scheme = std::make_shared<NameScheme>(size, std::move(grids));
  return scheme;
}

void TapeFile::Reader::read_locations() {
  const std::string text = file_.text("LOCS");
  if (text.empty()) return;
  TextLines lines(file_, "LOCS", text);
  lines.next();
  std::vector<Location> locations;
  for (std::size_t left = lines.number('\n'); left > 0; --left) {
    lines.next();
    const std::size_t line = lines.number('\t');
    std::string file = lines.plain('\t');
    locations.push_back({.file = std::move(file), .line = line, .function = lines.plain()});
  }
  keep_places(lines.rest(), std::move(locations));
}

void TapeFile::Reader::keep_places(std::string_view places, std::vector<Location> locations) {
  const std::size_t nodes = places.size() / sizeof(std::uint32_t);
  if (places.size() % sizeof(std::uint32_t) != 0 || nodes > nodes_)
    file_.fail("LOCS",
               fmt::format("{} bytes do not give locations of {} nodes", places.size(), nodes_));
  if (nodes == 0) return;
  std::vector<const void*> callers(nodes + 1);
  for (std::size_t node = 1; node <= nodes; ++node) {
    std::uint32_t place = 0;
    std::memcpy(&place, places.data() + (node - 1) * sizeof place, sizeof place);
    if (place > locations.size())
      file_.fail("LOCS",
                 fmt::format("node {} has location {}, of {}", node, place, locations.size()));
    callers[node] = reinterpret_cast<const void*>(std::uintptr_t{place});
  }
  Watch& watch = tape_->watch_for_all();
  watch.locations = std::move(locations);
  watch.callers = std::move(callers);
}

}  // namespace tapegrad

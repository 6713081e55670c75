// Epochs and segments.
//
// A value is good if its epoch is one of the tape's. A tape begins with one epoch; mark() opens a
// segment with a new one, and rewinding gives the segment another new one, so that its old values
// match nothing. commit() leaves the segment's epochs to the segment around it. `epochs_` holds
// all good ones as ranges, innermost last, which is also the order of their nodes; a segment
// remembers how many there were before it. The inline check (Recording::holds) tries the last and
// the first epoch only.

#include <fmt/format.h>

#include <algorithm>

#include "registry.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {

bool Tape::holds(Value x) const { return holds(x.node(), x.epoch()); }

bool Tape::holds(std::size_t node, Epoch epoch) const {
  const EpochRange& range = range_of(node);
  const auto number = static_cast<std::uint32_t>(epoch);
  return number >= static_cast<std::uint32_t>(range.first) &&
         number <= static_cast<std::uint32_t>(range.last);
}

// The first one begins with node 0.
const Tape::EpochRange& Tape::range_of(std::size_t node) const {
  return *std::prev(std::ranges::upper_bound(epochs_, node, {}, &EpochRange::first_node));
}

void Tape::open_epoch() {
  const Epoch epoch = TapeRegistry::next_epoch(*this);
  epochs_.push_back({epoch, epoch, epochs_.empty() ? 0 : recording_.next()});
  recording_.set_epoch(epoch);
}

void Tape::clear() {
  check_idle("clear");
  const Epoch epoch = TapeRegistry::next_epoch(*this);
  forget_marks();
  segments_.clear();
  epochs_.assign(1, {epoch, epoch, 0});
  recording_.set_epoch(epoch);
  recording_.base_epoch_ = epoch;
  recording_.truncate(1, 0);
  covered_ = 0;
  guards_.clear();
  externals_.clear();
  names_.truncate(1);
  tell_taken_back(1);
}

Mark::~Mark() {
  if (tape_ != nullptr) tape_->end(*this, false);
}

void Mark::commit() {
  if (tape_ == nullptr)
    throw UnsupportedError(
        "commit: the mark's segment has ended: it was committed, its tape was "
        "cleared or destroyed, or an outer mark was rewound");
  tape_->end(*this, true);
}

Mark Tape::mark() {
  check_thread("mark");
  segments_.push_back({.mark = nullptr,
                       .next = recording_.next(),
                       .side_next = recording_.side_next_,
                       .guards = guards_.size(),
                       .externals = externals_.size(),
                       .epochs = epochs_.size()});
  try {
    open_epoch();
  } catch (...) {
    segments_.pop_back();
    throw;
  }
  return Mark(*this);
}

// A Mark is made in place where the caller wants it and enters its address itself.
Mark::Mark(Tape& tape) : tape_(&tape) { tape.segments_.back().mark = this; }

std::size_t Tape::segment_of(const Mark& mark) const {
  const auto found = std::find_if(segments_.begin(), segments_.end(),
                                  [&](const Segment& segment) { return segment.mark == &mark; });
  return static_cast<std::size_t>(found - segments_.begin());
}

void Tape::truncate(const Segment& segment) {
  recording_.truncate(segment.next, segment.side_next);
  covered_ = std::min(covered_, segment.next - 1);
  guards_.resize(segment.guards);
  externals_.resize(segment.externals);
  epochs_.resize(segment.epochs);
  names_.truncate(segment.next);
  tell_taken_back(segment.next);
}

// Ends the segments from index `from` on: their marks forget this tape.
void Tape::end_segments(std::size_t from) {
  for (std::size_t k = from; k < segments_.size(); ++k) segments_[k].mark->tape_ = nullptr;
  segments_.resize(from);
}

void Tape::forget_marks() { end_segments(0); }

void Tape::rewind(Mark& mark) {
  if (mark.tape_ != this)
    throw UnsupportedError(
        mark.tape_ == nullptr
            ? "rewind: the mark's segment has ended: it was committed, the tape was cleared, or an "
              "outer mark was rewound"
            : "rewind: the mark belongs to another tape");
  check_idle("rewind");
  const Epoch epoch = TapeRegistry::next_epoch(*this);
  const std::size_t k = segment_of(mark);
  end_segments(k + 1);
  truncate(segments_[k]);
  epochs_.push_back({epoch, epoch, recording_.next()});  // has room: the segment had one before
  recording_.set_epoch(epoch);
}

void Tape::end(Mark& mark, bool keep) {
  const std::size_t k = segment_of(mark);
  const Segment segment = segments_[k];
  end_segments(k);
  if (!keep && !recording_.is_swept_) {  // a sweep has still to come to these nodes
    truncate(segment);
    recording_.set_epoch(epochs_.back().last);
    return;
  }
  // What was recorded belongs to the segment around. Epochs that follow each other become one
  // range, so that a million commits don't make a million ranges.
  const std::size_t outer = segments_.empty() ? 0 : segments_.back().epochs;
  while (epochs_.size() >= outer + 2) {
    EpochRange& previous = epochs_[epochs_.size() - 2];
    const EpochRange& last = epochs_.back();
    if (static_cast<std::uint32_t>(previous.last) + 1 != static_cast<std::uint32_t>(last.first))
      break;
    previous.last = last.last;
    epochs_.pop_back();
  }
}

}  // namespace tapegrad

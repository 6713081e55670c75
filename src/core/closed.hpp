// A recording that is being swept.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "tapegrad/core/recording.hpp"

namespace tapegrad {

// While it lives no row is free: a callback of the sweep that records on the swept tape comes to
// make_fit(), which refuses. Adjoints must not move under the sweep.
class Recording::Closed {
 public:
  explicit Closed(Recording& recording)
      : recording_(recording), room_(std::exchange(recording.room_, recording.next())) {
    recording_.is_swept_ = true;
    recording_.capacity_ = std::min(recording_.capacity_, recording_.room_);
  }
  ~Closed() {
    recording_.is_swept_ = false;
    recording_.set_room(room_);
  }
  Closed(const Closed&) = delete;
  Closed& operator=(const Closed&) = delete;

 private:
  Recording& recording_;
  std::uint32_t room_;
};

}  // namespace tapegrad

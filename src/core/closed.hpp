// A recording that is being swept.
#pragma once

#include <cstdint>
#include <utility>

#include "tapegrad/core/recording.hpp"

namespace tapegrad {

// While it lives no row is free: a callback of the sweep that records on the swept tape comes to
// make_fit(), which refuses. Adjoints must not move under the sweep.
class Recording::Closed {
 public:
  explicit Closed(Recording& recording)
      : recording_(recording), capacity_(std::exchange(recording.capacity_, recording.next())) {
    recording_.is_swept_ = true;
  }
  ~Closed() {
    recording_.capacity_ = capacity_;
    recording_.is_swept_ = false;
  }
  Closed(const Closed&) = delete;
  Closed& operator=(const Closed&) = delete;

 private:
  Recording& recording_;
  std::uint32_t capacity_;
};

}  // namespace tapegrad

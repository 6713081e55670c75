// A sequence of any length, of which a few items are kept.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace tapegrad {

/// Keeps all items as long as there are no more than `most`, then every second, every fourth, ...:
/// evenly, and the first and the last in any case. What is kept depends on nothing but how many
/// were added; what a smaller `most` keeps, a larger one keeps too.
template <class T> class Thinned {
 public:
  /// @param most  at least 2
  explicit Thinned(std::size_t most) : most_(most) {}

  void add(T item) {
    if (!kept_.empty() && !is_due(added_ - 1)) kept_.pop_back();  // it was there as the last one
    kept_.push_back(std::move(item));
    ++added_;
    if (kept_.size() > most_) thin();
  }

  const std::vector<T>& kept() const { return kept_; }

 private:
  bool is_due(std::size_t i) const { return i % stride_ == 0; }

  void thin() {
    stride_ *= 2;
    std::vector<T> kept;
    for (std::size_t k = 0; k < kept_.size(); ++k)
      if (k % 2 == 0 || k + 1 == kept_.size()) kept.push_back(std::move(kept_[k]));
    kept_ = std::move(kept);
  }

  std::size_t most_;
  std::size_t stride_ = 1;
  std::size_t added_ = 0;
  std::vector<T> kept_;  // the items 0, stride, 2 · stride, ..., and the last one
};

}  // namespace tapegrad

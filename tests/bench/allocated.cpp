#include "allocated.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace tapegrad::bench {
namespace {

std::size_t allocated = 0, most = 0;

void* count_allocated(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  allocated += malloc_usable_size(block);
  most = std::max(most, allocated);
  return block;
}

void count_freed(void* block) {
  if (block == nullptr) return;
  allocated -= malloc_usable_size(block);
  std::free(block);
}

}  // namespace

AllocatedPeak::AllocatedPeak() : before_(allocated) { most = allocated; }

std::size_t AllocatedPeak::bytes() const { return most - before_; }

}  // namespace tapegrad::bench

// The other forms call these.

void* operator new(std::size_t size) {
  return tapegrad::bench::count_allocated(std::malloc(std::max<std::size_t>(size, 1)));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  const std::size_t step = std::max(static_cast<std::size_t>(alignment), sizeof(void*));
  return tapegrad::bench::count_allocated(
      std::aligned_alloc(step, (std::max<std::size_t>(size, 1) + step - 1) / step * step));
}

void operator delete(void* block) noexcept { tapegrad::bench::count_freed(block); }
void operator delete(void* block, std::size_t) noexcept { tapegrad::bench::count_freed(block); }
void operator delete(void* block, std::align_val_t) noexcept {
  tapegrad::bench::count_freed(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  tapegrad::bench::count_freed(block);
}

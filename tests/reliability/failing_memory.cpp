#include "failing_memory.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace tapegrad::testing {
namespace {

constinit thread_local bool is_on = false;
constinit thread_local std::size_t left = 0;      // allocations that succeed
constinit thread_local std::size_t failures = 0;  // after them
constinit thread_local bool failed = false;
constinit thread_local std::ptrdiff_t taken = 0;  // bytes, by new
constinit thread_local std::ptrdiff_t most_taken = 0;

bool fails() {
  if (!is_on) return false;
  if (left > 0) {
    --left;
    return false;
  }
  if (failures == 0) return false;
  --failures;
  failed = true;
  return true;
}

void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
  if (fails()) return nullptr;
  void* const memory =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(bytes == 0 ? 1 : bytes)
          : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  taken += static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  most_taken = std::max(most_taken, taken);
  return memory;
}

void give_back(void* memory) noexcept {
  taken -= static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  std::free(memory);
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  void* const memory = allocate(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

FailingMemory::FailingMemory(std::size_t n, std::size_t count) {
  left = n;
  failures = count;
  failed = false;
  is_on = true;
}

FailingMemory::~FailingMemory() { is_on = false; }

bool FailingMemory::has_failed() { return failed; }

HeapGauge::HeapGauge() { taken = most_taken = 0; }

std::size_t HeapGauge::most() const { return static_cast<std::size_t>(most_taken); }

}  // namespace tapegrad::testing

using tapegrad::testing::allocate;
using tapegrad::testing::allocate_or_throw;
using tapegrad::testing::give_back;

// The program's, and so those of every shared library in it.
void* operator new(std::size_t bytes) { return allocate_or_throw(bytes, 1); }
void* operator new[](std::size_t bytes) { return allocate_or_throw(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 1); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, 1);
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment,
                     const std::nothrow_t&) noexcept {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }

// What large tapes ask the system for. Both names are the library's in this program.
extern "C" void* mmap(void* address, std::size_t length, int protection, int flags, int file,
                      off_t offset) noexcept {
  if (tapegrad::testing::fails()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return reinterpret_cast<void*>(
      syscall(SYS_mmap, address, length, protection, flags, file, offset));
}

extern "C" int mprotect(void* address, std::size_t length, int protection) noexcept {
  if (tapegrad::testing::fails()) {
    errno = ENOMEM;
    return -1;
  }
  return static_cast<int>(syscall(SYS_mprotect, address, length, protection));
}

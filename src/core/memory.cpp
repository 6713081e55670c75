#include "memory.hpp"

#include <algorithm>
#include <cstdint>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#define TAPEGRAD_HAS_MMAP 1
#else
#define TAPEGRAD_HAS_MMAP 0
#endif

namespace tapegrad::memory {
namespace {

constexpr std::size_t gigabyte = std::size_t{1} << 30;
// Where the system does not say how much it has.
constexpr std::size_t guessed_memory = 64 * gigabyte;

}  // namespace

#if TAPEGRAD_HAS_MMAP

namespace {

// A process has 47 bits of addresses: room for two thousand tapes, also on a large machine.
constexpr std::size_t most_reserved = 64 * gigabyte;

std::uintptr_t page_bytes() {
  static const auto bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

std::size_t physical_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  if (pages <= 0) return guessed_memory;
  return static_cast<std::size_t>(pages) * page_bytes();
}

std::size_t reservation_bytes() {
  const std::size_t bytes = std::min(physical_bytes(), most_reserved);
  rlimit limit{};
  const bool limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  constexpr rlim_t tapes = 16;  // that are to share the process's addresses
  return limited ? std::min<std::size_t>(bytes, limit.rlim_cur / tapes) : bytes;
}

std::byte* reserve(std::size_t bytes) {
#if defined(MAP_NORESERVE)
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
#else
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
  void* block = mmap(nullptr, bytes, PROT_NONE, flags, -1, 0);
  if (block == MAP_FAILED) return nullptr;
#if defined(MADV_DONTDUMP)
  // gdb's generate-core-file writes pages that nobody may read, too.
  madvise(block, bytes, MADV_DONTDUMP);
#endif
  return static_cast<std::byte*>(block);
}

void release(std::byte* block, std::size_t bytes) { munmap(block, bytes); }

bool commit(std::byte* begin, std::byte* end) {
  const auto low = reinterpret_cast<std::uintptr_t>(begin) & ~(page_bytes() - 1);
  const auto length = reinterpret_cast<std::uintptr_t>(end) - low;
  void* const pages = reinterpret_cast<void*>(low);
  if (mprotect(pages, length, PROT_READ | PROT_WRITE) != 0) return false;
#if defined(MADV_DODUMP)
  madvise(pages, length, MADV_DODUMP);
#endif
#if defined(MADV_HUGEPAGE)
  // Past the caches a recording is bound by page faults: 2 MiB pages make 500 times fewer.
  constexpr std::size_t worth_a_huge_page = std::size_t{4} << 20;
  if (length >= worth_a_huge_page) madvise(pages, length, MADV_HUGEPAGE);
#endif
  return true;
}

void discard(std::byte* begin, std::byte* end) {
  const std::uintptr_t last_byte = page_bytes() - 1;
  const std::uintptr_t low = (reinterpret_cast<std::uintptr_t>(begin) + last_byte) & ~last_byte;
  const std::uintptr_t high = reinterpret_cast<std::uintptr_t>(end) & ~last_byte;
  if (low < high) madvise(reinterpret_cast<void*>(low), high - low, MADV_DONTNEED);
}

#else

std::size_t physical_bytes() { return guessed_memory; }
std::size_t reservation_bytes() { return 0; }
std::byte* reserve(std::size_t) { return nullptr; }
void release(std::byte*, std::size_t) {}
bool commit(std::byte*, std::byte*) { return false; }
void discard(std::byte*, std::byte*) {}

#endif

}  // namespace tapegrad::memory

// Memory for a recording: a range of addresses whose pages are asked for as they are needed.
#pragma once

#include <cstddef>

namespace tapegrad::memory {

/// Bytes of address space one tape may reserve at once: the machine's physical memory, and less
/// where that, or the process's limit (ulimit -v), would leave too little to other tapes.
std::size_t reservation_bytes();

/// Physical memory of the machine in bytes; a large guess where the system does not say.
std::size_t physical_bytes();

/// Reserves addresses without memory behind them; null if the system refuses, or where reserving
/// is not supported.
std::byte* reserve(std::size_t bytes);
void release(std::byte* block, std::size_t bytes);

/// Puts zeroed memory behind the pages of [begin, end) of a reserved block.
/// @return false if the system has none
bool commit(std::byte* begin, std::byte* end);

/// Gives the memory behind the whole pages of [begin, end) back, contents and all; it comes again
/// when it is written to.
void discard(std::byte* begin, std::byte* end);

}  // namespace tapegrad::memory

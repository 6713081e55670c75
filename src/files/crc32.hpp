// The checksum of sections: CRC-32 as zlib and gzip have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Of all bytes so far: begin with 0, and hand the last result on with the next piece.
TAPEGRAD_API std::uint32_t crc32(std::uint32_t sum, std::span<const std::byte> bytes);

}  // namespace tapegrad

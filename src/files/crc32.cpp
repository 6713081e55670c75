#include "crc32.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace tapegrad {
namespace {

constexpr std::size_t step = 16;  // bytes at once; byte by byte it takes several times as long
static_assert(std::endian::native == std::endian::little);

// tables[k][b] is what byte b adds to the sum when k more bytes follow it in the step.
using Tables = std::array<std::array<std::uint32_t, 256>, step>;

constexpr Tables make_tables() {
  constexpr std::uint32_t reversed_polynomial = 0xEDB88320;
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? reversed_polynomial : 0);
    tables[0][byte] = sum;
  }
  for (std::size_t k = 1; k < step; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xFF];
  return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

std::uint32_t crc32(std::uint32_t sum, std::span<const std::byte> bytes) {
  sum = ~sum;
  for (; bytes.size() >= step; bytes = bytes.subspan(step)) {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::memcpy(&low, bytes.data(), sizeof low);
    std::memcpy(&high, bytes.data() + sizeof low, sizeof high);
    low ^= sum;
    sum = 0;
    for (std::size_t k = 0; k < 8; ++k)
      sum ^= tables[15 - k][low >> 8 * k & 0xFF] ^ tables[7 - k][high >> 8 * k & 0xFF];
  }
  for (const std::byte byte : bytes)
    sum = sum >> 8 ^ tables[0][(sum ^ static_cast<std::uint32_t>(byte)) & 0xFF];
  return ~sum;
}

}  // namespace tapegrad

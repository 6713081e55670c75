// For the targets that read files of sections, so that libFuzzer changes what stands in a section
// and not only the lengths and checksums around it. Linked only where libFuzzer is.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>

#include "files/section_bytes.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using tapegrad::testing::SectionBytes;

// Do the sections fill the bytes?
bool has_sections(const std::string& bytes) {
  std::uint64_t at = SectionBytes::head;
  while (at + SectionBytes::section_head <= bytes.size()) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at + 8, sizeof length);
    at += SectionBytes::section_head;
    if (length > bytes.size() - at) return false;
    at += length;
  }
  return at == bytes.size() && at > SectionBytes::head;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned int seed) {
  std::minstd_rand random(seed);
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (random() % 8 == 0 || !has_sections(bytes)) return LLVMFuzzerMutate(data, size, most);
  SectionBytes parts(bytes);
  std::string& body = parts.sections[random() % parts.sections.size()].body;
  const std::size_t before = body.size();
  const std::size_t room = before + (most > size ? std::min<std::size_t>(most - size, 64) : 0);
  if (room == 0) return LLVMFuzzerMutate(data, size, most);
  body.resize(room);
  body.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(body.data()), before, room));
  const std::string mutated = parts.joined();
  std::memcpy(data, mutated.data(), mutated.size());
  return mutated.size();
}

#include "output_file.hpp"

#include <algorithm>

#include "crc32.hpp"

namespace tapegrad {
namespace {

template <class Plain> std::span<const std::byte> bytes_of(const Plain& plain) {
  return std::as_bytes(std::span(&plain, 1));
}

}  // namespace

OutputFile::OutputFile(const std::string& path, const FileKind& kind) : file_(path) {
  const auto sections = static_cast<std::uint32_t>(kind.tags.size());
  put(std::as_bytes(std::span(kind.magic)));
  put(bytes_of(kind.version));
  put(bytes_of(sections));
}

void OutputFile::put(std::span<const std::byte> bytes) {
  file_.write(bytes);
  size_ += static_cast<long>(bytes.size());
}

void OutputFile::begin_section(std::string_view tag) {
  section_ = {};
  std::ranges::copy(tag, section_.tag.begin());
  section_begin_ = size_;
  put(bytes_of(section_));
}

void OutputFile::write(std::span<const std::byte> bytes) {
  section_.checksum = crc32(section_.checksum, bytes);
  section_.length += bytes.size();
  put(bytes);
}

void OutputFile::end_section() { file_.write_over(section_begin_, bytes_of(section_)); }

}  // namespace tapegrad

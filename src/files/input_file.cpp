#include "input_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "crc32.hpp"
#include "ordinary_file.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

InputFile::InputFile(const std::string& path, const FileKind& kind) : kind_(&kind), path_(path) {
  OrdinaryFile file = open_ordinary_file(path);
  in_ = std::make_unique<std::ifstream>(std::move(file.in));
  size_ = file.size;
  read_table();
}

InputFile::InputFile(std::span<const std::byte> bytes, const std::string& name,
                     const FileKind& kind)
    : kind_(&kind),
      path_(name),
      in_(std::make_unique<std::istringstream>(
          std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()))),
      size_(bytes.size()) {
  read_table();
}

void InputFile::fail(std::string_view message) const { throw ParseError(path_, 0, 0, message); }
void InputFile::fail(std::string_view tag, std::string_view message) const {
  fail(fmt::format("section {}: {}", tag.substr(0, tag.find(' ')), message));
}

void InputFile::read_unchecked(void* data, std::size_t bytes) {
  read_bytes(*in_, path_, std::span(static_cast<std::byte*>(data), bytes));
}

void InputFile::read_table() {
  std::string magic(kind_->magic.size(), '\0');
  std::uint32_t version = 0;
  std::uint32_t count = 0;
  const std::uint64_t head = magic.size() + sizeof version + sizeof count;
  if (size_ >= head) read_unchecked(magic.data(), magic.size());
  if (magic != kind_->magic)
    fail(
        fmt::format("it is no {0} file: it does not begin with 'tapegrad {0}'; write one with "
                    "save_{0}()",
                    kind_->name));
  read_unchecked(&version, sizeof version);
  read_unchecked(&count, sizeof count);
  if (version != kind_->version)
    fail(fmt::format("its version is {}; this build of tapegrad reads version {}", version,
                     kind_->version));

  std::uint64_t at = head;
  for (std::uint32_t k = 0; k < count; ++k) {
    SectionHeader header{};
    if (size_ - at < sizeof header)
      fail(fmt::format("the file ends too early: {} sections of {} are there", k, count));
    in_->seekg(static_cast<std::streamoff>(at));
    read_unchecked(&header, sizeof header);
    at += sizeof header;
    const std::string_view tag(header.tag.data(), header.tag.size());
    const auto known = std::ranges::find(kind_->tags, tag);
    const bool is_known = known != kind_->tags.end();
    if (!is_known && !is_optional(tag))
      fail(fmt::format("section {} has the unknown name {:?}", k + 1, tag));
    if (header.length > size_ - at)
      fail(tag, fmt::format("it should have {} bytes, and the file ends after {}", header.length,
                            size_ - at));
    if (is_known &&
        !sections_.try_emplace(*known, Section{at, header.length, header.checksum}).second)
      fail(*known, "it is there twice");
    at += header.length;
  }
  if (at != size_) fail(fmt::format("{} bytes stand behind the last section", size_ - at));
}

std::uint64_t InputFile::length(std::string_view tag) const {
  const auto section = sections_.find(tag);
  return section == sections_.end() ? 0 : section->second.length;
}

std::size_t InputFile::count(std::string_view tag, std::size_t bytes) const {
  const std::uint64_t length = this->length(tag);
  if (length % bytes != 0)
    fail(tag, fmt::format("its {} bytes are not a multiple of {}", length, bytes));
  return length / bytes;
}

void InputFile::begin(std::string_view tag) {
  current_ = sections_.find(tag);
  sum_ = 0;
  if (has(tag)) in_->seekg(static_cast<std::streamoff>(current_->second.begin));
}

void InputFile::read(std::span<std::byte> bytes) {
  read_unchecked(bytes.data(), bytes.size());
  sum_ = crc32(sum_, bytes);
}

void InputFile::end() {
  if (current_ != sections_.end() && sum_ != current_->second.checksum)
    fail(current_->first, "the checksum is wrong: the file was damaged; get it again");
}

std::string InputFile::text(std::string_view tag) {
  std::string text(length(tag), '\0');
  begin(tag);
  read(std::as_writable_bytes(std::span(text)));
  end();
  return text;
}

}  // namespace tapegrad

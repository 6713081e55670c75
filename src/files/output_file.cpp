#include "output_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <system_error>

#include "crc32.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

namespace fs = std::filesystem;

OutputFile::OutputFile(const std::string& path, const FileKind& kind) : path_(path) {
  std::error_code error;
  target_ = fs::is_symlink(path, error) ? fs::weakly_canonical(path, error) : fs::path(path);
  const fs::file_status status = fs::status(target_, error);
  // A file put in the place of /dev/null would be a surprise.
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw FileError(fmt::format("{}: cannot be written: it is {}", path,
                                fs::is_directory(status) ? "a folder" : "no ordinary file"));
  written_ = target_;
  written_ += fmt::format(".{:08x}.part", std::random_device()());
  errno = 0;
  out_.open(written_, std::ios::binary | std::ios::trunc);
  if (!out_) {
    is_finished_ = true;  // nothing to remove
    fail();
  }
  const auto sections = static_cast<std::uint32_t>(kind.tags.size());
  put(kind.magic.data(), kind.magic.size());
  put(&kind.version, sizeof kind.version);
  put(&sections, sizeof sections);
}

OutputFile::~OutputFile() {
  if (is_finished_) return;
  out_.close();
  std::error_code ignored;
  fs::remove(written_, ignored);
}

void OutputFile::fail() const {
  const int reason = errno != 0 ? errno : EIO;
  throw FileError(
      fmt::format("{}: cannot be written: {}", path_, std::generic_category().message(reason)));
}

void OutputFile::put(const void* data, std::size_t bytes) {
  errno = 0;
  if (!out_.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes))) fail();
}

void OutputFile::begin_section(std::string_view tag) {
  section_ = {};
  std::ranges::copy(tag, section_.tag.begin());
  section_begin_ = out_.tellp();
  put(&section_, sizeof section_);
}

void OutputFile::write(std::span<const std::byte> bytes) {
  section_.checksum = crc32(section_.checksum, bytes);
  section_.length += bytes.size();
  put(bytes.data(), bytes.size());
}

void OutputFile::end_section() {
  errno = 0;
  if (!out_.seekp(section_begin_)) fail();
  put(&section_, sizeof section_);
  if (!out_.seekp(0, std::ios::end)) fail();
}

void OutputFile::finish() {
  errno = 0;
  out_.close();  // what was still buffered may find the disk full
  if (!out_) fail();
  std::error_code error;
  fs::rename(written_, target_, error);
  if (error) {
    errno = error.value();
    fail();
  }
  is_finished_ = true;
}

}  // namespace tapegrad

#include "whole_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

#include "../core/shown.hpp"
#include "tapegrad/core/error.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <unistd.h>
#define TAPEGRAD_HAS_FSYNC
#endif

namespace tapegrad {

namespace fs = std::filesystem;

namespace {

/// Where a link leads, also if there is nothing yet.
fs::path end_of_links(fs::path path) {
  constexpr int most = 40;  // as Linux follows
  std::error_code error;
  for (int links = 0; links < most && fs::is_symlink(path, error); ++links)
    path = path.parent_path() / fs::read_symlink(path, error);
  return path;
}

// Has what was written reached the disk? Elsewhere than on Unix the system's own pace must do.
bool reaches_disk([[maybe_unused]] std::FILE* file) {
#ifdef TAPEGRAD_HAS_FSYNC
  return fsync(fileno(file)) == 0;
#else
  return true;
#endif
}

// The same for the names in a folder. Not every file system can, nor may every user; then a power
// cut may bring the older file back, whole as it was.
void write_names_to_disk([[maybe_unused]] const fs::path& folder) {
#ifdef TAPEGRAD_HAS_FSYNC
  const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  ::close(descriptor);
#endif
}

}  // namespace

WholeFile::WholeFile(const fs::path& path) : path_(path) {
  if (path.native().find(fs::path::value_type(0)) != fs::path::string_type::npos)
    throw FileError(
        fmt::format("{}: cannot be written: a byte 0 would end its name", shown(path.string())));
  std::error_code error;
  target_ = end_of_links(path);
  if (fs::is_symlink(target_, error)) fail(ELOOP);
  const fs::file_status status = fs::status(target_, error);
  // A file put in the place of /dev/null would be a surprise.
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw FileError(fmt::format("{}: cannot be written: it is {}", path.string(),
                                fs::is_directory(status) ? "a folder" : "no ordinary file"));
  written_ = target_;
  written_ += fmt::format(".{:08x}.part", std::random_device()());
  errno = 0;
  out_ = std::fopen(written_.string().c_str(), "wbx");  // x: never over what another one writes
  if (out_ == nullptr) fail(errno);
  if (fs::exists(status)) fs::permissions(written_, status.permissions(), error);
}

WholeFile::~WholeFile() {
  if (out_ != nullptr) std::fclose(out_);
  std::error_code ignored;
  if (!is_finished_) fs::remove(written_, ignored);
}

void WholeFile::fail(int reason) const {
  throw FileError(fmt::format("{}: cannot be written: {}", path_.string(),
                              std::generic_category().message(reason != 0 ? reason : EIO)));
}

void WholeFile::write(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;  // they may be nowhere
  errno = 0;
  if (std::fwrite(bytes.data(), 1, bytes.size(), out_) != bytes.size()) fail(errno);
}

void WholeFile::write_over(long offset, std::span<const std::byte> bytes) {
  errno = 0;
  if (std::fseek(out_, offset, SEEK_SET) != 0) fail(errno);
  write(bytes);
  if (std::fseek(out_, 0, SEEK_END) != 0) fail(errno);
}

void WholeFile::finish() {
  errno = 0;
  // What was still buffered may find the disk full.
  if (std::fflush(out_) != 0 || !reaches_disk(out_)) fail(errno);
  if (std::fclose(std::exchange(out_, nullptr)) != 0) fail(errno);
  std::error_code error;
  fs::rename(written_, target_, error);
  if (error) fail(error.value());
  is_finished_ = true;
  write_names_to_disk(target_.parent_path());
}

}  // namespace tapegrad

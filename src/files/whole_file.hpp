// A file that takes its name when it is complete, and lies on the disk by then.
//
// Whoever is interrupted on the way, by an error, a kill or a power cut, leaves the older file of
// that name as it was. What a kill leaves beside it ends in ".part", and may be deleted.
#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>

#include "tapegrad/export.hpp"

namespace tapegrad {

class TAPEGRAD_API WholeFile {
 public:
  /// Begins a file beside `path`. @throws FileError, as the others
  explicit WholeFile(const std::filesystem::path& path);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Writes over what stands there since, and goes on at the end.
  void write_over(long offset, std::span<const std::byte> bytes);

  /// Gives the file its name, and the permissions of the one that it replaces.
  void finish();

 private:
  [[noreturn]] void fail(int reason) const;

  std::filesystem::path path_;     // as the caller has it
  std::filesystem::path target_;   // what it leads to
  std::filesystem::path written_;  // beside that
  std::FILE* out_ = nullptr;
  bool is_finished_ = false;
};

}  // namespace tapegrad

// A file that is written in sections, each with its checksum, and appears when it is complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "file_kind.hpp"

namespace tapegrad {

class OutputFile {
 public:
  /// Opens a file beside `path`, for all sections of its kind. @throws FileError, as the others
  OutputFile(const std::string& path, const FileKind& kind);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void begin_section(std::string_view tag);
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  void end_section();

  /// Gives the file its name.
  void finish();

 private:
  [[noreturn]] void fail() const;
  void put(const void* data, std::size_t bytes);

  std::string path_;               // as the caller has it
  std::filesystem::path target_;   // what it leads to
  std::filesystem::path written_;  // beside that
  std::ofstream out_;
  SectionHeader section_{};
  std::streampos section_begin_;
  bool is_finished_ = false;
};

}  // namespace tapegrad

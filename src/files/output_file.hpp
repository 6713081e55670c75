// A file that is written in sections, each with its checksum.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "file_kind.hpp"
#include "whole_file.hpp"

namespace tapegrad {

class OutputFile {
 public:
  /// Begins a file for all sections of its kind. @throws FileError, as the others
  OutputFile(const std::string& path, const FileKind& kind);

  void begin_section(std::string_view tag);
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  void end_section();

  /// Gives the file its name.
  void finish() { file_.finish(); }

 private:
  void put(std::span<const std::byte> bytes);

  WholeFile file_;
  long size_ = 0;
  SectionHeader section_{};  // of the section that is open
  long section_begin_ = 0;
};

}  // namespace tapegrad

// A file of sections, each with its length and checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "file_kind.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

class TAPEGRAD_API InputFile {
 public:
  /// Opens the file, and sees that its sections fill it: whatever a length says is there to read.
  /// @throws FileError, ParseError
  InputFile(const std::string& path, const FileKind& kind);
  /// The same of a file that is in memory. @param name  for errors
  InputFile(std::span<const std::byte> bytes, const std::string& name, const FileKind& kind);

  /// Of the section; 0 if there is none.
  std::uint64_t length(std::string_view tag) const;
  /// Of things in the section that have so many bytes.
  std::size_t count(std::string_view tag, std::size_t bytes) const;
  /// Is it in the file?
  bool has(std::string_view tag) const { return sections_.contains(tag); }

  /// A section from its begin on, in one or more pieces.
  /// @throws FileError; ParseError at the end, if the checksum is wrong
  void begin(std::string_view tag);
  void read(std::span<std::byte> bytes);
  void end();

  /// A whole section.
  std::string text(std::string_view tag);
  template <class T> std::vector<T> column(std::string_view tag) {
    std::vector<T> column(count(tag, sizeof(T)));
    begin(tag);
    read(std::as_writable_bytes(std::span(column)));
    end();
    return column;
  }

  /// The error that something is wrong with the file, or with a section.
  [[noreturn]] void fail(std::string_view message) const;
  [[noreturn]] void fail(std::string_view tag, std::string_view message) const;

 private:
  struct Section {
    std::uint64_t begin;
    std::uint64_t length;
    std::uint32_t checksum;
  };

  void read_table();
  void read_unchecked(void* data, std::size_t bytes);

  const FileKind* kind_;
  std::string path_;
  std::unique_ptr<std::istream> in_;
  std::uint64_t size_ = 0;
  std::map<std::string_view, Section> sections_;  // by tag
  std::map<std::string_view, Section>::const_iterator current_;
  std::uint32_t sum_ = 0;  // of what was read of the current one
};

}  // namespace tapegrad

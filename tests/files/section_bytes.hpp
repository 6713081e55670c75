// Files of sections as tests take them apart and put them together again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/crc32.hpp"

namespace tapegrad::testing {

/// A file that is gone at the end of the test.
class ScratchFile {
 public:
  ScratchFile()
      : path_(std::filesystem::temp_directory_path() /
              ("tapegrad-" + std::to_string(std::random_device()()) + ".scratch")) {}
  ~ScratchFile() { std::filesystem::remove_all(path_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  std::string path() const { return path_.string(); }
  std::string name() const { return path_.filename().string(); }
  std::string folder() const { return path_.parent_path().string(); }

  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void write(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path path_;
};

template <class T> std::string raw(const T& number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

/// What stands in the file. Checksums and lengths are made when it is put together.
struct SectionBytes {
  struct Section {
    std::string tag;
    std::string body;
  };
  static constexpr std::size_t magic_length = 16;
  static constexpr std::size_t head = 24;          // bytes before the sections
  static constexpr std::size_t section_head = 16;  // before each body

  std::string magic;
  std::vector<Section> sections;

  explicit SectionBytes(const std::string& file) : magic(file.substr(0, magic_length)) {
    for (std::size_t at = head; at < file.size();) {
      std::uint64_t length = 0;
      std::memcpy(&length, file.data() + at + 8, sizeof length);
      sections.push_back({file.substr(at, 4), file.substr(at + section_head, length)});
      at += section_head + length;
    }
  }

  std::string& body(std::string_view tag) {
    for (Section& section : sections)
      if (section.tag == tag) return section.body;
    return sections.emplace_back(Section{std::string(tag), ""}).body;
  }

  static std::uint32_t checksum(const std::string& body) {
    return crc32(0, std::as_bytes(std::span(body)));
  }

  std::string joined(std::uint32_t version = 1) const {
    std::string file = magic + raw(version) + raw(static_cast<std::uint32_t>(sections.size()));
    for (const Section& section : sections)
      file += section.tag + raw(checksum(section.body)) + raw(std::uint64_t{section.body.size()}) +
              section.body;
    return file;
  }
};

/// The file with checksums that agree, whatever else is wrong with it.
inline std::string with_right_checksums(std::string bytes) {
  for (std::size_t at = SectionBytes::head; at + SectionBytes::section_head <= bytes.size();) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at + 8, sizeof length);
    if (length > bytes.size() - at - SectionBytes::section_head) break;
    const std::string body = bytes.substr(at + SectionBytes::section_head, length);
    bytes.replace(at + 4, 4, raw(SectionBytes::checksum(body)));
    at += SectionBytes::section_head + length;
  }
  return bytes;
}

}  // namespace tapegrad::testing

#include "ordinary_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "../core/shown.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

namespace {

[[noreturn]] void fail_to_read(const std::string& path, std::string_view reason) {
  throw FileError(fmt::format("{}: cannot be read: {}", path, reason));
}

// The reason is what the system has left in errno; 0: it has not said.
[[noreturn]] void fail_to_read(const std::string& path, int reason) {
  fail_to_read(path, std::generic_category().message(reason != 0 ? reason : EIO));
}

void refuse_byte_0(const std::string& path) {
  if (path.find('\0') != path.npos) fail_to_read(shown(path), "a byte 0 would end its name");
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

OrdinaryFile open_ordinary_file(const std::string& path) {
  refuse_byte_0(path);
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) fail_to_read(path, "it is a folder");
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    fail_to_read(path, "it is no ordinary file");
  errno = 0;
  OrdinaryFile file;
  file.in.open(path, std::ios::binary);
  if (!file.in || !file.in.seekg(0, std::ios::end)) fail_to_read(path, errno);
  file.size = static_cast<std::uint64_t>(file.in.tellg());
  file.in.seekg(0);
  return file;
}

// Not by a stream: libc++'s takes a failure, as of a folder, for the end.
std::string read_all(const std::string& path) {
  refuse_byte_0(path);
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) fail_to_read(path, errno);
  std::string text;
  char block[1 << 16];
  while (const std::size_t size = std::fread(block, 1, sizeof block, file.get()))
    text.append(block, size);
  if (std::ferror(file.get()) != 0) fail_to_read(path, errno);
  return text;
}

void read_bytes(std::istream& in, const std::string& path, std::span<std::byte> bytes) {
  errno = 0;
  if (in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    return;
  if (errno != 0) fail_to_read(path, errno);
  throw ParseError(path, 0, 0, "the file ends too early");
}

}  // namespace tapegrad

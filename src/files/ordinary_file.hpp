// Files to read: by their size, which folders, pipes and devices don't have, or whole, of any kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <istream>
#include <span>
#include <string>

namespace tapegrad {

struct OrdinaryFile {
  std::ifstream in;
  std::uint64_t size = 0;
};

/// Opens it at its begin. @throws FileError
OrdinaryFile open_ordinary_file(const std::string& path);

/// All that it holds, also a pipe. @throws FileError
std::string read_all(const std::string& path);

/// The next bytes of a file, as many as the span has.
/// @throws FileError; ParseError if the file has become shorter
void read_bytes(std::istream& in, const std::string& path, std::span<std::byte> bytes);

}  // namespace tapegrad

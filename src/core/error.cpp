#include "tapegrad/core/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace tapegrad {
namespace {

std::string place(std::string_view file, std::size_t line, std::size_t column) {
  if (line == 0) return std::string(file);
  if (column == 0) return fmt::format("{}:{}", file, line);
  return fmt::format("{}:{}:{}", file, line, column);
}

}  // namespace

ParseError::ParseError(std::string file, std::size_t line, std::size_t column,
                       std::string_view message)
    : Error(fmt::format("{}: {}", place(file, line, column), message)),
      file_(std::move(file)),
      line_(line),
      column_(column) {}

}  // namespace tapegrad

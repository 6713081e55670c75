// Lines of generated code, each of which may stand for a line of the user's source.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tapegrad/core/observer.hpp"

namespace tapegrad {

class CodeLines {
 public:
  /// @param text   one line or several, without the last one's end
  /// @param place  what a debugger is to show there; nothing: the generated line itself
  void add(std::string text, std::optional<Location> place = std::nullopt) {
    lines_.push_back({std::move(text), std::move(place)});
  }

  /// All of them. Where places are given, #line directives lead there, and back to the line in
  /// `file`.
  std::string text(std::string_view file) const;

 private:
  struct CodeLine {
    std::string text;
    std::optional<Location> place;
  };
  std::vector<CodeLine> lines_;
};

}  // namespace tapegrad

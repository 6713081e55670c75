// Tape files as tests take them apart and put them together again.
#pragma once

#include <cstddef>
#include <string>

#include "files/section_bytes.hpp"

namespace tapegrad::testing {

struct TapeBytes : SectionBytes {
  using SectionBytes::SectionBytes;

  static constexpr std::size_t row_bytes = 24;
  static constexpr std::size_t value_at = 0, b_at = 8, a_at = 16, opcode_at = 20;  // in a row

  /// Changes a part of a node's row.
  template <class T> void set(std::size_t node, std::size_t offset, T number) {
    body("ROWS").replace((node - 1) * row_bytes + offset, sizeof number, raw(number));
  }
};

}  // namespace tapegrad::testing

#include "tapegrad/derivatives/matrix.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/number.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

void Matrix::throw_outside(std::size_t i, std::size_t j) const {
  throw ShapeError(fmt::format("Matrix: there is no row {} with a column {}; it has {} rows of {}",
                               i, j, rows, columns));
}

std::string to_string(const Matrix& matrix) {
  std::vector<std::string> words;
  std::size_t width = 0;
  for (const double entry : matrix.numbers) {
    words.push_back(number(entry));
    width = std::max(width, words.back().size());
  }
  std::string text;
  for (std::size_t k = 0; k < words.size(); ++k) {
    const bool ends_row = (k + 1) % matrix.columns == 0;
    text += fmt::format("{:>{}}{}", words[k], width, ends_row ? "\n" : " ");
  }
  return text;
}

}  // namespace tapegrad

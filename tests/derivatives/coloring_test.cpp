#include "derivatives/coloring.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "derivatives/compression.hpp"
#include "sparse_functions.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

SparsityPattern random_pattern(Random& random, std::size_t rows, std::size_t columns) {
  const double share = random.in(0, 0.5);
  return pattern_of(rows, columns,
                    [&](std::size_t, std::size_t) { return random.in(0, 1) < share; });
}

SparsityPattern random_symmetric(Random& random, std::size_t n) {
  const double share = random.in(0, 0.5);
  std::vector<bool> upper(n * n);
  for (std::size_t k = 0; k < n * n; ++k) upper[k] = random.in(0, 1) < share;
  return pattern_of(n, n, [&](std::size_t i, std::size_t j) {
    return upper[std::min(i, j) * n + std::max(i, j)];
  });
}

SparsityPattern band(std::size_t n, std::size_t width) {
  return pattern_of(
      n, n, [&](std::size_t i, std::size_t j) { return std::max(i, j) - std::min(i, j) <= width; });
}

SparsityPattern arrow(std::size_t n, std::size_t tip) {
  return pattern_of(n, n,
                    [&](std::size_t i, std::size_t j) { return i == j || i == tip || j == tip; });
}

bool has(const SparsityPattern& pattern, std::size_t i, std::size_t j) {
  return std::ranges::binary_search(pattern.row(i), j);
}

SparseMatrix random_matrix(Random& random, const SparsityPattern& pattern) {
  SparseMatrix matrix{pattern, {}};
  for (std::size_t k = 0; k < pattern.non_zeros(); ++k) matrix.numbers.push_back(random.in(-1, 1));
  return matrix;
}

/// What a sweep does with each direction: M·v.
std::vector<double> product(const Matrix& matrix, std::span<const double> v) {
  std::vector<double> result(matrix.rows);
  for (std::size_t i = 0; i < matrix.rows; ++i)
    for (std::size_t j = 0; j < matrix.columns; ++j) result[i] += matrix(i, j) * v[j];
  return result;
}

/// The entries, read from products with the compression's directions; NaN where none was read.
std::vector<double> recovered(const Compression& compression, const Matrix& matrix,
                              std::size_t entries) {
  std::vector<double> numbers(entries, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t color = 0; color < compression.colors(); ++color) {
    const std::vector<double> products = product(matrix, compression.directions(color, 1));
    for (const Reading& reading : compression.readings(color))
      numbers[reading.entry] = products[reading.place];
  }
  return numbers;
}

/// By definition, from neighbours' neighbours' neighbours.
void check_star_coloring(const SparsityPattern& graph, const Coloring& coloring) {
  const auto neighbours = [&](std::size_t v, auto&& visit) {
    for (const std::size_t w : graph.row(v))
      if (w != v) visit(w);
  };
  for (std::size_t a = 0; a < graph.rows; ++a) {
    if (graph.row(a).empty()) CHECK(coloring.of[a] == no_color);
    if (!graph.row(a).empty()) CHECK(coloring.of[a] < coloring.count);
    neighbours(a, [&](std::size_t b) {
      CHECK(coloring.of[a] != coloring.of[b]);
      neighbours(b, [&](std::size_t c) {
        if (c == a) return;
        neighbours(c, [&](std::size_t d) {
          if (d == b || d == a) return;
          const std::set<std::uint32_t> colors{coloring.of[a], coloring.of[b], coloring.of[c],
                                               coloring.of[d]};
          CHECK(colors.size() > 2);
        });
      });
    });
  }
}

}  // namespace

TEST_CASE("no two columns of a colour have an entry in the same row") {
  Random random(1);
  for (int sample = 0; sample < 100; ++sample) {
    CAPTURE(sample);
    const SparsityPattern pattern =
        random_pattern(random, 1 + random.below(25), 1 + random.below(25));
    const Coloring coloring = color_columns(pattern);
    CHECK(coloring.count >= fewest_column_colors(pattern));
    for (std::size_t i = 0; i < pattern.rows; ++i) {
      std::set<std::uint32_t> colors;
      for (const std::size_t j : pattern.row(i)) {
        CHECK(coloring.of[j] < coloring.count);
        CHECK(colors.insert(coloring.of[j]).second);
      }
    }
    for (std::size_t j = 0; j < pattern.columns; ++j)
      if (transposed(pattern).row(j).empty()) CHECK(coloring.of[j] == no_color);
  }
}

TEST_CASE("neighbours differ, and a path over four vertices has more than two colours") {
  Random random(2);
  for (int sample = 0; sample < 100; ++sample) {
    CAPTURE(sample);
    const SparsityPattern graph = random_symmetric(random, 1 + random.below(20));
    check_star_coloring(graph, star_coloring(graph));
  }
}

TEST_CASE("every entry is read from the products of all its directions to the last bit") {
  Random random(3);
  for (int sample = 0; sample < 100; ++sample) {
    CAPTURE(sample);
    const SparseMatrix matrix =
        random_matrix(random, random_pattern(random, 1 + random.below(25), 1 + random.below(25)));
    const Compression by_columns = Compression::by_columns(matrix, color_columns(matrix));
    CHECK(recovered(by_columns, matrix.to_dense(), matrix.non_zeros()) == matrix.numbers);

    const SparsityPattern by_column = transposed(matrix);
    const Compression by_rows = Compression::by_rows(matrix, color_columns(by_column));
    Matrix turned(matrix.columns, matrix.rows);
    for (const Triplet& entry : matrix.triplets()) turned(entry.column, entry.row) = entry.number;
    CHECK(recovered(by_rows, turned, matrix.non_zeros()) == matrix.numbers);
  }
}

TEST_CASE("every entry of a symmetric matrix is read, and equals its mirror image") {
  Random random(4);
  for (int sample = 0; sample < 100; ++sample) {
    CAPTURE(sample);
    SparseMatrix matrix = random_matrix(random, random_symmetric(random, 1 + random.below(25)));
    for (std::size_t i = 0; i < matrix.rows; ++i)
      for (std::size_t entry = matrix.row_starts[i]; entry < matrix.row_starts[i + 1]; ++entry)
        if (const std::size_t j = matrix.column_indices[entry]; j < i)
          matrix.numbers[entry] = matrix(j, i);
    const Compression compression = Compression::symmetric(matrix, star_coloring(matrix));
    CHECK(recovered(compression, matrix.to_dense(), matrix.non_zeros()) == matrix.numbers);
  }
}

TEST_CASE("well-known patterns need the fewest colours") {
  for (const std::size_t n : {std::size_t{5}, std::size_t{30}, std::size_t{301}}) {
    CAPTURE(n);
    CHECK(star_coloring(band(n, 0)).count == 1);
    CHECK(star_coloring(band(n, 1)).count == 3);
    CHECK(star_coloring(arrow(n, 0)).count == 2);
    CHECK(star_coloring(arrow(n, n - 2)).count == 2);
    CHECK(color_columns(band(n, 0)).count == 1);
    CHECK(color_columns(band(n, 1)).count == 3);
    CHECK(color_columns(band(n, 2)).count == 5);
    CHECK(color_columns(arrow(n, 0)).count == n);
  }
  CHECK(star_coloring(band(60, 60)).count == 60);
  CHECK(color_columns(band(60, 60)).count == 60);
}

TEST_CASE("a vertex with very many neighbours doesn't cost their square") {
  const std::size_t n = 300'000;  // as all pairs of them that would take minutes
  SparsityPattern star;
  star.rows = star.columns = n;
  for (std::size_t j = 0; j < n; ++j) star.column_indices.push_back(j);
  star.row_starts.push_back(n);
  for (std::size_t i = 1; i < n; ++i) {
    star.column_indices.push_back(0);
    star.row_starts.push_back(star.non_zeros());
  }
  CHECK(star_coloring(star).count == 2);
}

TEST_CASE("nothing takes no colour") {
  CHECK(star_coloring({}).count == 0);
  CHECK(color_columns({}).count == 0);
  const SparsityPattern empty = pattern_of(3, 4, [](std::size_t, std::size_t) { return false; });
  CHECK(color_columns(empty).count == 0);
  CHECK(color_columns(empty).of == std::vector<std::uint32_t>(4, no_color));
  CHECK(transposed(empty) == pattern_of(4, 3, [](std::size_t, std::size_t) { return false; }));
}

TEST_CASE("a pattern transposed twice is itself") {
  Random random(5);
  const SparsityPattern pattern = random_pattern(random, 7, 12);
  const SparsityPattern turned = transposed(pattern);
  CHECK(turned ==
        pattern_of(12, 7, [&](std::size_t i, std::size_t j) { return has(pattern, j, i); }));
  CHECK(transposed(turned) == pattern);
}

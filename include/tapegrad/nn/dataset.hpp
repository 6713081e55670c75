// Labelled samples, and the CSV files that they come from.
//
// A file that is not what it should be is an error that names the place, never a guess: a number
// that was misread would only show as a network that learns badly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Samples for classification: a row of numbers and the class that it belongs to.
struct TAPEGRAD_API Dataset {
  std::size_t inputs = 0;           // numbers in a row
  std::size_t classes = 0;          // labels are 0, 1, ..., classes - 1
  std::vector<double> x;            // size() rows of `inputs` numbers, one after the other
  std::vector<std::size_t> labels;  // one for each row

  std::size_t size() const { return labels.size(); }

  /// The inputs of sample i.
  /// @throws ArgumentError if i >= size()
  std::span<const double> row(std::size_t i) const;
};

struct CsvOptions {
  char separator = ',';
  /// How many classes there are; by default, one more than the greatest label in the file.
  std::optional<std::size_t> classes = std::nullopt;
};

/// Reads a file of one header line, which names the columns, and one line for each sample:
/// numbers, and in the last column its class 0, 1, 2, ... (3 or 3.0).
///
/// Lines end in \n or \r\n and may be of any length. Spaces and tabs around numbers, a byte order
/// mark and blank lines at the end are ignored. Fields in quotes are not supported. Columns in
/// messages count characters from 1.
/// @throws FileError if the file cannot be read;
///         ParseError if there is no header or no sample, if the first line holds numbers only
///         (it would be lost as a header), if a line has more or fewer fields than the header,
///         or if a field is no finite number or, in the last column, no class;
///         ArgumentError if options.classes is 0 or options.separator can be part of a number
TAPEGRAD_API Dataset read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

struct Split {
  Dataset train;
  Dataset test;
};

/// Deals the samples out in random order: round(test_fraction * size()) of them to `test`, the
/// others to `train`. The same seed gives the same split on every machine.
/// @throws ArgumentError unless 0 < test_fraction < 1 and both parts get a sample;
///         ShapeError if data.x does not hold `inputs` numbers for each label
TAPEGRAD_API Split split(const Dataset& data, double test_fraction, std::uint64_t seed);

/// Multiplies all inputs by `factor`: 1.0 / 16 brings grey levels 0..16 to 0..1.
/// @throws ArgumentError if factor is NaN or infinite
TAPEGRAD_API void scale(Dataset& data, double factor);

}  // namespace tapegrad

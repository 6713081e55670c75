// Samples to learn from, and the CSV files that they come from.
//
//   Dataset            rows of inputs, each with the class it belongs to: classification
//   Samples            rows of inputs, each with a row of targets: regression, and by one_hot()
//                      classification too
//   read_csv, scale    from a file to a Dataset; read_idx() is in idx.hpp
//
// Parts to train, validate and test with: split.hpp. Inputs on a common scale: standardization.hpp.
//
// A file that is not what it should be is an error that names the place, never a guess: a number
// that was misread would only show as a network that learns badly.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
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

/// Samples for regression: a row of numbers, and the row of numbers that belongs to it.
struct TAPEGRAD_API Samples {
  std::size_t inputs = 0;   // numbers in a row of x
  std::size_t targets = 0;  // numbers in a row of y
  std::vector<double> x;    // size() rows, one after the other
  std::vector<double> y;    // size() rows, one after the other

  std::size_t size() const { return targets == 0 ? 0 : y.size() / targets; }

  /// The inputs, and the targets, of sample i.
  /// @throws ArgumentError if i >= size()
  std::span<const double> row(std::size_t i) const;
  std::span<const double> target(std::size_t i) const;
};

/// Is the set in itself right?
/// @throws ShapeError if x does not hold `inputs` numbers for each sample, or y no whole rows;
///         ArgumentError if a label is no class
TAPEGRAD_API void require_valid(const Dataset& data);
TAPEGRAD_API void require_valid(const Samples& data);

/// How many samples each class has.
/// @throws as require_valid(); ShapeError if no memory holds so many counts
TAPEGRAD_API std::vector<std::size_t> count_classes(const Dataset& data);

/// @throws ArgumentError naming the first class without a sample, which no network could learn;
///         as require_valid()
TAPEGRAD_API void require_every_class(const Dataset& data);

/// The label as targets: 1 for its class, 0 for all others.
/// @throws ArgumentError if label >= classes; ShapeError if no memory holds so many targets
TAPEGRAD_API std::vector<double> one_hot(std::size_t label, std::size_t classes);

/// The same samples, in the same order, with a target for each class.
/// @throws as require_valid(); ShapeError if no memory holds the targets
TAPEGRAD_API Samples one_hot(const Dataset& data);

struct CsvOptions {
  char separator = ',';
  /// How many classes there are; by default, one more than the greatest label in the file, or as
  /// many as there are names.
  std::optional<std::size_t> classes = std::nullopt;
  /// If given, the last column holds one of these names instead of a number, and its place in the
  /// list, from 0, is the label.
  std::vector<std::string> class_names = {};
};

/// Reads a file of one header line, which names the columns, and one line for each sample:
/// numbers, and in the last column its class 0, 1, 2, ... (3 or 3.0), or its name.
///
/// Lines end in \n or \r\n and may be of any length. Spaces and tabs around numbers, a byte order
/// mark and blank lines at the end are ignored. Fields in quotes are not supported. Columns in
/// messages count characters from 1.
/// @throws FileError if the file cannot be read;
///         ParseError if there is no header or no sample, if the first line holds numbers and
///         classes only (a sample, lost as a header), if a line has more or fewer fields than the
///         header, or if a field is no finite number or, in the last column, no class;
///         ArgumentError if options.classes is 0 or not the number of names, if a name is there
///         twice, or if options.separator can be part of a number
TAPEGRAD_API Dataset read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

/// Multiplies all inputs by `factor`: 1.0 / 16 brings grey levels 0..16 to 0..1.
/// @throws ArgumentError if factor is NaN or infinite
TAPEGRAD_API void scale(Dataset& data, double factor);

}  // namespace tapegrad

// From the file to numbers, top down: read_csv() walks the lines, parse_sample() the fields of a
// line, parse_number() and parse_class() a field. A Cell knows its place, so that whoever finds a
// fault can name it. What a set in memory can be asked stands at the end.
#include "tapegrad/nn/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "files/number.hpp"
#include "files/ordinary_file.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // U+FEFF in UTF-8

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t characters(std::string_view utf8) {
  return utf8.size() -
         static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), continues_character));
}

/// A field without the blanks around it, and where it stands.
struct Cell {
  std::string_view text;
  std::size_t column;  // of its first character, from 1
};

/// One line of the file while it is looked at.
struct Line {
  const std::string& file;
  std::size_t number;
  std::string_view text;

  [[noreturn]] void fail(std::size_t column, std::string_view message) const {
    throw ParseError(file, number, column, message);
  }
};

/// At most 40 characters, for a message.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 40;
  if (characters(text) <= longest) return fmt::format("'{}'", text);
  std::size_t end = 0;
  for (std::size_t count = 0; count < longest; ++count) {
    do {
      ++end;
    } while (continues_character(text[end]));
  }
  return fmt::format("'{}...'", text.substr(0, end));
}

std::vector<Cell> split_cells(const Line& line, char separator) {
  constexpr std::string_view blanks = " \t";
  std::vector<Cell> cells;
  std::size_t begin = 0;
  std::size_t column = 1;
  while (true) {
    const std::size_t end = std::min(line.text.find(separator, begin), line.text.size());
    const std::string_view field = line.text.substr(begin, end - begin);
    const std::size_t first = std::min(field.find_first_not_of(blanks), field.size());
    const std::size_t last = field.find_last_not_of(blanks) + 1;  // npos + 1 is 0
    const std::string_view text = first < last ? field.substr(first, last - first) : "";
    cells.push_back({text, column + first});
    if (text.starts_with('"'))
      line.fail(column + first, "fields in quotes are not supported; drop the quotes");
    if (end == line.text.size()) return cells;
    begin = end + 1;
    column += characters(field) + 1;
  }
}

enum class Number { finite, not_finite, too_large_or_small, text };

Number parse_number(std::string_view text, double& number) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const std::errc error = read_number(text, number);
  if (error == std::errc::invalid_argument) return Number::text;
  if (error == std::errc::result_out_of_range) return Number::too_large_or_small;
  return std::isfinite(number) ? Number::finite : Number::not_finite;
}

double parse_input(const Line& line, const Cell& cell) {
  double number = 0;
  switch (parse_number(cell.text, number)) {
    case Number::finite:
      return number;
    case Number::not_finite:
      line.fail(cell.column, fmt::format("expected a finite number, found {}; fix or drop the row",
                                         quoted(cell.text)));
    case Number::too_large_or_small:
      line.fail(cell.column, fmt::format("{} is outside of what a double can hold; fix or drop "
                                         "the row",
                                         quoted(cell.text)));
    case Number::text:
      break;
  }
  if (cell.text.empty())
    line.fail(cell.column, "expected a number, found nothing; fix or drop the row");
  line.fail(cell.column,
            fmt::format("expected a number, found {}; fix or drop the row", quoted(cell.text)));
}

std::size_t parse_class(const Line& line, const Cell& cell, std::optional<std::size_t> classes) {
  // Below 2^53 a double holds every integer; as many classes would not fit into memory anyway.
  const double limit = classes ? static_cast<double>(*classes) : 0x1p53;
  double number = 0;
  const bool is_class = parse_number(cell.text, number) == Number::finite && number >= 0 &&
                        number < limit && number == std::floor(number);
  if (!is_class) {
    line.fail(cell.column,
              fmt::format("expected a class, {}, found {}; fix or drop the row",
                          classes ? fmt::format("an integer from 0 to {}", *classes - 1)
                                  : "an integer from 0",
                          cell.text.empty() ? "nothing" : quoted(cell.text)));
  }
  return static_cast<std::size_t>(number);
}

std::size_t parse_class_name(const Line& line, const Cell& cell,
                             const std::vector<std::string>& names) {
  const auto name = std::find(names.begin(), names.end(), cell.text);
  if (name == names.end()) {
    line.fail(cell.column, fmt::format("expected a class, one of {}, found {}; fix or drop the row",
                                       fmt::join(names, ", "),
                                       cell.text.empty() ? "nothing" : quoted(cell.text)));
  }
  return static_cast<std::size_t>(name - names.begin());
}

void parse_sample(const Line& line, const CsvOptions& options, Dataset& data) {
  const std::vector<Cell> cells = split_cells(line, options.separator);
  const std::size_t expected = data.inputs + 1;
  if (cells.size() == 1 && cells[0].text.empty())
    line.fail(0, "a blank line between the samples; drop it");
  if (cells.size() != expected) {
    // At the first field too many, or at the end where one is missing.
    line.fail(cells.size() > expected ? cells[expected].column : characters(line.text) + 1,
              fmt::format("expected {} fields as in the header, found {}; fix or drop the row",
                          expected, cells.size()));
  }
  for (std::size_t i = 0; i < data.inputs; ++i) data.x.push_back(parse_input(line, cells[i]));
  data.labels.push_back(options.class_names.empty()
                            ? parse_class(line, cells.back(), options.classes)
                            : parse_class_name(line, cells.back(), options.class_names));
}

void parse_header(const Line& line, const CsvOptions& options, Dataset& data) {
  const std::vector<Cell> cells = split_cells(line, options.separator);
  if (cells.size() < 2) {
    line.fail(0, fmt::format("expected a header of two or more columns separated by '{}', found {}",
                             options.separator, quoted(line.text)));
  }
  const std::vector<std::string>& names = options.class_names;
  double ignored = 0;
  if (std::all_of(cells.begin(), cells.end(), [&](const Cell& cell) {
        return parse_number(cell.text, ignored) != Number::text ||
               std::find(names.begin(), names.end(), cell.text) != names.end();
      }))
    line.fail(0, "the first line holds a sample, not column names; add a header line");
  data.inputs = cells.size() - 1;
}

/// Takes the next line, without its end, off the front of `rest`.
std::string_view next_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool holds_rows(const std::vector<double>& numbers, std::size_t rows, std::size_t length) {
  return length == 0 ? numbers.empty()
                     : numbers.size() % length == 0 && numbers.size() / length == rows;
}

/// @throws ShapeError naming the function if no memory holds so many
template <class Number> std::vector<Number> zeros(std::size_t count, const char* function) {
  try {
    return std::vector<Number>(count);
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {  // more than any vector holds
  }
  throw ShapeError(fmt::format("{}: no memory holds {} numbers", function, count));
}

void check_class_names(const CsvOptions& options) {
  const std::vector<std::string>& names = options.class_names;
  if (options.classes && *options.classes != names.size()) {
    throw ArgumentError(fmt::format("read_csv: {} names for {} classes; pass one for each",
                                    names.size(), *options.classes));
  }
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name)
      throw ArgumentError(fmt::format("read_csv: two classes are called '{}'", *name));
  }
}

}  // namespace

Dataset read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  if (options.classes == std::size_t{0})
    throw ArgumentError("read_csv: there are no samples of 0 classes; pass at least 1");
  if (!options.class_names.empty()) check_class_names(options);
  if (std::isalnum(static_cast<unsigned char>(options.separator)) ||
      std::string_view("+-.\"\r\n").find(options.separator) != std::string_view::npos) {
    throw ArgumentError(
        fmt::format("read_csv: '{}' cannot separate numbers; pass a comma, a semicolon or a tab",
                    options.separator));
  }

  const std::string file = path.string();
  const std::string text = read_all(path.string());
  std::string_view rest = text;
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  const std::size_t last = rest.find_last_not_of(" \t\r\n");
  rest = last == rest.npos ? "" : rest.substr(0, rest.find('\n', last));  // blank lines at the end
  if (rest.empty())
    throw ParseError(file, 0, 0, "the file is empty; expected a header line and samples");

  Dataset data;
  parse_header({file, 1, next_line(rest)}, options, data);
  if (rest.empty()) throw ParseError(file, 0, 0, "there are no samples below the header");
  for (std::size_t number = 2; !rest.empty(); ++number)
    parse_sample({file, number, next_line(rest)}, options, data);
  if (!options.class_names.empty())
    data.classes = options.class_names.size();
  else if (options.classes)
    data.classes = *options.classes;
  else
    data.classes = *std::max_element(data.labels.begin(), data.labels.end()) + 1;
  return data;
}

std::span<const double> Dataset::row(std::size_t i) const {
  if (i >= size())
    throw ArgumentError(fmt::format("Dataset::row: there is no row {} in a set of {}", i, size()));
  return std::span(x).subspan(i * inputs, inputs);
}

std::span<const double> Samples::row(std::size_t i) const {
  if (i >= size())
    throw ArgumentError(fmt::format("Samples::row: there is no row {} in a set of {}", i, size()));
  return std::span(x).subspan(i * inputs, inputs);
}

std::span<const double> Samples::target(std::size_t i) const {
  if (i >= size()) {
    throw ArgumentError(
        fmt::format("Samples::target: there is no row {} in a set of {}", i, size()));
  }
  return std::span(y).subspan(i * targets, targets);
}

void require_valid(const Dataset& data) {
  if (!holds_rows(data.x, data.size(), data.inputs)) {
    throw ShapeError(fmt::format("Dataset: x holds {} numbers for {} rows of {} inputs",
                                 data.x.size(), data.size(), data.inputs));
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.labels[i] >= data.classes)
      throw ArgumentError(fmt::format(
          "Dataset: sample {} has the label {}, which is none of {} classes; they count from 0", i,
          data.labels[i], data.classes));
  }
}

void require_valid(const Samples& data) {
  if (!holds_rows(data.y, data.size(), data.targets)) {
    throw ShapeError(fmt::format("Samples: y holds {} numbers, which are no rows of {} targets",
                                 data.y.size(), data.targets));
  }
  if (!holds_rows(data.x, data.size(), data.inputs)) {
    throw ShapeError(fmt::format("Samples: x holds {} numbers for {} rows of {} inputs",
                                 data.x.size(), data.size(), data.inputs));
  }
}

std::vector<std::size_t> count_classes(const Dataset& data) {
  require_valid(data);
  auto counts = zeros<std::size_t>(data.classes, "count_classes");
  for (std::size_t label : data.labels) ++counts[label];
  return counts;
}

void require_every_class(const Dataset& data) {
  require_valid(data);
  // Of more classes than samples one of the first size() + 1 is empty, however many there are.
  std::vector<bool> has_sample(std::min(data.classes, data.size() + 1));
  for (std::size_t label : data.labels)
    if (label < has_sample.size()) has_sample[label] = true;
  const auto empty = std::find(has_sample.begin(), has_sample.end(), false);
  if (empty != has_sample.end()) {
    throw ArgumentError(
        fmt::format("Dataset: class {} of {} has no sample; bring some, or number the classes anew",
                    empty - has_sample.begin(), data.classes));
  }
}

std::vector<double> one_hot(std::size_t label, std::size_t classes) {
  if (label >= classes) {
    throw ArgumentError(
        fmt::format("one_hot: label {} is none of {} classes; they count from 0", label, classes));
  }
  auto target = zeros<double>(classes, "one_hot");
  target[label] = 1;
  return target;
}

Samples one_hot(const Dataset& data) {
  require_valid(data);
  Samples samples{.inputs = data.inputs, .targets = data.classes, .x = data.x, .y = {}};
  if (data.classes > 0 && data.size() > samples.y.max_size() / data.classes) {
    throw ShapeError(fmt::format("one_hot: {} targets for each of {} samples; no memory holds them",
                                 data.classes, data.size()));
  }
  samples.y = zeros<double>(data.size() * data.classes, "one_hot");
  for (std::size_t i = 0; i < data.size(); ++i) samples.y[i * data.classes + data.labels[i]] = 1;
  return samples;
}

void scale(Dataset& data, double factor) {
  if (!std::isfinite(factor))
    throw ArgumentError(fmt::format("scale: the factor is {}; pass a finite number", factor));
  for (double& number : data.x) number *= factor;
}

}  // namespace tapegrad

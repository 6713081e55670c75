// From the file to numbers, top down: read_csv() walks the lines, parse_sample() the fields of a
// line, parse_number() and parse_class() a field. A Cell knows its place, so that whoever finds a
// fault can name it. Split and scale stand at the end.
#include "tapegrad/nn/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/random.hpp"

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

std::string read_file(const std::filesystem::path& path) {
  const auto failure = [&] {
    return FileError(fmt::format("{}: cannot be read: {}", path.string(),
                                 std::generic_category().message(errno)));
  };
  std::ifstream in(path, std::ios::binary);
  if (!in) throw failure();
  std::string text;
  char block[1 << 16];
  while (in.read(block, sizeof block) || in.gcount() > 0)
    text.append(block, static_cast<std::size_t>(in.gcount()));
  if (in.bad()) throw failure();
  return text;
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
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::invalid_argument || stop != end) return Number::text;
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
  data.labels.push_back(parse_class(line, cells.back(), options.classes));
}

void parse_header(const Line& line, const CsvOptions& options, Dataset& data) {
  const std::vector<Cell> cells = split_cells(line, options.separator);
  if (cells.size() < 2) {
    line.fail(0, fmt::format("expected a header of two or more columns separated by '{}', found {}",
                             options.separator, quoted(line.text)));
  }
  double ignored = 0;
  if (std::all_of(cells.begin(), cells.end(), [&](const Cell& cell) {
        return parse_number(cell.text, ignored) != Number::text;
      }))
    line.fail(0, "the first line holds numbers, not column names; add a header line");
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

Dataset part_of(const Dataset& data, std::span<const std::size_t> rows) {
  Dataset part{.inputs = data.inputs, .classes = data.classes, .x = {}, .labels = {}};
  part.x.reserve(rows.size() * data.inputs);
  part.labels.reserve(rows.size());
  for (std::size_t row : rows) {
    const std::span<const double> inputs = data.row(row);
    part.x.insert(part.x.end(), inputs.begin(), inputs.end());
    part.labels.push_back(data.labels[row]);
  }
  return part;
}

}  // namespace

std::span<const double> Dataset::row(std::size_t i) const {
  if (i >= size())
    throw ArgumentError(fmt::format("Dataset::row: there is no row {} in a set of {}", i, size()));
  return std::span(x).subspan(i * inputs, inputs);
}

Dataset read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  if (options.classes == std::size_t{0})
    throw ArgumentError("read_csv: there are no samples of 0 classes; pass at least 1");
  if (std::isalnum(static_cast<unsigned char>(options.separator)) ||
      std::string_view("+-.\"\r\n").find(options.separator) != std::string_view::npos) {
    throw ArgumentError(
        fmt::format("read_csv: '{}' cannot separate numbers; pass a comma, a semicolon or a tab",
                    options.separator));
  }

  const std::string file = path.string();
  const std::string text = read_file(path);
  std::string_view rest = text;
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  rest = rest.substr(0, rest.find_last_not_of(" \t\r\n") + 1);  // blank lines at the end
  if (rest.empty())
    throw ParseError(file, 0, 0, "the file is empty; expected a header line and samples");

  Dataset data;
  parse_header({file, 1, next_line(rest)}, options, data);
  if (rest.empty()) throw ParseError(file, 0, 0, "there are no samples below the header");
  for (std::size_t number = 2; !rest.empty(); ++number)
    parse_sample({file, number, next_line(rest)}, options, data);
  data.classes = options.classes ? *options.classes
                                 : *std::max_element(data.labels.begin(), data.labels.end()) + 1;
  return data;
}

Split split(const Dataset& data, double test_fraction, std::uint64_t seed) {
  if (data.x.size() != data.size() * data.inputs) {
    throw ShapeError(fmt::format("split: x holds {} numbers for {} rows of {} inputs",
                                 data.x.size(), data.size(), data.inputs));
  }
  if (!(test_fraction > 0 && test_fraction < 1)) {
    throw ArgumentError(
        fmt::format("split: test_fraction is {}; pass a number between 0 and 1", test_fraction));
  }
  const auto test_size =
      static_cast<std::size_t>(std::llround(test_fraction * static_cast<double>(data.size())));
  if (test_size == 0 || test_size == data.size()) {
    throw ArgumentError(fmt::format(
        "split: a test fraction of {} leaves one part of {} samples empty; pass another one",
        test_fraction, data.size()));
  }
  const std::vector<std::size_t> order = Random(seed).permutation(data.size());
  const auto rows = std::span(order);
  return {.train = part_of(data, rows.subspan(test_size)),
          .test = part_of(data, rows.first(test_size))};
}

void scale(Dataset& data, double factor) {
  if (!std::isfinite(factor))
    throw ArgumentError(fmt::format("scale: the factor is {}; pass a finite number", factor));
  for (double& number : data.x) number *= factor;
}

}  // namespace tapegrad

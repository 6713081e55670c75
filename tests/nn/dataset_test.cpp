#include "tapegrad/nn/dataset.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/error.hpp"

using tapegrad::ArgumentError;
using tapegrad::CsvOptions;
using tapegrad::Dataset;
using tapegrad::FileError;
using tapegrad::ParseError;
using tapegrad::read_csv;
using tapegrad::ShapeError;
using tapegrad::split;
using tapegrad::Split;

namespace {

/// A folder for the files of this test, gone when the test is over.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path write(std::string_view content) const {
    std::filesystem::path file = path_ / "iris.csv";
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                ("tapegrad_dataset_" + std::to_string(std::random_device{}()));
};

Dataset read(std::string_view content, const CsvOptions& options = {}) {
  const Folder folder;
  return read_csv(folder.write(content), options);
}

/// The message of the ParseError that `content` gives, from the file's name on.
std::string error_of(std::string_view content, const CsvOptions& options = {}) {
  try {
    read(content, options);
  } catch (const ParseError& error) {
    const std::string message = error.what();
    return message.substr(message.rfind("iris.csv"));
  }
  return "no error";
}

Dataset numbered(std::size_t rows) {
  Dataset data{.inputs = 2, .classes = 3, .x = {}, .labels = {}};
  for (std::size_t i = 0; i < rows; ++i) {
    data.x.push_back(static_cast<double>(i));
    data.x.push_back(static_cast<double>(10 * i));
    data.labels.push_back(i % 3);
  }
  return data;
}

}  // namespace

TEST_CASE("a CSV file becomes rows and labels") {
  const Dataset data = read("a,b,class\n1,-2.5,0\n.5,1e3,2\n");
  CHECK(data.inputs == 2);
  CHECK(data.classes == 3);
  CHECK(data.size() == 2);
  CHECK(data.x == std::vector<double>{1, -2.5, 0.5, 1000});
  CHECK(data.labels == std::vector<std::size_t>{0, 2});
  CHECK(data.row(1).size() == 2);
  CHECK(data.row(1)[0] == 0.5);
  CHECK(data.row(1)[1] == 1000);
}

TEST_CASE("numbers are read to the last bit") {
  const Dataset data = read("a,b,c\n0.1,1.7976931348623157e308,0\n4.9e-324,-0.30000000000000004,0");
  CHECK(data.x == std::vector<double>{0.1, std::numeric_limits<double>::max(),
                                      std::numeric_limits<double>::denorm_min(), -(0.1 + 0.2)});
}

TEST_CASE("line ends, blank lines at the end, blanks, signs and a byte order mark do not matter") {
  const std::vector<double> x = {1, 2, 3, 4};
  for (std::string_view content : {
           "a,b,c\r\n1,2,0\r\n3,4,1\r\n", "a,b,c\n1,2,0\n3,4,1", "a,b,c\n1,2,0\n3,4,1\n\n \t\n\r\n",
           "a,b,c\n  1 ,\t2,0  \n3,4 , 1\n", "a,b,c\n+1,2,0\n3,+4,+1\n",
           "a,b,c\n1,2,0.0\n3,4,1e0\n",
           "\xEF\xBB\xBF\x61,b,c\n1,2,0\n3,4,1\n",  // \x61 is an a, which would go on with \xBF
       }) {
    CAPTURE(content);
    const Dataset data = read(content);
    CHECK(data.x == x);
    CHECK(data.labels == std::vector<std::size_t>{0, 1});
  }
}

TEST_CASE("another separator is read when asked for") {
  CHECK(read("a;b;c\n1;2;0\n", {.separator = ';'}).x == std::vector<double>{1, 2});
  CHECK(read("a\tb\tc\n1\t 2\t0\n", {.separator = '\t'}).x == std::vector<double>{1, 2});
  for (char separator : {'.', '-', '+', 'e', '0', '"', '\n'}) {
    CAPTURE(separator);
    CHECK_THROWS_AS(read("a,b\n1,0\n", {.separator = separator}), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(read("a,b\n1,0\n", {.separator = '.'}),
                       "read_csv: '.' cannot separate numbers; pass a comma, a semicolon or a tab",
                       ArgumentError);
}

TEST_CASE("the number of classes is found or given") {
  CHECK(read("a,c\n1,0\n2,4\n").classes == 5);
  CHECK(read("a,c\n1,0\n2,4\n", {.classes = 10}).classes == 10);
  CHECK_THROWS_WITH_AS(read("a,c\n1,0\n", {.classes = 0}),
                       "read_csv: there are no samples of 0 classes; pass at least 1",
                       ArgumentError);
}

TEST_CASE("lines of a hundred thousand columns are read") {
  std::string header;
  std::string row;
  constexpr int columns = 100'000;
  for (int i = 0; i < columns; ++i) {
    header += "p" + std::to_string(i) + ",";
    row += std::to_string(i) + ",";
  }
  const Dataset data = read(header + "class\n" + row + "7\n");
  CHECK(data.inputs == columns);
  CHECK(data.x.back() == columns - 1);
  CHECK(data.labels == std::vector<std::size_t>{7});
}

TEST_CASE("a file that cannot be read is a FileError that names it") {
  const Folder folder;
  const std::string missing = (folder.path() / "none.csv").string();
  CHECK_THROWS_WITH_AS(read_csv(missing),
                       (missing + ": cannot be read: No such file or directory").c_str(),
                       FileError);
  const std::string directory = folder.path().string();
  CHECK_THROWS_WITH_AS(read_csv(directory),
                       (directory + ": cannot be read: Is a directory").c_str(), FileError);
}

TEST_CASE("a file without samples says what is missing") {
  CHECK(error_of("") == "iris.csv: the file is empty; expected a header line and samples");
  CHECK(error_of("\n\r\n  \n") ==
        "iris.csv: the file is empty; expected a header line and samples");
  CHECK(error_of("\xEF\xBB\xBF") ==
        "iris.csv: the file is empty; expected a header line and samples");
  CHECK(error_of("a,b,class\n") == "iris.csv: there are no samples below the header");
  CHECK(error_of("a,b,class\r\n\r\n") == "iris.csv: there are no samples below the header");
}

TEST_CASE("a header that is none says so") {
  CHECK(error_of("class\n1\n") ==
        "iris.csv:1: expected a header of two or more columns separated by ',', found 'class'");
  CHECK(error_of("a;b;class\n1;2;0\n") ==
        "iris.csv:1: expected a header of two or more columns separated by ',', found "
        "'a;b;class'");
  CHECK(error_of("1,2,0\n3,4,1\n") ==
        "iris.csv:1: the first line holds numbers, not column names; add a header line");
}

TEST_CASE("a ragged row names the first field too many, or the end of the line") {
  CHECK(error_of("a,b,class\n1,2,0\n1,2,0, 9\n") ==
        "iris.csv:3:8: expected 3 fields as in the header, found 4; fix or drop the row");
  CHECK(error_of("a,b,class\r\n1,20\r\n1,2,0\r\n") ==
        "iris.csv:2:5: expected 3 fields as in the header, found 2; fix or drop the row");
  CHECK(error_of("a,b,class\n1,2,0\n\n1,2,0\n") ==
        "iris.csv:3: a blank line between the samples; drop it");
}

TEST_CASE("text where a number should be is quoted with its place") {
  CHECK(error_of("a,b,class\n5.1,3.5,0\n4.9,    n/a,0\n") ==
        "iris.csv:3:9: expected a number, found 'n/a'; fix or drop the row");
  CHECK(error_of("a,b,class\n1,2x,0\n") ==
        "iris.csv:2:3: expected a number, found '2x'; fix or drop the row");
  CHECK(error_of("a,b,class\n1,1 2,0\n") ==
        "iris.csv:2:3: expected a number, found '1 2'; fix or drop the row");
  CHECK(error_of("a,b,class\n0x10,2,0\n") ==
        "iris.csv:2:1: expected a number, found '0x10'; fix or drop the row");
  CHECK(error_of("a,b,class\n+-1,2,0\n") ==
        "iris.csv:2:1: expected a number, found '+-1'; fix or drop the row");
  CHECK(error_of("a,b,class\n1,,0\n") ==
        "iris.csv:2:3: expected a number, found nothing; fix or drop the row");
  CHECK(error_of("a,b,class\n1,größe,0\n") ==
        "iris.csv:2:3: expected a number, found 'größe'; fix or drop the row");
}

TEST_CASE("long text is shortened between two characters") {
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "ü";
  CHECK(error_of("a,class\n" + umlauts + ",0\n") ==
        "iris.csv:2:1: expected a number, found '" + umlauts + "'; fix or drop the row");
  CHECK(error_of("a,class\n" + umlauts + "ü,0\n") ==
        "iris.csv:2:1: expected a number, found '" + umlauts + "...'; fix or drop the row");
}

TEST_CASE("numbers that are not finite or too large are refused") {
  CHECK(error_of("a,b,class\n1,nan,0\n") ==
        "iris.csv:2:3: expected a finite number, found 'nan'; fix or drop the row");
  CHECK(error_of("a,b,class\n-inf,1,0\n") ==
        "iris.csv:2:1: expected a finite number, found '-inf'; fix or drop the row");
  CHECK(error_of("a,b,class\n1,1e400,0\n") ==
        "iris.csv:2:3: '1e400' is outside of what a double can hold; fix or drop the row");
}

TEST_CASE("quoted fields are refused where they stand, counted in characters") {
  CHECK(error_of("a,b,class\n1,\"2\",0\n") ==
        "iris.csv:2:3: fields in quotes are not supported; drop the quotes");
  CHECK(error_of("\xEF\xBB\xBFlänge, \"width\",class\n1,2,0\n") ==
        "iris.csv:1:8: fields in quotes are not supported; drop the quotes");
}

TEST_CASE("a label that is no class is refused") {
  CHECK(error_of("a,class\n1,-1\n") ==
        "iris.csv:2:3: expected a class, an integer from 0, found '-1'; fix or drop the row");
  CHECK(error_of("a,class\n1,0.5\n") ==
        "iris.csv:2:3: expected a class, an integer from 0, found '0.5'; fix or drop the row");
  CHECK(error_of("a,class\n1,setosa\n") ==
        "iris.csv:2:3: expected a class, an integer from 0, found 'setosa'; fix or drop the row");
  CHECK(error_of("a,class\n1,\n") ==
        "iris.csv:2:3: expected a class, an integer from 0, found nothing; fix or drop the row");
  CHECK(error_of("a,class\n1,1e300\n") ==
        "iris.csv:2:3: expected a class, an integer from 0, found '1e300'; fix or drop the row");
  CHECK(error_of("a,class\n1,9\n2,10\n", {.classes = 10}) ==
        "iris.csv:3:3: expected a class, an integer from 0 to 9, found '10'; fix or drop the row");
}

TEST_CASE("a parse error carries file, line and column") {
  const Folder folder;
  const std::filesystem::path file = folder.write("a,class\n1,0\nx,0\n");
  try {
    read_csv(file);
    FAIL("no error");
  } catch (const ParseError& error) {
    CHECK(error.file() == file.string());
    CHECK(error.line() == 3);
    CHECK(error.column() == 1);
  }
}

TEST_CASE("a row that is not there is an error") {
  CHECK_THROWS_WITH_AS(numbered(3).row(3), "Dataset::row: there is no row 3 in a set of 3",
                       ArgumentError);
}

TEST_CASE("split deals every sample, with its label, to exactly one part") {
  const Dataset data = numbered(100);
  const Split parts = split(data, 0.25, 1);
  CHECK(parts.test.size() == 25);
  CHECK(parts.train.size() == 75);
  std::vector<std::size_t> seen;
  for (const Dataset* part : {&parts.train, &parts.test}) {
    CHECK(part->inputs == 2);
    CHECK(part->classes == 3);
    for (std::size_t i = 0; i < part->size(); ++i) {
      const auto original = static_cast<std::size_t>(part->row(i)[0]);
      seen.push_back(original);
      CHECK(part->row(i)[1] == 10 * part->row(i)[0]);
      CHECK(part->labels[i] == original % 3);
    }
  }
  CHECK_FALSE(std::is_sorted(seen.begin(), seen.end()));
  std::sort(seen.begin(), seen.end());
  for (std::size_t i = 0; i < 100; ++i) CHECK(seen.at(i) == i);
}

TEST_CASE("the same seed splits alike, another one differently") {
  const Dataset data = numbered(50);
  CHECK(split(data, 0.2, 1).test.x == split(data, 0.2, 1).test.x);
  CHECK(split(data, 0.2, 1).test.x != split(data, 0.2, 2).test.x);
}

TEST_CASE("split rounds to the nearest number of samples") {
  CHECK(split(numbered(10), 0.24, 1).test.size() == 2);
  CHECK(split(numbered(10), 0.26, 1).test.size() == 3);
}

TEST_CASE("split refuses fractions outside (0, 1) and empty parts") {
  const Dataset data = numbered(10);
  for (double fraction : {0.0, 1.0, -0.5, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(fraction);
    CHECK_THROWS_AS(split(data, fraction, 1), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(split(data, 1, 1),
                       "split: test_fraction is 1; pass a number between 0 and 1", ArgumentError);
  CHECK_THROWS_WITH_AS(
      split(data, 0.01, 1),
      "split: a test fraction of 0.01 leaves one part of 10 samples empty; pass another one",
      ArgumentError);
  CHECK_THROWS_AS(split(data, 0.99, 1), ArgumentError);
  CHECK_THROWS_AS(split(Dataset{}, 0.5, 1), ArgumentError);
}

TEST_CASE("split refuses a set whose numbers do not fit its labels") {
  Dataset data = numbered(10);
  data.x.pop_back();
  CHECK_THROWS_WITH_AS(split(data, 0.5, 1), "split: x holds 19 numbers for 10 rows of 2 inputs",
                       ShapeError);
}

TEST_CASE("scale multiplies the inputs and leaves the labels alone") {
  Dataset data = numbered(3);
  scale(data, 0.5);
  CHECK(data.x == std::vector<double>{0, 0, 0.5, 5, 1, 10});
  CHECK(data.labels == numbered(3).labels);
  CHECK_THROWS_WITH_AS(scale(data, std::numeric_limits<double>::infinity()),
                       "scale: the factor is inf; pass a finite number", ArgumentError);
  CHECK(data.x[3] == 5);
}

#include "tapegrad/nn/dataset.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/error.hpp"

using namespace tapegrad;

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

TEST_CASE("a tab at the end of the last line separates a field as on any other line") {
  const CsvOptions tabs{.separator = '\t'};
  CHECK(error_of("a\tb\tclass\n1\t2\t0\n3\t4\t\n", tabs) ==
        "iris.csv:3:5: expected a class, an integer from 0, found nothing; fix or drop the row");
  const CsvOptions named{.separator = '\t', .class_names = {"", "rose"}};
  for (std::string_view content : {"a\tclass\n1\trose\n2\t\n", "a\tclass\r\n1\trose\r\n2\t"}) {
    CAPTURE(content);
    CHECK(read(content, named).labels == std::vector<std::size_t>{1, 0});
  }
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
  CHECK_THROWS_WITH_AS(read_csv(std::string("iris.csv\0.csv", 13)),
                       "iris.csv\\x00.csv: cannot be read: a byte 0 would end its name", FileError);
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
        "iris.csv:1: the first line holds a sample, not column names; add a header line");
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

TEST_CASE("classes can have names, which are counted as they are listed") {
  const CsvOptions options{.class_names = {"setosa", "versicolor", "größte"}};
  const Dataset data = read("a,species\n1,versicolor\n2, setosa \n3,versicolor\n", options);
  CHECK(data.labels == std::vector<std::size_t>{1, 0, 1});
  CHECK(data.classes == 3);
  CHECK(read("a,species\n1,größte\r\n", options).labels == std::vector<std::size_t>{2});
  CHECK(error_of("a,species\n1,Setosa\n", options) ==
        "iris.csv:2:3: expected a class, one of setosa, versicolor, größte, found 'Setosa'; fix or "
        "drop the row");
  CHECK(error_of("a,species\n1,\n", options) ==
        "iris.csv:2:3: expected a class, one of setosa, versicolor, größte, found nothing; fix or "
        "drop the row");
  CHECK(error_of("a,species\n1,0\n", options).find("found '0'") != std::string::npos);
  CHECK(error_of("1,setosa\n2,setosa\n", options) ==
        "iris.csv:1: the first line holds a sample, not column names; add a header line");
}

TEST_CASE("names of classes that cannot be right are refused") {
  CHECK_THROWS_WITH_AS(read("a,b\n1,c\n", {.classes = 3, .class_names = {"c", "d"}}),
                       "read_csv: 2 names for 3 classes; pass one for each", ArgumentError);
  CHECK_THROWS_WITH_AS(read("a,b\n1,c\n", {.class_names = {"c", "d", "c"}}),
                       "read_csv: two classes are called 'c'", ArgumentError);
  CHECK(read("a,b\n1,d\n", {.classes = 2, .class_names = {"c", "d"}}).classes == 2);
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

TEST_CASE("a set whose numbers do not fit its labels is refused") {
  Dataset data = numbered(10);
  require_valid(data);
  data.x.pop_back();
  CHECK_THROWS_WITH_AS(require_valid(data), "Dataset: x holds 19 numbers for 10 rows of 2 inputs",
                       ShapeError);
  data = numbered(10);
  data.inputs = 0;
  CHECK_THROWS_AS(require_valid(data), ShapeError);
  require_valid(Dataset{});
}

TEST_CASE("a label beyond the classes is refused") {
  Dataset data = numbered(10);
  data.labels[4] = 3;
  CHECK_THROWS_WITH_AS(
      require_valid(data),
      "Dataset: sample 4 has the label 3, which is none of 3 classes; they count from 0",
      ArgumentError);
  CHECK_THROWS_AS(count_classes(data), ArgumentError);
  CHECK_THROWS_AS(one_hot(data), ArgumentError);
}

TEST_CASE("classes are counted, and one without a sample is named") {
  Dataset data = numbered(10);
  CHECK(count_classes(data) == std::vector<std::size_t>{4, 3, 3});
  require_every_class(data);
  data.classes = 5;
  CHECK(count_classes(data) == std::vector<std::size_t>{4, 3, 3, 0, 0});
  CHECK_THROWS_WITH_AS(
      require_every_class(data),
      "Dataset: class 3 of 5 has no sample; bring some, or number the classes anew", ArgumentError);
  CHECK_THROWS_WITH_AS(
      require_every_class({.inputs = 1, .classes = 3, .x = {5, 6}, .labels = {1, 0}}),
      "Dataset: class 2 of 3 has no sample; bring some, or number the classes anew", ArgumentError);
  data.classes = std::numeric_limits<std::size_t>::max();  // no memory could count them
  CHECK_THROWS_AS(require_every_class(data), ArgumentError);
  CHECK_THROWS_AS(one_hot(data), ShapeError);
  CHECK_THROWS_WITH_AS(
      count_classes(data),
      fmt::format("count_classes: no memory holds {} numbers", data.classes).c_str(), ShapeError);
}

TEST_CASE("one_hot is 1 for the label's class and 0 for all others") {
  CHECK(one_hot(2, 4) == std::vector<double>{0, 0, 1, 0});
  CHECK(one_hot(0, 1) == std::vector<double>{1});
  CHECK_THROWS_WITH_AS(one_hot(4, 4), "one_hot: label 4 is none of 4 classes; they count from 0",
                       ArgumentError);
  CHECK_THROWS_AS(one_hot(4, std::numeric_limits<std::size_t>::max()), ShapeError);
}

TEST_CASE("a set in one-hot form keeps its inputs and has a target for each class") {
  const Dataset data = numbered(4);
  const Samples samples = one_hot(data);
  require_valid(samples);
  CHECK(samples.size() == 4);
  CHECK(samples.inputs == 2);
  CHECK(samples.targets == 3);
  CHECK(samples.x == data.x);
  CHECK(samples.y == std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0});
  CHECK(samples.row(3)[1] == 30);
  CHECK(samples.target(2).size() == 3);
  CHECK(samples.target(2)[2] == 1);
  CHECK(one_hot(Dataset{}).size() == 0);
}

TEST_CASE("samples whose numbers are no rows are refused") {
  Samples samples{.inputs = 1, .targets = 2, .x = {1, 2}, .y = {1, 2, 3, 4}};
  require_valid(samples);
  CHECK_THROWS_WITH_AS(samples.row(2), "Samples::row: there is no row 2 in a set of 2",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(samples.target(2), "Samples::target: there is no row 2 in a set of 2",
                       ArgumentError);
  samples.y.pop_back();
  CHECK_THROWS_WITH_AS(require_valid(samples),
                       "Samples: y holds 3 numbers, which are no rows of 2 targets", ShapeError);
  samples.y = {1, 2};
  CHECK_THROWS_WITH_AS(require_valid(samples), "Samples: x holds 2 numbers for 1 rows of 1 inputs",
                       ShapeError);
  samples.targets = 0;
  CHECK_THROWS_AS(require_valid(samples), ShapeError);
  samples.y.clear();
  CHECK_THROWS_AS(require_valid(samples), ShapeError);  // inputs of no sample
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

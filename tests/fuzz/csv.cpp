// Bytes as a CSV file, and options: an Error, or samples that the file can justify; written again
// by hand they are read as the same.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

#include "choices.hpp"
#include "files/scratch_folder.hpp"
#include "fuzz.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/dataset.hpp"

namespace tapegrad::fuzz {
namespace {

void require(bool holds, const char* otherwise) {
  if (!holds) throw Finding(otherwise);
}

constexpr std::array separators{',', ';', '\t', ' ', '|', '\0', '\xC3', '\'', '1', '.'};
const std::array<std::vector<std::string>, 4> names{
    {{}, {"setosa", "versicolor"}, {"a", "", "3"}, {"b", "b"}}};

CsvOptions next_options(Choices& choices) {
  CsvOptions options;
  const std::size_t separator = choices.next(separators.size() + 1);
  options.separator =
      separator < separators.size() ? separators[separator] : static_cast<char>(choices.next(256));
  options.class_names = names[choices.next(names.size())];
  if (const std::size_t classes = choices.next(8); classes > 4) options.classes = classes - 5;
  return options;
}

// The data are held to the file before they are looked at: a field is a byte or more with what
// ends it.
void require_justified(const Dataset& data, std::size_t bytes) {
  require(data.inputs > 0 && data.size() > 0, "there are no samples, and no error");
  require(data.x.size() == data.inputs * data.size(), "rows of other lengths");
  require(data.x.size() + data.size() <= bytes, "more fields than bytes");
  require(std::max(data.x.capacity(), data.labels.capacity()) <= 2 * bytes,
          "more memory than the file justifies");
  require_valid(data);
}

std::string written(const Dataset& data, const CsvOptions& options) {
  const char separator = options.separator;
  std::string text;
  for (std::size_t i = 0; i < data.inputs; ++i) text += fmt::format("x{}{}", i, separator);
  text += "class\n";
  for (std::size_t sample = 0; sample < data.size(); ++sample) {
    for (const double number : data.row(sample)) text += fmt::format("{}{}", number, separator);
    const std::size_t label = data.labels[sample];
    text += options.class_names.empty() ? std::to_string(label) : options.class_names[label];
    text += '\n';
  }
  return text;
}

Dataset read(const std::string& bytes, const CsvOptions& options) {
  static const testing::ScratchFolder folder;
  std::filesystem::remove(folder / "data.csv");  // some systems sync a file that is written over
  folder.write("data.csv", bytes);
  return read_csv(folder / "data.csv", options);
}

void check(const std::string& bytes, const CsvOptions& options) {
  Dataset data;
  try {
    data = read(bytes, options);
  } catch (const Error& error) {
    require(*error.what() != '\0', "an error without words");
    return;
  }
  require_justified(data, bytes.size());
  try {
    require_every_class(data);
  } catch (const ArgumentError&) {
  }
  Dataset again;
  try {
    again = read(written(data, options), options);
  } catch (const Error& error) {
    throw Finding(fmt::format("what was read and written is refused: {}", error.what()));
  }
  require(again.inputs == data.inputs && again.classes == data.classes &&
              again.labels == data.labels && again.x == data.x,
          "what was read and written is read as something else");
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string comma(3, '\0'), named{"\1\1\0", 3}, three_classes{"\2\0\10", 3},
      no_name{"\2\2\0", 3};
  return {
      comma,
      comma + "x,y,class\n1,2,0\n-0.5,1e-300,1\n",
      comma + "\xEF\xBB\xBFwidth, height ,class\r\n 1 ,\t2,3.0\r\n+4,5e-324,0\r\n\r\n",
      comma + "x,class\n1e999,0\n",
      comma + "x,class\nnan,0\n",
      comma + "\xC3\xA4,\"b\"\n1,0\n",
      comma + "x,class\n1,9007199254740991\n",
      named + "x;class\n1;setosa\n2;versicolor\n",
      three_classes + "a\tb\tc\n0.1\t0.2\t2\n",
      no_name + "x\tclass\n1\ta\n2\t\n",
  };
}

}  // namespace tapegrad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tapegrad::fuzz;
  Choices choices(data, size);
  const tapegrad::CsvOptions options = next_options(choices);
  check(choices.rest(), options);
  return 0;
}

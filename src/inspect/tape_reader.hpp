// The loader of tape files. Sections are read whole, and their checksums are right, before anything
// in them is believed; and each is checked before it becomes a part of the tape.
//
//   tape_load.cpp       the columns: rows, side cells, adjoints, guards
//   tape_load_text.cpp  names, user's operations, locations
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "files/input_file.hpp"
#include "files/text_lines.hpp"
#include "tape_format.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

class TAPEGRAD_API TapeFile::Reader {
 public:
  explicit Reader(InputFile file);

  std::unique_ptr<Tape> read();

 private:
  template <class T> void read_column(std::string_view tag, T* column, std::size_t size);
  void read_rows();
  void check_rows() const;
  void read_adjoints();
  void read_guards();

  void read_externals();
  void read_names();
  void read_single(TextLines& lines);
  void read_range(TextLines& lines);
  std::shared_ptr<const NameScheme> scheme_of(TextLines& lines, std::size_t size);
  void read_locations();
  void keep_places(std::string_view places, std::vector<Location> locations);

  InputFile file_;
  std::unique_ptr<Tape> tape_;
  Recording& recording_;
  std::size_t nodes_;
  std::unordered_map<std::string, std::shared_ptr<const NameScheme>> schemes_;  // by their text
};

}  // namespace tapegrad

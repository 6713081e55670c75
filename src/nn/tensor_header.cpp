// From text to entries: HeaderReader follows the JSON, check_layout() sees that the entries fit the
// file. Nothing is built from JSON but the entries, so that nesting costs nothing.
#include "tensor_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "tapegrad/core/error.hpp"

#ifdef TAPEGRAD_HAS_JSON
#include <nlohmann/json.hpp>
#endif

namespace tapegrad {

std::optional<std::uint64_t> count_of(std::span<const std::size_t> shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t length : shape) {
    if (length != 0 && count > UINT64_MAX / length) return std::nullopt;
    count *= length;
  }
  return count;
}

std::string shape_text(std::span<const std::size_t> shape) {
  constexpr std::size_t longest = 8;
  if (shape.empty()) return "a single number";
  return fmt::format("{}{}", fmt::join(shape.first(std::min(shape.size(), longest)), "×"),
                     shape.size() > longest ? "×..." : "");
}

std::string tensor_text(std::string_view name) {
  constexpr std::size_t longest = 100;
  return fmt::format("tensor {:?}{}", name.substr(0, longest), name.size() > longest ? "..." : "");
}

#ifndef TAPEGRAD_HAS_JSON

namespace {

[[noreturn]] void throw_no_json() {
  throw UnsupportedError(
      "tapegrad was built without model files: install JSON for Modern C++ (Debian: "
      "nlohmann-json3-dev), and build it again with -Dmodel_files=enabled");
}

}  // namespace

TensorHeader parse_header(const std::string&, std::string_view, std::uint64_t) { throw_no_json(); }
std::string header_text(const TensorHeader&) { throw_no_json(); }

#else

namespace {

constexpr std::array<std::string_view, 3> fields{"dtype", "shape", "data_offsets"};

/// Called by the JSON parser for each thing that it meets; throws at the first that does not belong
/// there. Names are nlohmann's.
class HeaderReader {
 public:
  HeaderReader(const std::string& file, TensorHeader& header) : file_(file), header_(header) {}

  bool null() { unexpected("null"); }
  bool boolean(bool) { unexpected("true or false"); }
  bool number_integer(std::int64_t) { unexpected("a negative number"); }
  bool number_float(double, const std::string&) { unexpected("a number that is no integer"); }
  bool binary(std::vector<std::uint8_t>&) { unexpected("binary"); }

  bool number_unsigned(std::uint64_t number) {
    if (where_ == Where::shape) {
      entry().shape.push_back(number);
    } else if (where_ == Where::offsets && offsets_ < 2) {
      (offsets_++ == 0 ? entry().begin : entry().end) = number;
    } else {
      unexpected("a number");
    }
    return true;
  }

  bool string(std::string& text) {
    if (where_ == Where::metadata) {
      if (!header_.metadata.try_emplace(field_, std::move(text)).second)
        fail(fmt::format("its {:?} is there twice", field_.substr(0, 40)));
    } else if (where_ == Where::tensor && field_ == "dtype") {
      const auto type = std::ranges::find(number_types, text, &NumberType::name);
      if (type == number_types.end())
        fail(fmt::format("it holds {:?}; F64, F32, U64 and I64 can be read", text.substr(0, 20)));
      entry().type = static_cast<std::size_t>(type - number_types.begin());
    } else {
      unexpected("text");
    }
    return true;
  }

  bool start_object(std::size_t) {
    if (where_ == Where::outside) {
      where_ = Where::header;
    } else if (where_ == Where::header) {
      where_ = name_ == metadata_name ? Where::metadata : Where::tensor;
      fields_.clear();
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool key(std::string& text) {
    if (where_ == Where::header) {
      name_ = std::move(text);
      if (!names_.insert(name_).second) fail("it is there twice");
      if (name_ != metadata_name) header_.entries.emplace_back().name = name_;
      return true;
    }
    field_ = std::move(text);
    if (where_ == Where::metadata) return true;
    if (std::ranges::find(fields, field_) == fields.end())
      fail(fmt::format("it has the unknown field {:?}", field_.substr(0, 40)));
    if (!fields_.insert(field_).second) fail(fmt::format("it has two fields {}", field_));
    return true;
  }

  bool end_object() {
    if (where_ == Where::tensor) {
      for (const std::string_view field : fields)
        if (!fields_.contains(field)) fail(fmt::format("it has no {}", field));
    }
    where_ = where_ == Where::header ? Where::outside : Where::header;
    return true;
  }

  bool start_array(std::size_t) {
    if (where_ != Where::tensor || field_ == "dtype") unexpected("a list");
    where_ = field_ == "shape" ? Where::shape : Where::offsets;
    offsets_ = 0;
    return true;
  }

  bool end_array() {
    if (where_ == Where::offsets && offsets_ != 2) fail("its data_offsets are not two numbers");
    where_ = Where::tensor;
    return true;
  }

  [[noreturn]] bool parse_error(std::size_t position, const std::string&,
                                const nlohmann::json::exception&) {
    constexpr std::size_t before = 8;  // bytes that stand before the header
    throw ParseError(
        file_, 0, 0,
        fmt::format("the header is no JSON: see near byte {} of the file", before + position));
  }

 private:
  enum class Where { outside, header, metadata, tensor, shape, offsets };

  TensorEntry& entry() { return header_.entries.back(); }

  [[noreturn]] void fail(std::string_view message) const {
    throw ParseError(
        file_, 0, 0,
        fmt::format("{}: {}", name_ == metadata_name ? name_ : tensor_text(name_), message));
  }

  [[noreturn]] void unexpected(std::string_view what) const {
    switch (where_) {
      case Where::outside:
        throw ParseError(file_, 0, 0, fmt::format("the header is {}, not an object", what));
      case Where::header:
        fail(fmt::format("it is {}, not an object", what));
      case Where::metadata:
        fail(fmt::format("{:?} is {}, not text", field_.substr(0, 40), what));
      default:
        fail(fmt::format("{} stands in its {}", what, field_));
    }
  }

  const std::string& file_;
  TensorHeader& header_;
  Where where_ = Where::outside;
  std::string name_;                           // of the tensor, or __metadata__
  std::set<std::string> names_;                // so far
  std::string field_;                          // of the tensor; or the name of a text
  std::set<std::string, std::less<>> fields_;  // that the current tensor has had
  int offsets_ = 0;                            // that were read of the current tensor
};

// The entries are sorted by where they begin.
void check_layout(const std::string& file, std::span<const TensorEntry> entries,
                  std::uint64_t data_bytes) {
  const TensorEntry* before = nullptr;
  for (const TensorEntry& entry : entries) {
    const auto fail = [&](const std::string& message) {
      throw ParseError(file, 0, 0, fmt::format("{}: {}", tensor_text(entry.name), message));
    };
    const NumberType type = number_types[entry.type];
    const std::optional<std::uint64_t> count = count_of(entry.shape);
    if (entry.begin > entry.end)
      fail(fmt::format("it ends at byte {}, before it begins, at {}", entry.end, entry.begin));
    if (entry.end > data_bytes)
      fail(fmt::format("it ends at byte {} behind the header, and the file after {}", entry.end,
                       data_bytes));
    if (!count || *count > data_bytes / type.bytes ||
        *count * type.bytes != entry.end - entry.begin)
      fail(fmt::format("{} of {} cannot take {} bytes", shape_text(entry.shape), type.name,
                       entry.end - entry.begin));
    const std::uint64_t end_before = before == nullptr ? 0 : before->end;
    if (entry.begin < end_before)
      fail(fmt::format("it shares bytes with {}", tensor_text(before->name)));
    if (entry.begin > end_before)
      fail(fmt::format("{} bytes before it belong to no tensor", entry.begin - end_before));
    before = &entry;
  }
  const std::uint64_t end = before == nullptr ? 0 : before->end;
  if (end != data_bytes)
    throw ParseError(file, 0, 0,
                     fmt::format("{} bytes at its end belong to no tensor", data_bytes - end));
}

std::string json_text(std::string_view text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw ArgumentError(fmt::format("save_tensors: {:?} is no UTF-8", text.substr(0, 100)));
  }
}

}  // namespace

TensorHeader parse_header(const std::string& file, std::string_view text,
                          std::uint64_t data_bytes) {
  if (!text.starts_with('{'))
    throw ParseError(file, 0, 0, "the header does not begin with {: it is no safetensors file");
  // The parser takes it for the end.
  if (const std::size_t zero = text.find('\0'); zero != text.npos)
    throw ParseError(file, 0, 0,
                     fmt::format("there is a zero in the header, at byte {}", 8 + zero));
  TensorHeader header;
  HeaderReader reader(file, header);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  std::ranges::sort(header.entries, [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_layout(file, header.entries, data_bytes);
  return header;
}

std::string header_text(const TensorHeader& header) {
  std::vector<std::string> parts;
  if (!header.metadata.empty()) {
    std::vector<std::string> texts;
    for (const auto& [name, text] : header.metadata)
      texts.push_back(json_text(name) + ':' + json_text(text));
    parts.push_back(fmt::format("{}:{{{}}}", json_text(metadata_name), fmt::join(texts, ",")));
  }
  for (const TensorEntry& entry : header.entries)
    parts.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                json_text(entry.name), number_types[entry.type].name,
                                fmt::join(entry.shape, ","), entry.begin, entry.end));
  std::string text = fmt::format("{{{}}}", fmt::join(parts, ","));
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

#endif

}  // namespace tapegrad

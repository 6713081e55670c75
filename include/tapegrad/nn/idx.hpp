// IDX files: images and their labels, as MNIST and its relatives come.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/dataset.hpp"

namespace tapegrad {

struct IdxOptions {
  /// How many classes there are; by default, one more than the greatest label in the file.
  std::optional<std::size_t> classes = std::nullopt;
};

/// Reads two IDX files: n images, and n labels. An image becomes a row of grey levels 0 to 255, in
/// the order of the file; scale(data, 1.0 / 255) brings them to 0..1.
///
/// The format: two bytes 0; a byte for the type of the numbers; a byte that says how many
/// dimensions there are; the size of each dimension in four bytes, the most significant first; then
/// the numbers, the last dimension running fastest. Only numbers of type 0x08, unsigned bytes, are
/// read. Images have one dimension or more, the first of which counts them; labels have one.
/// @throws FileError if a file cannot be read, or is no ordinary file;
///         ParseError naming the byte, counted from 0, if a header is none, or of another type;
///         if a file is compressed; if it is shorter or longer than its header says (nothing is
///         allocated then); if there are no images, or as many labels; or if a label is none of
///         options.classes;
///         ArgumentError if options.classes is 0
/// Source: LeCun, Cortes & Burges 1998, "The MNIST database of handwritten digits".
TAPEGRAD_API Dataset read_idx(const std::filesystem::path& images,
                              const std::filesystem::path& labels, const IdxOptions& options = {});

}  // namespace tapegrad

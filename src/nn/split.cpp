#include "tapegrad/nn/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/random.hpp"

namespace tapegrad {
namespace {

using Rows = std::vector<std::size_t>;

void append(std::vector<double>& numbers, std::span<const double> row) {
  numbers.insert(numbers.end(), row.begin(), row.end());
}

Dataset part_of(const Dataset& data, std::span<const std::size_t> rows) {
  Dataset part{.inputs = data.inputs, .classes = data.classes, .x = {}, .labels = {}};
  part.x.reserve(rows.size() * data.inputs);
  part.labels.reserve(rows.size());
  for (std::size_t row : rows) {
    append(part.x, data.row(row));
    part.labels.push_back(data.labels[row]);
  }
  return part;
}

Samples part_of(const Samples& data, std::span<const std::size_t> rows) {
  Samples part{.inputs = data.inputs, .targets = data.targets, .x = {}, .y = {}};
  part.x.reserve(rows.size() * data.inputs);
  part.y.reserve(rows.size() * data.targets);
  for (std::size_t row : rows) {
    append(part.x, data.row(row));
    append(part.y, data.target(row));
  }
  return part;
}

template <class Data>
ThreeWaySplit<Data> parts_of(const Data& data, const ThreeWaySplit<Rows>& rows) {
  return {.train = part_of(data, rows.train),
          .validation = part_of(data, rows.validation),
          .test = part_of(data, rows.test)};
}

void check_fractions(const char* function, const Fractions& fractions) {
  const auto& [validation, test] = fractions;
  if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
    throw ArgumentError(
        fmt::format("{}: {} to validate and {} to test; pass fractions from 0 whose sum is below 1",
                    function, validation, test));
  }
}

std::size_t share(double fraction, std::size_t count) {
  return static_cast<std::size_t>(std::llround(fraction * static_cast<double>(count)));
}

ThreeWaySplit<Rows> deal(std::size_t size, const Fractions& fractions, std::uint64_t seed) {
  check_fractions("split", fractions);
  const std::size_t test = share(fractions.test, size);
  const std::size_t validation = share(fractions.validation, size);
  const auto is_lost = [](double fraction, std::size_t count) {
    return fraction > 0 && count == 0;
  };
  if (is_lost(fractions.test, test) || is_lost(fractions.validation, validation) ||
      test + validation >= size) {
    throw ArgumentError(
        fmt::format("split: of {} samples {} go to validation and {} to test, which leaves a part "
                    "empty; pass other fractions",
                    size, validation, test));
  }
  const Rows order = Random(seed).permutation(size);
  const auto end_of_test = order.begin() + static_cast<std::ptrdiff_t>(test);
  const auto end_of_validation = end_of_test + static_cast<std::ptrdiff_t>(validation);
  return {.train = Rows(end_of_validation, order.end()),
          .validation = Rows(end_of_test, end_of_validation),
          .test = Rows(order.begin(), end_of_test)};
}

/// How many samples of a class each part still wants.
struct Wanted {
  std::size_t validation;
  std::size_t test;
};

Wanted wanted_of_class(std::size_t label, std::size_t count, const Fractions& fractions) {
  const auto at_least_one = [&](double fraction) {
    return fraction > 0 ? std::max<std::size_t>(share(fraction, count), 1) : 0;
  };
  const Wanted wanted{at_least_one(fractions.validation), at_least_one(fractions.test)};
  if (wanted.validation + wanted.test >= count) {
    throw ArgumentError(fmt::format(
        "stratified_split: class {} has {} samples; {} to validate with and {} to test with leave "
        "none to train with; bring more of them, or pass other fractions",
        label, count, wanted.validation, wanted.test));
  }
  return wanted;
}

}  // namespace

Split split(const Dataset& data, double test_fraction, std::uint64_t seed) {
  require_valid(data);
  if (!(test_fraction > 0 && test_fraction < 1)) {
    throw ArgumentError(
        fmt::format("split: test_fraction is {}; pass a number between 0 and 1", test_fraction));
  }
  auto parts = parts_of(data, deal(data.size(), {.test = test_fraction}, seed));
  return {.train = std::move(parts.train), .test = std::move(parts.test)};
}

ThreeWaySplit<Dataset> split(const Dataset& data, const Fractions& fractions, std::uint64_t seed) {
  require_valid(data);
  return parts_of(data, deal(data.size(), fractions, seed));
}

ThreeWaySplit<Samples> split(const Samples& data, const Fractions& fractions, std::uint64_t seed) {
  require_valid(data);
  return parts_of(data, deal(data.size(), fractions, seed));
}

ThreeWaySplit<Dataset> stratified_split(const Dataset& data, const Fractions& fractions,
                                        std::uint64_t seed) {
  require_every_class(data);
  check_fractions("stratified_split", fractions);
  std::vector<Wanted> wanted;
  for (std::size_t count : count_classes(data))
    wanted.push_back(wanted_of_class(wanted.size(), count, fractions));

  // In random order the first of each class go to test, the next to validation.
  ThreeWaySplit<Rows> rows;
  for (std::size_t row : Random(seed).permutation(data.size())) {
    auto& [validation, test] = wanted[data.labels[row]];
    if (test > 0) {
      --test;
      rows.test.push_back(row);
    } else if (validation > 0) {
      --validation;
      rows.validation.push_back(row);
    } else {
      rows.train.push_back(row);
    }
  }
  return parts_of(data, rows);
}

}  // namespace tapegrad

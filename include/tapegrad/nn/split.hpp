// Dealing samples out: some to train with, some to choose with, some to test with.
//
// Which sample goes where is drawn by a seed. The same seed deals alike on every machine.
#pragma once

#include <cstdint>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/dataset.hpp"

namespace tapegrad {

/// The parts of the samples that are kept back from training. A fraction of 0 leaves its part
/// empty.
struct Fractions {
  double validation = 0;  // to choose by: sizes, rates, when to stop
  double test = 0;        // to say at the end how good it became
};

/// A data set in two parts.
struct Split {
  Dataset train;
  Dataset test;
};

/// Three sets, each a Dataset or Samples.
template <class Data> struct ThreeWaySplit {
  Data train;
  Data validation;
  Data test;
};

/// Deals the samples out in random order: round(test_fraction * size()) of them to `test`, the
/// others to `train`.
/// @throws ArgumentError unless 0 < test_fraction < 1 and both parts get a sample; as
///         require_valid()
TAPEGRAD_API Split split(const Dataset& data, double test_fraction, std::uint64_t seed);

/// Deals the samples out in random order: round(fraction * size()) to test and validation, the
/// others to train. Without validation, train and test are those of the function above.
/// @throws ArgumentError unless the fractions are >= 0 and their sum is < 1, and each part that
///         has a fraction, and train, get a sample; as require_valid()
TAPEGRAD_API ThreeWaySplit<Dataset> split(const Dataset& data, const Fractions& fractions,
                                          std::uint64_t seed);
TAPEGRAD_API ThreeWaySplit<Samples> split(const Samples& data, const Fractions& fractions,
                                          std::uint64_t seed);

/// The same for each class by itself, so that every part has its share of every class: of a class
/// of n samples round(fraction * n) go to test and to validation, but at least 1 where the fraction
/// is not 0, and the others to train. So a part may differ from its fraction of the whole by half a
/// sample a class, and more where classes are tiny. In each part the classes are mixed.
/// @throws ArgumentError naming the class if it has no sample, fewer samples than there are parts,
///         or none left for training; or for fractions as above; as require_valid()
TAPEGRAD_API ThreeWaySplit<Dataset> stratified_split(const Dataset& data,
                                                     const Fractions& fractions,
                                                     std::uint64_t seed);

}  // namespace tapegrad

#include "tapegrad/nn/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

#include "tapegrad/core/error.hpp"

using tapegrad::ArgumentError;
using tapegrad::Random;
using tapegrad::SavedState;
using tapegrad::ShapeError;

TEST_CASE("the generator gives the numbers of the published algorithm") {
  // Computed by a separate program from the authors' xoshiro256starstar.c and splitmix64.c.
  struct Row {
    std::uint64_t seed;
    std::array<std::uint64_t, 5> numbers;
  };
  const std::array rows = {
      Row{0,
          {11091344671253066420u, 13793997310169335082u, 1900383378846508768u, 7684712102626143532u,
           13521403990117723737u}},
      Row{42,
          {1546998764402558742u, 6990951692964543102u, 12544586762248559009u, 17057574109182124193u,
           18295552978065317476u}},
      Row{18446744073709551615u,
          {10328197420357168392u, 14156678507024973869u, 9357971779955476126u,
           13791585006304312367u, 10463432026814718762u}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.seed);
    Random random(row.seed);
    for (std::uint64_t number : row.numbers) CHECK(random.next() == number);
  }
}

TEST_CASE("the distributions give fixed numbers for a fixed seed") {
  // From the same separate program. uniform() and permutation() are exact everywhere; normal()
  // passes through std::log, of which we ask for a few units in the last place.
  Random uniform(42);
  CHECK(uniform.uniform() == 0.08386297105988216);
  CHECK(uniform.uniform() == 0.3789802506626686);
  CHECK(uniform.uniform() == 0.6800434110281394);

  Random normal(42);
  for (double expected :
       {-0.7262191382447857, 0.2216227015035933, 0.46417731016247366, 1.476249461018415})
    CHECK(normal.normal() == doctest::Approx(expected).epsilon(1e-15));

  CHECK(Random(7).permutation(8) == std::vector<std::size_t>{1, 3, 7, 5, 4, 0, 6, 2});
}

TEST_CASE("a copy goes on with the same numbers, another seed gives others") {
  Random first(1);
  first.next();
  Random copy = first;
  Random other(2);
  int equal = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t number = first.next();
    CHECK(copy.next() == number);
    equal += other.next() == number ? 1 : 0;
  }
  CHECK(equal == 0);
}

TEST_CASE("a generator that is given another's state goes on with its numbers") {
  Random first(1);
  for (int i = 0; i < 7; ++i) first.normal();
  Random second(2);
  second.restore(first.state());
  CHECK(second.state() == first.state());
  for (int i = 0; i < 100; ++i) CHECK(second.next() == first.next());
}

TEST_CASE("the state holds xoshiro's four words") {
  // From the published algorithm: the words 1, 2, 3, 4 give rotl(2 · 5, 7) · 9 = 11520.
  Random random(0);
  random.restore({{"words", std::vector<std::uint64_t>{1, 2, 3, 4}}});
  CHECK(random.next() == 11520);
}

TEST_CASE("a state that no generator can have is refused, and changes nothing") {
  Random random(1);
  const SavedState before = random.state();
  CHECK_THROWS_AS(random.restore({}), ArgumentError);
  CHECK_THROWS_AS(random.restore({{"word", std::vector<std::uint64_t>{1, 2, 3, 4}}}),
                  ArgumentError);
  CHECK_THROWS_AS(random.restore({{"words", std::vector{1.0, 2.0, 3.0, 4.0}}}), ArgumentError);
  CHECK_THROWS_WITH_AS(random.restore({{"words", std::vector<std::uint64_t>{1, 2, 3}}}),
                       "Random::restore: 'words' has 3 numbers; it should have 4", ShapeError);
  CHECK_THROWS_WITH_AS(random.restore({{"words", std::vector<std::uint64_t>{0, 0, 0, 0}}}),
                       "Random::restore: all words are 0, which is no state of a generator",
                       ArgumentError);
  CHECK(random.state() == before);
}

TEST_CASE("uniform fills [0, 1) evenly") {
  Random random(3);
  constexpr int draws = 100'000;
  constexpr int bins = 50;
  std::array<int, bins> counts{};
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double u = random.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
    squares += u * u;
    ++counts[static_cast<std::size_t>(u * bins)];
  }
  // Five standard errors: 1/sqrt(12 N) for the mean, sqrt(4/45 / N) for the second moment.
  CHECK(std::abs(sum / draws - 0.5) < 5 / std::sqrt(12.0 * draws));
  CHECK(std::abs(squares / draws - 1.0 / 3) < 5 * std::sqrt(4.0 / 45 / draws));
  const double expected = static_cast<double>(draws) / bins;
  double chi_squared = 0;
  for (int count : counts) chi_squared += (count - expected) * (count - expected) / expected;
  CHECK(chi_squared < 85.4);  // 99.9 % quantile for 49 degrees of freedom
  CHECK(chi_squared > 23.9);  // its 0.1 % quantile: more even than chance is wrong as well
}

TEST_CASE("uniform(low, high) stays between its bounds and reaches near both") {
  Random random(4);
  double least = 10;
  double greatest = -10;
  for (int i = 0; i < 10'000; ++i) {
    const double u = random.uniform(-3, 5);
    least = std::min(least, u);
    greatest = std::max(greatest, u);
  }
  CHECK(least >= -3);
  CHECK(least < -2.98);
  CHECK(greatest <= 5);
  CHECK(greatest > 4.98);
  CHECK(random.uniform(2, 2) == 2);
}

TEST_CASE("uniform(low, high) refuses bounds that are no interval") {
  Random random(4);
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double max = std::numeric_limits<double>::max();
  CHECK_THROWS_WITH_AS(random.uniform(2, 1),
                       "Random::uniform: cannot draw between 2 and 1; pass finite bounds, the "
                       "lower one first",
                       ArgumentError);
  CHECK_THROWS_AS(random.uniform(nan, 1), ArgumentError);
  CHECK_THROWS_AS(random.uniform(0, nan), ArgumentError);
  CHECK_THROWS_AS(random.uniform(0, inf), ArgumentError);
  CHECK_THROWS_AS(random.uniform(-max, max), ArgumentError);
}

TEST_CASE("normal has the moments and the tails of the standard normal distribution") {
  Random random(5);
  constexpr int draws = 200'000;
  std::array<double, 5> moments{};
  int within_one = 0;
  int beyond_three = 0;
  for (int i = 0; i < draws; ++i) {
    const double z = random.normal();
    double power = 1;
    for (double& moment : moments) {
      moment += power / draws;
      power *= z;
    }
    within_one += std::abs(z) < 1 ? 1 : 0;
    beyond_three += std::abs(z) > 3 ? 1 : 0;
  }
  // Five standard errors: the variances of z, z^2, z^3, z^4 are 1, 2, 15, 96.
  CHECK(std::abs(moments[1]) < 5 * std::sqrt(1.0 / draws));
  CHECK(std::abs(moments[2] - 1) < 5 * std::sqrt(2.0 / draws));
  CHECK(std::abs(moments[3]) < 5 * std::sqrt(15.0 / draws));
  CHECK(std::abs(moments[4] - 3) < 5 * std::sqrt(96.0 / draws));
  CHECK(within_one / static_cast<double>(draws) == doctest::Approx(0.6827).epsilon(0.01));
  CHECK(beyond_three / static_cast<double>(draws) == doctest::Approx(0.0027).epsilon(0.2));
}

TEST_CASE("below(n) gives each of its numbers equally often") {
  Random random(6);
  for (std::size_t n : {1u, 2u, 7u, 10u}) {
    CAPTURE(n);
    constexpr int draws = 70'000;
    std::vector<int> counts(n);
    for (int i = 0; i < draws; ++i) ++counts.at(random.below(n));
    const double share = 1.0 / static_cast<double>(n);
    for (int count : counts)
      CHECK(std::abs(count - draws * share) <= 5 * std::sqrt(draws * share * (1 - share)));
  }
}

TEST_CASE("below(n) is unbiased where n does not divide the generator's range") {
  // With n = 3/4 of 2^64, a plain remainder would give the lower third twice as often.
  Random random(6);
  const std::size_t quarter = std::numeric_limits<std::size_t>::max() / 4 + 1;
  const std::size_t n = 3 * quarter;
  int lower_third = 0;
  constexpr int draws = 30'000;
  for (int i = 0; i < draws; ++i) lower_third += random.below(n) < quarter ? 1 : 0;
  CHECK(std::abs(lower_third - draws / 3.0) < 5 * std::sqrt(draws * 2.0 / 9));
}

TEST_CASE("below(0) is an error") {
  Random random(6);
  CHECK_THROWS_WITH_AS(random.below(0), "Random::below: there is no number below 0; pass n > 0",
                       ArgumentError);
}

TEST_CASE("a permutation holds each index once") {
  Random random(8);
  for (std::size_t n : {0u, 1u, 2u, 100u}) {
    CAPTURE(n);
    std::vector<std::size_t> order = random.permutation(n);
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> indices(n);
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    CHECK(order == indices);
  }
}

TEST_CASE("every arrangement of three items is equally likely") {
  Random random(9);
  std::map<std::vector<std::size_t>, int> counts;
  constexpr int draws = 60'000;
  for (int i = 0; i < draws; ++i) {
    std::vector<std::size_t> items = {10, 20, 30};
    random.shuffle(items);
    ++counts[items];
  }
  REQUIRE(counts.size() == 6);
  for (const auto& entry : counts)
    CHECK(std::abs(entry.second - draws / 6.0) < 5 * std::sqrt(draws * 5.0 / 36));
}

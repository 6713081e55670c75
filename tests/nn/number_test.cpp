// A number as a text: the standard library's way, and ours for libraries without it.

#include "files/number.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <system_error>

using namespace tapegrad;

namespace {

struct Row {
  std::string text;
  std::errc error;
  double number;
};

const Row rows[] = {
    {"0", {}, 0},
    {"-0.0", {}, -0.0},
    {"12", {}, 12},
    {"-1.5e-3", {}, -1.5e-3},
    {"1E+3", {}, 1e3},
    {".5", {}, 0.5},
    {"5.", {}, 5},
    {"inf", {}, INFINITY},
    {"-Infinity", {}, -INFINITY},
    {"NaN", {}, NAN},
    {"4.9e-324", {}, 4.9e-324},  // the smallest of all
    {"2.5e-310", {}, 2.5e-310},  // with fewer digits than others
    {"1.7976931348623157e308", {}, std::numeric_limits<double>::max()},
    {"1e309", std::errc::result_out_of_range, 0},
    {"-1e999", std::errc::result_out_of_range, 0},
    {"1e-400", std::errc::result_out_of_range, 0},
    {"", std::errc::invalid_argument, 0},
    {"+1", std::errc::invalid_argument, 0},
    {"-+1", std::errc::invalid_argument, 0},
    {" 1", std::errc::invalid_argument, 0},
    {"1 ", std::errc::invalid_argument, 0},
    {"1,5", std::errc::invalid_argument, 0},
    {"1.5.2", std::errc::invalid_argument, 0},
    {"0x10", std::errc::invalid_argument, 0},
    {"e5", std::errc::invalid_argument, 0},
    {"1e", std::errc::invalid_argument, 0},
    {"-", std::errc::invalid_argument, 0},
    {".", std::errc::invalid_argument, 0},
    {"infinite", std::errc::invalid_argument, 0},
    {std::string("1\0", 2), std::errc::invalid_argument, 0},
};

bool are_same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

void check_row(const Row& row, std::errc error, double number) {
  CAPTURE(row.text);
  CHECK(error == row.error);
  if (row.error == std::errc()) CHECK(are_same(number, row.number));
}

void check_rows() {
  for (const Row& row : rows) {
    double number = 0;
    const std::errc error = read_number(row.text, number);
    check_row(row, error, number);
    const std::errc error_of_strtod = read_number_with_strtod(row.text, number);
    check_row(row, error_of_strtod, number);
  }
}

}  // namespace

TEST_CASE("a text is a number, none, or one that no double is near") { check_rows(); }

TEST_CASE("a locale with a decimal comma changes nothing about numbers in texts") {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  bool is_found = false;
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8"})
    is_found = is_found || std::setlocale(LC_NUMERIC, name) != nullptr;
  if (!is_found) MESSAGE("no such locale is installed");
  check_rows();
  std::setlocale(LC_NUMERIC, before.c_str());
}

TEST_CASE("every double comes back from its 17 digits, both ways") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    char text[64];
    std::snprintf(text, sizeof text, "%.17g", number);
    CAPTURE(text);
    double read = 0;
    CHECK(read_number(text, read) == std::errc());
    CHECK(are_same(read, number));
    CHECK(read_number_with_strtod(text, read) == std::errc());
    CHECK(are_same(read, number));
  }
}

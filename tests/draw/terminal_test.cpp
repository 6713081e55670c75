#include "tapegrad/draw/terminal.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>
#endif

#include "files/pseudo_terminal.hpp"
#include "tapegrad/core/error.hpp"

using namespace tapegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double greatest = std::numeric_limits<double>::max();

using Numbers = std::vector<double>;

#ifndef _WIN32
/// A variable of the environment, put back as it was.
class Variable {
 public:
  explicit Variable(const char* name) : name_(name) {
    if (const char* text = std::getenv(name)) before_ = text;
  }
  ~Variable() {
    if (before_)
      setenv(name_, before_->c_str(), 1);
    else
      unsetenv(name_);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// Standard output leads elsewhere while it lives.
class Output {
 public:
  explicit Output(const char* path) {
    std::fflush(stdout);
    before_ = dup(STDOUT_FILENO);
    const int file = open(path, O_WRONLY | O_NOCTTY);
    dup2(file, STDOUT_FILENO);
    close(file);
  }
  ~Output() {
    std::fflush(stdout);
    dup2(before_, STDOUT_FILENO);
    close(before_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

 private:
  int before_;
};
#endif

}  // namespace

TEST_CASE("a sparkline goes from the first number to the last") {
  CHECK(sparkline(Numbers{0, 1, 2, 3, 4, 5, 6, 7}) == "0 ▁▂▃▄▅▆▇█ 7");
  CHECK(sparkline(Numbers{2, 1.5, 1}) == "2 █▅▁ 1");
  CHECK(sparkline(Numbers{5}) == "5 ▅ 5");
  CHECK(sparkline(Numbers{5, 5, 5}) == "5 ▅▅▅ 5");
  CHECK(sparkline(Numbers{}) == "");
}

TEST_CASE("a sparkline over two decades is logarithmic, if not asked otherwise") {
  CHECK(sparkline(Numbers{100, 10, 1}) == "100 █▅▁ 1 (log)");
  CHECK(sparkline(Numbers{100, 10, 1}, {.scale = Scale::linear}) == "100 █▂▁ 1");
  CHECK(sparkline(Numbers{100, 10, 0}) == "100 █▂▁ 0");
  CHECK(sparkline(Numbers{4, 0, 2, 1}, {.scale = Scale::logarithmic}) == "4 █×▅▁ 1 (log)");
}

TEST_CASE("each block is the mean of what it stands for") {
  CHECK(sparkline(Numbers{0, 2, 3, 5}, {.width = 2}) == "0 ▁█ 5");
  CHECK(sparkline(Numbers{0, not_a_number, 2, 4, 8, 8}, {.width = 3}) == "0 ▁▄█ 8");  // 0, 3, 8
  const Numbers many(100'000, 1.0);
  CHECK(sparkline(many, {.width = 3}) == "1 ▅▅▅ 1");
  CHECK_THROWS_WITH_AS(sparkline(many, {.width = 0}), "sparkline: the width is 0; pass at least 1",
                       ArgumentError);
}

TEST_CASE("a sparkline shows where there is no number, and does not overflow") {
  CHECK(sparkline(Numbers{1, -not_a_number, 2, infinity}) == "1 ▁×█× inf");
  CHECK(sparkline(Numbers{not_a_number, not_a_number}) == "nan ×× nan");
  CHECK(sparkline(Numbers{-greatest, greatest, 0}) == "-1.79769e+308 ▁█▅ 0");
  CHECK(sparkline(Numbers(4, greatest), {.width = 1}) == "1.79769e+308 ▅ 1.79769e+308");
}

TEST_CASE("a heat map without colours has shades by size, and signs") {
  CHECK(heat_map(Numbers{0, 1, 2, 3, 4, -1}, 2, 3, {.colors = Colors::never}) ==
        " · ░ ▒\n"
        " ▓ █-░\n"
        "-4 -█-▓-▒-░ · ░ ▒ ▓ █ 4\n");
  CHECK(heat_map(Numbers{not_a_number, infinity, -infinity, 0.001}, 1, 4,
                 {.colors = Colors::never}) ==
        "??+∞-∞ █\n"
        "-0.001 -█-▓-▒-░ · ░ ▒ ▓ █ 0.001\n");
  CHECK(heat_map(Numbers{0, -0.0}, 1, 2, {.colors = Colors::never}) == " · ·\n · 0\n");
  CHECK(heat_map(Numbers{greatest, -greatest}, 1, 2, {.colors = Colors::never})
            .starts_with(" █-█\n"));
}

TEST_CASE("of a large matrix a block shows the largest number that it stands for") {
  CHECK(heat_map(Numbers{1, -4, 0, 0,            //
                         1, 1, not_a_number, 2,  //
                         2, 1, 0, 1},
                 3, 4, {.most_rows = 2, .most_columns = 2, .colors = Colors::never}) ==
        "-█??\n"
        " ▒ ░\n"
        "-4 -█-▓-▒-░ · ░ ▒ ▓ █ 4\n"
        "3 × 4 numbers: a block shows the largest of those it stands for\n");
}

TEST_CASE("a heat map in colours has blue for negative and orange for positive") {
  const std::string text = heat_map(Numbers{-1, 1, not_a_number}, 1, 3, {.colors = Colors::always});
  CHECK(
      text.starts_with("\x1b[38;2;0;0;0;48;2;103;176;249m  \x1b[0m"
                       "\x1b[38;2;0;0;0;48;2;229;151;76m  \x1b[0m"
                       "\x1b[38;2;0;0;0;48;2;240;128;184m??\x1b[0m\n-1 "));
  CHECK(text.ends_with("\x1b[0m 1\n"));
}

TEST_CASE("wrong sizes of a matrix are refused") {
  CHECK_THROWS_WITH_AS(heat_map(Numbers{1, 2, 3}, 2, 2),
                       "heat_map: 3 numbers for 2 rows of 2; pass one for each place", ShapeError);
  CHECK_THROWS_AS(heat_map(Numbers{}, 0, 0), ShapeError);
  CHECK_THROWS_AS(heat_map(Numbers{}, 0, 3), ShapeError);
  const std::size_t half = std::size_t{1} << (8 * sizeof(std::size_t) - 1);  // 2 * half is 0
  CHECK_THROWS_AS(heat_map(Numbers{}, 2, half), ShapeError);
  CHECK_THROWS_AS(heat_map(Numbers{1}, 1, 1, {.most_rows = 0}), ArgumentError);
  CHECK_THROWS_AS(heat_map(Numbers{1}, 1, 1, {.most_columns = 0}), ArgumentError);
}

#ifndef _WIN32
TEST_CASE("colours are for a terminal that does not refuse them") {
  const testing::PseudoTerminal pseudo_terminal;
  if (pseudo_terminal.path().empty()) {
    MESSAGE("no pseudo-terminal here: this test is left out");
    return;
  }
  const Variable no_color("NO_COLOR"), term("TERM");
  const auto is_colored = [](const char* path) {
    const Output output(path);
    return heat_map(Numbers{1}, 1, 1).find('\x1b') != std::string::npos;
  };
  const std::string terminal = pseudo_terminal.path();
  unsetenv("NO_COLOR");
  setenv("TERM", "xterm", 1);
  CHECK(is_colored(terminal.c_str()));
  CHECK_FALSE(is_colored("/dev/null"));
  setenv("NO_COLOR", "", 1);
  CHECK(is_colored(terminal.c_str()));
  setenv("NO_COLOR", "0", 1);  // its value does not matter
  CHECK_FALSE(is_colored(terminal.c_str()));
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  CHECK_FALSE(is_colored(terminal.c_str()));
}
#endif

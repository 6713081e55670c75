#include "tapegrad/version.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

TEST_CASE("the build, the headers and the library are of one version") {
  CHECK(fmt::format("{}.{}.{}", TAPEGRAD_VERSION_MAJOR, TAPEGRAD_VERSION_MINOR,
                    TAPEGRAD_VERSION_PATCH) == TAPEGRAD_TEST_PROJECT_VERSION);
  CHECK(tapegrad::library_version() == TAPEGRAD_VERSION);
}

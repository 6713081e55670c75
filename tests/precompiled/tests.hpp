// What most tests include, compiled once for all tests of a layer, and nothing of tapegrad's: a
// layer's tests see no names of those above. They include it themselves, too: a build with
// -Db_pch=false tells.
// No #pragma once: g++ warns of it where nobody includes.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

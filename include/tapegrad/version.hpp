// The version of these headers, and of the library that a program runs with.
//
// Versions follow semver.org. Before 1.0 every minor version may change the interface, as source
// and as binary: the library's soname, libtapegrad.so.0.1, names both numbers. From 1.0 on only a
// major version does.
#pragma once

#include "tapegrad/export.hpp"

#define TAPEGRAD_VERSION_MAJOR 0
#define TAPEGRAD_VERSION_MINOR 1
#define TAPEGRAD_VERSION_PATCH 0

/// 10000 * major + 100 * minor + patch: #if TAPEGRAD_VERSION >= 10200 asks for 1.2.0 or later.
#define TAPEGRAD_VERSION \
  (TAPEGRAD_VERSION_MAJOR * 10000 + TAPEGRAD_VERSION_MINOR * 100 + TAPEGRAD_VERSION_PATCH)

namespace tapegrad {

/// TAPEGRAD_VERSION of the library, where that of the macro is the headers'. If they differ, the
/// program was compiled for another version than it runs with.
TAPEGRAD_API int library_version() noexcept;

}  // namespace tapegrad

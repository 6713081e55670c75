// The debug information of the running program (DWARF), read with elfutils' libdw.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tapegrad/core/observer.hpp"

namespace tapegrad {

/// Keeps what it has read. One thread at a time.
class DebugInfo {
 public:
  DebugInfo();
  ~DebugInfo();
  DebugInfo(const DebugInfo&) = delete;
  DebugInfo& operator=(const DebugInfo&) = delete;

  /// The functions of which the instruction at that address is a part: those inlined there from the
  /// innermost on, then the one that was called; each with the place in it. Empty if nothing is
  /// known. Where there is a symbol only: that function, without file and line.
  std::vector<Location> frames(std::uintptr_t address);

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

/// Was the library built with it?
bool has_debug_info();

}  // namespace tapegrad

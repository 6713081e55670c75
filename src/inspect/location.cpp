// From an address to a place: the debug information's frames first, else the linker's symbol.

#include "tapegrad/inspect/location.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "debug_info.hpp"
#include "function_name.hpp"

#if __has_include(<dlfcn.h>)
#include <dlfcn.h>
#define TAPEGRAD_HAS_DLADDR 1
#else
#define TAPEGRAD_HAS_DLADDR 0
#endif

namespace tapegrad {
namespace {

std::string_view last_component(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);  // npos + 1 is 0
}

// Is it .../tapegrad/LAYER/....hpp?
bool is_own_header(std::string_view file) {
  constexpr std::string_view folder = "tapegrad/";
  constexpr std::array<std::string_view, 7> layers = {"core",    "ops", "derivatives", "inspect",
                                                      "program", "nn",  "draw"};
  const std::size_t begin = file.rfind(folder);
  if (begin == std::string_view::npos || !file.ends_with(".hpp")) return false;
  const std::string_view rest = file.substr(begin + folder.size());
  return std::ranges::find(layers, rest.substr(0, rest.find('/'))) != layers.end();
}

std::optional<Location> by_symbol([[maybe_unused]] std::uintptr_t address) {
#if TAPEGRAD_HAS_DLADDR
  Dl_info found{};
  if (dladdr(reinterpret_cast<const void*>(address), &found) != 0 && found.dli_sname != nullptr)
    return Location{.file = "", .line = 0, .function = function_name(found.dli_sname)};
#endif
  return std::nullopt;
}

// What was looked up, and what it was looked up in. Lives until the end of the process.
class Locator {
 public:
  std::optional<Location> locate(const void* caller) {
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = known_.try_emplace(caller);
    if (is_new) {
      try {
        // The call itself stands before the address that it returns to.
        entry->second = look_up(reinterpret_cast<std::uintptr_t>(caller) - 1);
      } catch (...) {
        known_.erase(entry);
        throw;
      }
    }
    return entry->second;
  }

 private:
  std::optional<Location> look_up(std::uintptr_t address) {
    std::vector<Location> frames = debug_info_.frames(address);
    if (frames.empty()) return by_symbol(address);
    for (Location& frame : frames)
      if (!is_own(frame.file)) return std::move(frame);
    return std::move(frames.back());
  }

  bool is_own(const std::string& file) {
    if (!sources_) sources_ = find_sources();
    return is_own_header(file) || (!sources_->empty() && file.starts_with(*sources_));
  }

  // The folder src of tapegrad, as this file's own debug information has it: a user may have a
  // src/core, too. Empty if there is none, and then no other file of the library has any.
  std::string find_sources() {
    constexpr std::string_view name = "inspect/location.cpp";
    const auto frames = debug_info_.frames(reinterpret_cast<std::uintptr_t>(&by_symbol));
    if (frames.empty() || !frames.back().file.ends_with(name)) return "";
    return frames.back().file.substr(0, frames.back().file.size() - name.size());
  }

  std::mutex mutex_;
  std::unordered_map<const void*, std::optional<Location>> known_;
  std::optional<std::string> sources_;
  DebugInfo debug_info_;
};

}  // namespace

std::optional<Location> locate(const void* caller) {
  static Locator& locator = *new Locator;  // never destroyed: others may ask until the very end
  if (caller == nullptr) return std::nullopt;
  return locator.locate(caller);
}

std::optional<Location> location(const Node& node) {
  const void* const caller = node.tape().caller(node.index());
  if (caller == nullptr) return std::nullopt;
  // On a tape from a file, a place in the list of locations; no code is at so low an address.
  const auto& known = node.tape().watch()->locations;
  const auto place = reinterpret_cast<std::uintptr_t>(caller);
  return place <= known.size() ? known[place - 1] : locate(caller);
}

bool has_source_lines() { return has_debug_info(); }

std::string to_string(const Location& location) {
  std::string text(last_component(location.file));
  if (!text.empty() && location.line != 0) text += fmt::format(":{}", location.line);
  if (location.function.empty()) return text;
  return text.empty() ? location.function : text + " in " + location.function;
}

}  // namespace tapegrad

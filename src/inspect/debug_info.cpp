#include "debug_info.hpp"

#if defined(TAPEGRAD_HAS_LIBDW)

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "debug_scopes.hpp"
#include "function_name.hpp"

namespace tapegrad {
namespace {

namespace fs = std::filesystem;

// By build id, or beside the program. libdw's standard search would go on to ask servers.
int find_debug_file(Dwfl_Module* module, void** data, const char* name, Dwarf_Addr base,
                    const char* file, const char* link, GElf_Word checksum, char** found) {
  const int by_id =
      dwfl_build_id_find_debuginfo(module, data, name, base, file, link, checksum, found);
  if (by_id >= 0 || file == nullptr || link == nullptr) return by_id;
  const fs::path folder = fs::path(file).parent_path();
  for (const fs::path& path : {folder / link, folder / ".debug" / link}) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) return descriptor;
  }
  return -1;
}

constexpr Dwfl_Callbacks callbacks{.find_elf = dwfl_linux_proc_find_elf,
                                   .find_debuginfo = find_debug_file,
                                   .section_address = nullptr,
                                   .debuginfo_path = nullptr};

// A file of the unit: a relative one is in the folder that the compiler ran in.
std::string whole_path(const char* file, Dwarf_Die& unit) {
  if (file == nullptr) return "";
  Dwarf_Attribute attribute;
  const char* const folder = dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute));
  return (fs::path(folder == nullptr ? "" : folder) / file).lexically_normal().string();
}

std::size_t number(Dwarf_Die& entry, unsigned attribute_name) {
  Dwarf_Attribute attribute;
  Dwarf_Word word = 0;
  if (dwarf_attr(&entry, attribute_name, &attribute) == nullptr) return 0;
  return dwarf_formudata(&attribute, &word) == 0 ? word : 0;
}

// From where the inlined function `call` is called.
void step_out(Dwarf_Die& unit, Dwarf_Die& call, Location& place) {
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  const std::size_t file = number(call, DW_AT_call_file);
  const bool is_known = dwarf_getsrcfiles(&unit, &files, &count) == 0 && file < count;
  place.file = is_known ? whole_path(dwarf_filesrc(files, file, nullptr, nullptr), unit) : "";
  place.line = number(call, DW_AT_call_line);
}

}  // namespace

struct DebugInfo::Session {
  Dwfl* dwfl = dwfl_begin(&callbacks);
  ScopeNames names;

  ~Session() { dwfl_end(dwfl); }

  // The modules are those of now: libraries come and go.
  void report() const {
    dwfl_report_begin_add(dwfl);
    dwfl_linux_proc_report(dwfl, getpid());
    dwfl_report_end(dwfl, nullptr, nullptr);
  }

  Dwfl_Module* module_at(Dwarf_Addr address) const {
    if (dwfl == nullptr) return nullptr;
    if (Dwfl_Module* const module = known_module_at(address)) return module;
    report();
    return known_module_at(address);
  }

  // libdw also gives a module that ends just before the address.
  Dwfl_Module* known_module_at(Dwarf_Addr address) const {
    Dwfl_Module* const module = dwfl_addrmodule(dwfl, address);
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    if (module != nullptr)
      dwfl_module_info(module, nullptr, &begin, &end, nullptr, nullptr, nullptr, nullptr);
    return begin <= address && address < end ? module : nullptr;
  }

  // Its unit. The table of addresses may lack units (clang writes none), and then names another.
  static Dwarf_Die* unit_at(Dwfl_Module* module, Dwarf_Addr address, Dwarf_Addr& bias) {
    Dwarf_Die* unit = dwfl_module_addrdie(module, address, &bias);
    if (unit != nullptr && dwarf_haspc(unit, address - bias) == 1) return unit;
    unit = nullptr;
    while ((unit = dwfl_module_nextcu(module, unit, &bias)) != nullptr)
      if (dwarf_haspc(unit, address - bias) == 1) return unit;
    return nullptr;
  }

  std::vector<Location> frames(Dwfl_Module* module, Dwarf_Addr address) {
    Dwarf_Addr bias = 0;
    Dwarf_Die* const unit = unit_at(module, address, bias);
    if (unit == nullptr) return {};
    Location place;
    if (Dwarf_Line* const line = dwarf_getsrc_die(unit, address - bias)) {
      int number_of_line = 0;
      dwarf_lineno(line, &number_of_line);
      place.file = whole_path(dwarf_linesrc(line, nullptr, nullptr), *unit);
      place.line = static_cast<std::size_t>(number_of_line);
    }
    std::vector<Location> found;
    for (Dwarf_Die function : names.unit(inner_unit(*unit)).functions_at(address - bias)) {
      place.function = names.name_of(function);
      found.push_back(place);
      step_out(*unit, function, place);
    }
    return found;
  }

  // With -gsplit-dwarf the unit is a stub, and the functions are in a file beside it.
  static Dwarf_Die inner_unit(Dwarf_Die unit) {
    Dwarf_Die split{};
    const int known =
        dwarf_cu_info(unit.cu, nullptr, nullptr, nullptr, &split, nullptr, nullptr, nullptr);
    return known == 0 && split.addr != nullptr ? split : unit;
  }
};

DebugInfo::DebugInfo() : session_(std::make_unique<Session>()) {}
DebugInfo::~DebugInfo() = default;

std::vector<Location> DebugInfo::frames(std::uintptr_t address) {
  Dwfl_Module* const module = session_->module_at(address);
  if (module == nullptr) return {};
  std::vector<Location> found = session_->frames(module, address);
  if (!found.empty()) return found;
  const char* const symbol = dwfl_module_addrname(module, address);
  if (symbol != nullptr)
    found.push_back({.file = "", .line = 0, .function = function_name(symbol)});
  return found;
}

bool has_debug_info() { return true; }

}  // namespace tapegrad

#else

namespace tapegrad {

struct DebugInfo::Session {};
DebugInfo::DebugInfo() = default;
DebugInfo::~DebugInfo() = default;
std::vector<Location> DebugInfo::frames(std::uintptr_t) { return {}; }
bool has_debug_info() { return false; }

}  // namespace tapegrad

#endif

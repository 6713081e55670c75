// The functions of one compilation unit in DWARF: which are where, and how they are called.
#pragma once

#if defined(TAPEGRAD_HAS_LIBDW)

#include <elfutils/libdw.h>

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace tapegrad {

/// Made by one walk over the unit. libdw's own dwarf_getscopes() walks at each question.
class UnitScopes {
 public:
  explicit UnitScopes(Dwarf_Die unit);

  /// The functions around an address of the unit, as inlined: innermost first.
  std::vector<Dwarf_Die> functions_at(Dwarf_Addr address) const;

 private:
  friend class ScopeNames;

  static constexpr std::uint32_t none = UINT32_MAX;

  // A function, inlined call, class or namespace.
  struct Scope {
    Dwarf_Die entry;
    std::uint32_t parent;  // in scopes_; none at the top
    std::uint32_t depth;
  };
  struct Range {
    Dwarf_Addr begin;
    Dwarf_Addr end;
    std::uint32_t scope;
  };

  void visit_children(Dwarf_Die& entry, std::uint32_t parent, std::uint32_t depth);
  void add(const Dwarf_Die& entry, std::uint32_t parent, std::uint32_t depth);

  std::vector<Scope> scopes_;
  std::vector<Range> ranges_;
  std::unordered_map<Dwarf_Off, std::uint32_t> by_offset_;
};

/// All units that were looked at.
class ScopeNames {
 public:
  const UnitScopes& unit(Dwarf_Die unit);

  /// The function's name with its namespaces, classes and functions: "loss::softmax".
  std::string name_of(Dwarf_Die function);

 private:
  std::string path_of(Dwarf_Die described);

  std::map<const void*, UnitScopes> units_;  // by Dwarf_CU
};

}  // namespace tapegrad

#endif

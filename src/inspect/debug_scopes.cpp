#include "debug_scopes.hpp"

#if defined(TAPEGRAD_HAS_LIBDW)

#include <dwarf.h>

#include <string_view>

#include "function_name.hpp"

namespace tapegrad {
namespace {

bool is_function(int tag) { return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine; }

bool is_class(int tag) {
  return tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

// What may have functions in it, and has no name that matters.
bool is_transparent(int tag) {
  return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

// An instance of a function, or its definition outside of its class, says where it is described.
Dwarf_Die description_of(Dwarf_Die function) {
  constexpr int longest_chain = 8;
  for (int step = 0; step < longest_chain; ++step) {
    Dwarf_Attribute attribute;
    Dwarf_Die next;
    if (dwarf_attr(&function, DW_AT_abstract_origin, &attribute) == nullptr &&
        dwarf_attr(&function, DW_AT_specification, &attribute) == nullptr)
      break;
    if (dwarf_formref_die(&attribute, &next) == nullptr) break;
    function = next;
  }
  return function;
}

// The entry's own name; empty where there is none to show.
std::string_view own_name(Dwarf_Die& entry) {
  const char* const text = dwarf_diename(&entry);
  const std::string_view name = text == nullptr ? "" : text;
  const bool is_lambda = is_class(dwarf_tag(&entry)) && (name.empty() || name.starts_with('<'));
  return is_lambda ? "lambda" : without_template_arguments(name);
}

}  // namespace

// ---- UnitScopes ----

UnitScopes::UnitScopes(Dwarf_Die unit) { visit_children(unit, none, 0); }

void UnitScopes::add(const Dwarf_Die& entry, std::uint32_t parent, std::uint32_t depth) {
  Dwarf_Die copy = entry;
  const auto place = static_cast<std::uint32_t>(scopes_.size());
  scopes_.push_back({entry, parent, depth});
  if (!is_function(dwarf_tag(&copy))) return;
  by_offset_.emplace(dwarf_dieoffset(&copy), place);
  Dwarf_Addr base = 0;
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  for (std::ptrdiff_t at = 0; (at = dwarf_ranges(&copy, at, &base, &begin, &end)) > 0;)
    ranges_.push_back({begin, end, place});
}

void UnitScopes::visit_children(Dwarf_Die& entry, std::uint32_t parent, std::uint32_t depth) {
  Dwarf_Die child;
  if (dwarf_child(&entry, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (is_transparent(tag)) {
      visit_children(child, parent, depth);
    } else if (is_function(tag) || is_class(tag) || tag == DW_TAG_namespace) {
      add(child, parent, depth);
      visit_children(child, static_cast<std::uint32_t>(scopes_.size() - 1), depth + 1);
    }
  } while (dwarf_siblingof(&child, &child) == 0);
}

std::vector<Dwarf_Die> UnitScopes::functions_at(Dwarf_Addr address) const {
  std::uint32_t innermost = none;
  for (const Range& range : ranges_) {
    if (address < range.begin || address >= range.end) continue;
    if (innermost == none || scopes_[range.scope].depth > scopes_[innermost].depth)
      innermost = range.scope;
  }
  std::vector<Dwarf_Die> functions;
  for (std::uint32_t at = innermost; at != none; at = scopes_[at].parent) {
    functions.push_back(scopes_[at].entry);
    if (dwarf_tag(&functions.back()) == DW_TAG_subprogram) break;
  }
  return functions;
}

// ---- ScopeNames ----

const UnitScopes& ScopeNames::unit(Dwarf_Die unit) {
  return units_.try_emplace(unit.cu, unit).first->second;
}

// The linker's name says all, but a function of one file alone need not have it: then the scopes
// around it do.
std::string ScopeNames::name_of(Dwarf_Die function) {
  Dwarf_Attribute attribute;
  if (dwarf_attr_integrate(&function, DW_AT_linkage_name, &attribute) != nullptr)
    if (const char* const symbol = dwarf_formstring(&attribute)) return function_name(symbol);
  return path_of(description_of(function));
}

std::string ScopeNames::path_of(Dwarf_Die described) {
  std::string path(own_name(described));
  Dwarf_Die unit_entry;
  if (dwarf_diecu(&described, &unit_entry, nullptr, nullptr) == nullptr) return path;
  const UnitScopes& scopes = unit(unit_entry);
  const auto found = scopes.by_offset_.find(dwarf_dieoffset(&described));
  if (found == scopes.by_offset_.end()) return path;

  std::uint32_t at = scopes.scopes_[found->second].parent;
  for (; at != UnitScopes::none; at = scopes.scopes_[at].parent) {
    Dwarf_Die around = scopes.scopes_[at].entry;
    const bool in_function = is_function(dwarf_tag(&around));
    const std::string part = in_function ? name_of(around) : std::string(own_name(around));
    if (part == "lambda" && path == "operator()") {
      path = part;
    } else if (!part.empty()) {
      path.insert(0, "::").insert(0, part);
    }
    if (in_function && !part.empty()) break;  // it has its own path
  }
  return path;
}

}  // namespace tapegrad

#endif

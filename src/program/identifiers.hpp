// Names for the variables of generated C++.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace tapegrad {

/// Letters, digits and _, and no digit first. A keyword is one as well.
bool is_identifier(std::string_view name);
bool is_keyword(std::string_view name);
/// Can a generated function be called that?
bool is_function_name(std::string_view name);

/// Makes identifiers of names, each once: "L1.n2.pa" becomes L1_n2_pa, and the next one of the same
/// name L1_n2_pa_2. Keywords and what may be a macro get a _ at the end.
class Identifiers {
 public:
  /// Not to be given to a variable.
  void reserve(std::string name) { times_.emplace(std::move(name), 1); }

  /// Empty if the name has no letter or digit that an identifier can have.
  std::string make(std::string_view name);

 private:
  std::unordered_map<std::string, std::size_t> times_;  // how often each was asked for
};

}  // namespace tapegrad

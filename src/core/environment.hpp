// What the environment says to a program that links the library.
#pragma once

#include <string_view>

namespace tapegrad {

/// What a variable of the environment holds; empty if it is not there.
std::string_view environment(const char* variable);

/// Is a variable that may be 1 or 0 set to 1? One that is not there, or empty, is 0.
/// @throws ArgumentError if it holds anything else: who misspelt it would wait for its effect
bool is_switched_on(const char* variable);

}  // namespace tapegrad

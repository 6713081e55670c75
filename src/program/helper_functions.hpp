// The operations that C++ does not have, as C++.
#pragma once

#include <set>
#include <string>

#include "tapegrad/ops/op.hpp"

namespace tapegrad {

/// Definitions for those among the operations that need one, and for what they use; std's functions
/// by `using`.
std::string helper_functions(const std::set<Op>& operations);

/// The #include lines for them.
std::string helper_headers(const std::set<Op>& operations);

/// What an operation is called there.
std::string helper_name(Op op);

}  // namespace tapegrad

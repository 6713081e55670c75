// What holds of every Program.
#pragma once

#include <string>

#include "builder.hpp"

namespace tapegrad {

/// What is wrong with it; empty if nothing is: then it can be run, printed, differentiated and
/// optimised. Programs that were compiled are well-formed; those from files have to be looked at.
TAPEGRAD_API std::string fault_of(const Program::Data& program);

}  // namespace tapegrad

// Who takes part. Those in a package of their own are compiled where it is installed.
#pragma once

#include "contest.hpp"

namespace tapegrad::bench {

void enter_plain(Contest& contest);     // the function alone, and its gradient by hand
void enter_tapegrad(Contest& contest);  // also with the user's code in a shared library
void enter_adolc(Contest& contest);
void enter_sacado(Contest& contest);
void enter_stan(Contest& contest);

}  // namespace tapegrad::bench

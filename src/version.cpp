#include "tapegrad/version.hpp"

namespace tapegrad {

int library_version() noexcept { return TAPEGRAD_VERSION; }

}  // namespace tapegrad

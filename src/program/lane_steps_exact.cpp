#define TAPEGRAD_FEW few_lanes_exact
#include "lane_steps.hpp"

namespace tapegrad {

const RunSteps& exact_steps() { return widest_steps(); }
#if defined(TAPEGRAD_SINGLE)
const RunSteps& vector_steps() { return widest_steps(); }
#endif

}  // namespace tapegrad

#include "lane_steps.hpp"

namespace tapegrad {

RunSteps exact_steps() { return widest_steps(); }

}  // namespace tapegrad

// The tape and its numbers: all that it takes to differentiate a computation by hand.
#pragma once

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/external.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/core/no_grad.hpp"
#include "tapegrad/core/node.hpp"
#include "tapegrad/core/operators.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"

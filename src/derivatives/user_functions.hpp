// The functions of a UserOperation, each asked with its result looked at: ShapeError if it returns
// another number of numbers than it has to.
#pragma once

#include <vector>

#include "tapegrad/derivatives/user_operation.hpp"

namespace tapegrad {

using UserFunctions = UserOperation::Functions;

std::vector<double> value_of(const UserFunctions& functions, UserOperation::Numbers x);

std::vector<double> pulled_back(const UserFunctions& functions, UserOperation::Numbers x,
                                UserOperation::Numbers y, UserOperation::Numbers y_adjoints);

std::vector<double> pushed_forward(const UserFunctions& functions, UserOperation::Numbers x,
                                   UserOperation::Numbers y, UserOperation::Numbers x_tangents);

std::vector<double> pulled_back_derivative(const UserFunctions& functions, UserOperation::Numbers x,
                                           UserOperation::Numbers y,
                                           UserOperation::Numbers x_tangents,
                                           UserOperation::Numbers y_adjoints);

}  // namespace tapegrad

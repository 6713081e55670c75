// Who takes part in the contest of replays beside tapegrad's tape and programs.
#pragma once

#include <functional>
#include <span>
#include <string_view>

namespace tapegrad::bench {

/// C++ that generate_cpp() wrote and the compiler has optimised: value and gradient of a kernel.
using Generated = bool (*)(const double* inputs, double* outputs);

/// Null for a kernel that is too long to be compiled (write_gradients.cpp).
Generated generated_gradient(std::string_view kernel);

/// Value and gradient at a point, of a recording that was made once.
using ReplayedGradient =
    std::function<double(std::span<const double> x, std::span<double> gradient)>;

/// By ADOL-C. One kernel at a time: the recording of the one before is given up.
ReplayedGradient adolc_replay(std::string_view kernel);

}  // namespace tapegrad::bench

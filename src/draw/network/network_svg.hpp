// The picture of a network as text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tapegrad/draw/network.hpp"

namespace tapegrad {

/// Discs of each column, the inputs' first.
std::vector<std::size_t> column_sizes(const MLP& network);

/// @param diagram  checked by draw()
/// @param discs    a number for each disc, column by column, or none
std::string network_svg(const NetworkDiagram& diagram,
                        const std::vector<std::vector<double>>& discs,
                        const PictureOptions& options);

}  // namespace tapegrad

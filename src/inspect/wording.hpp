// How reports speak of numbers and nodes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "../core/number.hpp"
#include "tapegrad/core/node.hpp"

namespace tapegrad {

/// What the node was computed from: "log(#17)", "sum(#1, #2, #3, ..., #300)".
std::string call_text(const Node& node);

/// "#18 loss = log(#17) = -inf", and the operands' values behind it: ", #17 p = 0". Of a leaf
/// "#3 x = nan".
std::string statement(const Node& node);
std::string statement_with_operands(const Node& node);

/// "#1 x, #2 y, #3 z and 4 more".
std::string list_of_nodes(const Tape& tape, std::span<const std::size_t> nodes);

/// "#18 → #20 → #21 → ... 7 more ... → #29 → #30 loss".
std::string path_text(const Tape& tape, std::span<const std::size_t> nodes);

/// "  at loss.cpp:12 in softmax", to stand behind a line about the node; empty if it is not known.
std::string place_text(const Node& node);

/// How wide a text in UTF-8 is: letters, not bytes; names may be of any language.
std::size_t width(std::string_view text);

/// A text of lines as the end of a message: no '\n' behind the last one.
std::string without_last_end(std::string text);

}  // namespace tapegrad

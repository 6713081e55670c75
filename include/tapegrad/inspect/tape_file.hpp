// A recording as a file: nodes, adjoints, names, guards and source locations, so that a bug report
// can carry the graph, and another program (samples/stepper) can look at it.
#pragma once

#include <memory>
#include <string>

#include "tapegrad/core/tape.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// Writes the tape to a file: 24 bytes a node, 8 for its adjoint where a sweep has run, and with
/// record_locations() 4 for its location. An earlier file of that name is replaced only when the
/// new one is complete.
/// @throws FileError if it cannot be written, or something other than a file has that name
/// Cost: ten million nodes take about a second.
TAPEGRAD_API void save_tape(const Tape& tape, const std::string& path);

/// A tape as it was saved, not active. It can be looked at and swept, with the same adjoints to the
/// last bit, and after activate() recorded on. Only a user's operation (External) cannot be swept:
/// its derivative is in the program that recorded it, and a sweep that comes to it throws
/// UnsupportedError. Values of the saved tape are not on this one.
/// @throws FileError if the file cannot be read; ParseError if it is no tape file, or damaged;
///         TapeFullError if there is no memory for its nodes
TAPEGRAD_API std::unique_ptr<Tape> load_tape(const std::string& path);

}  // namespace tapegrad

// Where in the user's code an operation stands.
//
// A tape with record_locations() keeps a code address for each node. What it means is looked up
// here, when somebody asks: in the program's debug information (build with -g), which knows also
// the functions that were inlined at that place.
#pragma once

#include <optional>
#include <string>

#include "tapegrad/core/node.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// The file, line and function from which a call was made: of the functions inlined at that place
/// the innermost one that does not stand in tapegrad's own files. Where the program has no debug
/// information, or the library was built without `locations` (libdw), there is a function at best,
/// the file is empty and the line 0. Nothing if not even that is known.
/// @param caller  where the call returns to, as Tape::caller() has it
/// Cost: some milliseconds for the first place in a source file, microseconds for others in it, and
/// nothing when asked again. Any thread may ask.
TAPEGRAD_API std::optional<Location> locate(const void* caller);

/// Where the node was recorded; nothing if its tape did not keep it.
TAPEGRAD_API std::optional<Location> location(const Node& node);

/// Can locate() tell files and lines? Not if the library was built without libdw.
TAPEGRAD_API bool has_source_lines();

/// "loss.cpp:12 in softmax": the file without its folders, the function without its arguments.
TAPEGRAD_API std::string to_string(const Location& location);

}  // namespace tapegrad

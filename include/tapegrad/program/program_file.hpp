// A Program as a file: compiled once, differentiated and optimised, to be run by other programs.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tapegrad/export.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// Writes the program to a file: 8 bytes for each instruction, and 4 for each operand. An earlier
/// file of that name is replaced only when the new one is complete.
/// @throws FileError if it cannot be written, or something other than a file has that name
TAPEGRAD_API void save_program(const Program& program, const std::string& path);

/// A program as it was saved: names, instructions, guards, and constants to the last bit. Whatever
/// stands in the file, what comes back can be run, differentiated and optimised.
/// @throws FileError if the file cannot be read; ParseError if it is no program file, was damaged,
///         or has an operation that this build of tapegrad does not have
/// Cost: memory for a few times the file's bytes.
TAPEGRAD_API Program load_program(const std::string& path);

/// The same of a file that is in memory already. @param name  what errors are to call it
TAPEGRAD_API Program parse_program(std::span<const std::byte> bytes,
                                   const std::string& name = "program");

}  // namespace tapegrad

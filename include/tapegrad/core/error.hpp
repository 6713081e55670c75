// The errors of tapegrad, one type for each thing that can go wrong.
//
// A message says what was wrong, where, and what to do. Whatever throws leaves tapes, values and
// networks as they were before the call.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Base of all errors thrown by the library.
class TAPEGRAD_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A Value was used on a tape that does not hold it: recorded before a clear() or rewind(), by
/// another tape or thread, or by a tape that no longer exists.
class TAPEGRAD_API StaleValueError : public Error {
 public:
  using Error::Error;
};

/// An operation needed a tape, and no tape is active on this thread.
class TAPEGRAD_API NoActiveTapeError : public Error {
 public:
  using Error::Error;
};

/// The adjoint of a node was asked for that no sweep has covered.
class TAPEGRAD_API NoAdjointError : public Error {
 public:
  using Error::Error;
};

/// The call makes no sense for this object: a tape used by two threads at once, say.
class TAPEGRAD_API UnsupportedError : public Error {
 public:
  using Error::Error;
};

/// The recording reached its memory limit, the index limit, or the end of the machine's memory.
class TAPEGRAD_API TapeFullError : public Error {
 public:
  using Error::Error;
};

/// Lengths or dimensions do not fit together.
class TAPEGRAD_API ShapeError : public Error {
 public:
  using Error::Error;
};

/// A number or a name is outside what the function accepts: a negative learning rate, a label
/// that is no class.
class TAPEGRAD_API ArgumentError : public Error {
 public:
  using Error::Error;
};

/// An iteration did not come to what was asked for: a root was not found, an integral stayed
/// inexact.
class TAPEGRAD_API NoConvergenceError : public Error {
 public:
  using Error::Error;
};

/// A Program was run where a comparison that it was recorded with comes out otherwise: there the
/// function branches elsewhere, and the Program says nothing of it.
class TAPEGRAD_API GuardError : public Error {
 public:
  using Error::Error;
};

/// A value, a partial derivative or an adjoint is NaN or infinite: thrown where somebody asked for
/// it with DetectAnomaly (inspect/anomaly.hpp). The text says where it comes from.
class TAPEGRAD_API AnomalyError : public Error {
 public:
  using Error::Error;
};

/// A file could not be read or written: missing, a folder, no permission, disk full.
class TAPEGRAD_API FileError : public Error {
 public:
  using Error::Error;
};

/// A file's content is not what it should be. Lines and columns count from 1; 0 says that the
/// error belongs to the whole file (or the whole line).
class TAPEGRAD_API ParseError : public Error {
 public:
  /// what() is "file:line:column: message", without the parts that are 0.
  ParseError(std::string file, std::size_t line, std::size_t column, std::string_view message);

  const std::string& file() const { return file_; }
  std::size_t line() const { return line_; }
  std::size_t column() const { return column_; }

 private:
  std::string file_;
  std::size_t line_;
  std::size_t column_;
};

}  // namespace tapegrad

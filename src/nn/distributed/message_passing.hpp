// What process_group.cpp asks of MPI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tapegrad {

/// Messages between the processes of a group. Whatever fails ends them all: MPI's default.
class MessagePassing {
 public:
  virtual ~MessagePassing() = default;

  virtual std::size_t rank() const = 0;
  virtual std::size_t size() const = 0;

  virtual void send(std::span<const double> numbers, std::size_t to) = 0;
  virtual void receive(std::span<double> numbers, std::size_t from) = 0;
  /// From process 0 to all.
  virtual void broadcast(std::span<double> numbers) = 0;
  /// The words of process 0, then those of process 1, ...; as many of each.
  virtual std::vector<std::uint64_t> all_gather(std::span<const std::uint64_t> words) = 0;

  /// Ends all processes, at once.
  virtual void abort(int exit_code) = 0;
};

/// Starts MPI, unless the program has done so; the destructor ends what was started.
/// In message_passing_mpi.cpp; where there is no MPI, in message_passing_none.cpp.
/// @throws UnsupportedError if there is no MPI
std::unique_ptr<MessagePassing> connect_processes();

}  // namespace tapegrad

// Processes that work when they are told to, to see what threads could reach at best: processes
// share neither memory nor locks.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace tapegrad::bench {

/// Numbers that processes share.
class SharedNumbers {
 public:
  /// @throws std::system_error
  explicit SharedNumbers(std::size_t count);
  ~SharedNumbers();
  SharedNumbers(const SharedNumbers&) = delete;
  SharedNumbers& operator=(const SharedNumbers&) = delete;

  std::span<double> numbers() const { return numbers_; }

 private:
  std::span<double> numbers_;
};

class Processes {
 public:
  /// Of `work`, each process has a copy. To be made before there are threads.
  /// @throws std::system_error
  Processes(std::size_t count,
            const std::function<void(std::size_t process, std::size_t turns)>& work);
  ~Processes();
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  /// All work, at the same time. Returns when the last one is done.
  /// @throws std::runtime_error if one has failed
  void run(std::size_t turns);

 private:
  struct Process {
    int id;
    int socket;
  };
  std::vector<Process> processes_;
};

}  // namespace tapegrad::bench

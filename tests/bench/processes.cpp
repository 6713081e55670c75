#include "processes.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace tapegrad::bench {
namespace {

[[noreturn]] void throw_error(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool receive(int socket, std::size_t& count) {
  return recv(socket, &count, sizeof count, MSG_WAITALL) == sizeof count;
}
// False, and no signal, if nobody is there to read it.
bool tell(int socket, std::size_t count) {
  return send(socket, &count, sizeof count, MSG_NOSIGNAL) == sizeof count;
}

// Until the other end of the socket is closed. Answers each order with the same.
[[noreturn]] void obey(int socket, const std::function<void(std::size_t turns)>& work) {
  try {
    for (std::size_t turns = 0; receive(socket, turns);) {
      work(turns);
      if (!tell(socket, turns)) break;
    }
  } catch (...) {
    _exit(1);
  }
  _exit(0);
}

}  // namespace

SharedNumbers::SharedNumbers(std::size_t count) {
  void* const memory = mmap(nullptr, count * sizeof(double), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw_error("mmap");
  numbers_ = {static_cast<double*>(memory), count};
}

SharedNumbers::~SharedNumbers() { munmap(numbers_.data(), numbers_.size_bytes()); }

Processes::Processes(std::size_t count, const std::function<void(std::size_t, std::size_t)>& work) {
  for (std::size_t k = 0; k < count; ++k) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw_error("socketpair");
    const int id = fork();
    if (id < 0) throw_error("fork");
    if (id == 0) {
      close(ends[0]);
      for (const Process& older : processes_) close(older.socket);  // or they would never end
      obey(ends[1], [&](std::size_t turns) { work(k, turns); });
    }
    close(ends[1]);
    processes_.push_back({.id = id, .socket = ends[0]});
  }
}

Processes::~Processes() {
  for (const Process& process : processes_) close(process.socket);
  for (const Process& process : processes_) waitpid(process.id, nullptr, 0);
}

void Processes::run(std::size_t turns) {
  bool all_well = true;
  for (const Process& process : processes_) all_well = tell(process.socket, turns) && all_well;
  for (const Process& process : processes_) {
    std::size_t done = 0;
    all_well = receive(process.socket, done) && all_well;
  }
  if (!all_well) throw std::runtime_error("a process of the benchmark has failed");
}

}  // namespace tapegrad::bench

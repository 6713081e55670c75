#define OMPI_SKIP_MPICXX 1  // MPI's C interface alone, without the C++ one that it had once
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <limits>

#include "nn/distributed/message_passing.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr int tag = 0;  // all messages are of one kind

int count_of(std::size_t numbers) {
  if (numbers > std::size_t{std::numeric_limits<int>::max()})
    throw UnsupportedError("ProcessGroup: MPI sends at most 2^31 - 1 numbers at once");
  return static_cast<int>(numbers);
}

class MpiMessagePassing final : public MessagePassing {
 public:
  MpiMessagePassing() {
    int is_running = 0;
    MPI_Initialized(&is_running);
    if (is_running == 0) {
      int level = 0;
      // Gradients may be computed by several threads; messages are sent by one.
      MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level);
      was_started_here_ = true;
    }
    // Of our own, so that no message of the program's is taken for one of ours.
    MPI_Comm_dup(MPI_COMM_WORLD, &processes_);
  }

  ~MpiMessagePassing() override {
    MPI_Comm_free(&processes_);
    if (was_started_here_) MPI_Finalize();
  }

  MpiMessagePassing(const MpiMessagePassing&) = delete;
  MpiMessagePassing& operator=(const MpiMessagePassing&) = delete;

  std::size_t rank() const override {
    int rank = 0;
    MPI_Comm_rank(processes_, &rank);
    return static_cast<std::size_t>(rank);
  }

  std::size_t size() const override {
    int size = 1;
    MPI_Comm_size(processes_, &size);
    return static_cast<std::size_t>(size);
  }

  void send(std::span<const double> numbers, std::size_t to) override {
    MPI_Send(numbers.data(), count_of(numbers.size()), MPI_DOUBLE, static_cast<int>(to), tag,
             processes_);
  }

  void receive(std::span<double> numbers, std::size_t from) override {
    MPI_Recv(numbers.data(), count_of(numbers.size()), MPI_DOUBLE, static_cast<int>(from), tag,
             processes_, MPI_STATUS_IGNORE);
  }

  void broadcast(std::span<double> numbers) override {
    MPI_Bcast(numbers.data(), count_of(numbers.size()), MPI_DOUBLE, 0, processes_);
  }

  std::vector<std::uint64_t> all_gather(std::span<const std::uint64_t> words) override {
    std::vector<std::uint64_t> all(words.size() * size());
    const int count = count_of(words.size());
    MPI_Allgather(words.data(), count, MPI_UINT64_T, all.data(), count, MPI_UINT64_T, processes_);
    return all;
  }

  void abort(int exit_code) override { MPI_Abort(processes_, exit_code); }

 private:
  bool was_started_here_ = false;
  MPI_Comm processes_ = MPI_COMM_NULL;
};

}  // namespace

std::unique_ptr<MessagePassing> connect_processes() {
  return std::make_unique<MpiMessagePassing>();
}

}  // namespace tapegrad

#include "nn/distributed/message_passing.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

std::unique_ptr<MessagePassing> connect_processes() {
  throw UnsupportedError(
      "run_distributed: tapegrad was built without MPI; install it (in Debian libopenmpi-dev and "
      "openmpi-bin), and build with -Dmpi=enabled");
}

}  // namespace tapegrad

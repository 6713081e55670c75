#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "nn/distributed/message_passing.hpp"
#include "nn/distributed/same_training.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/distributed.hpp"

namespace tapegrad {
namespace {

// Adds the numbers of all processes, as a binary tree: those of process r + 1 to those of r where r
// is even, then those of r + 2 to r where r is a multiple of 4, and so on; all get the sum that
// process 0 comes to. MPI_Allreduce would leave the order, and so the last bits, to the library.
void add_up(MessagePassing& messages, std::span<double> numbers) {
  const std::size_t rank = messages.rank();
  std::vector<double> theirs(numbers.size());
  for (std::size_t distance = 1; distance < messages.size(); distance *= 2) {
    if (rank % (2 * distance) != 0) {
      messages.send(numbers, rank - distance);
      break;
    }
    if (rank + distance >= messages.size()) continue;
    messages.receive(theirs, rank + distance);
    for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] += theirs[k];
  }
  messages.broadcast(numbers);
}

// One message holds all that the trainer sums.
void combine_all(MessagePassing& messages, BatchSum& sum, std::vector<double>& buffer) {
  buffer.assign({static_cast<double>(sum.samples), sum.loss});
  buffer.insert(buffer.end(), sum.gradient.begin(), sum.gradient.end());
  add_up(messages, buffer);
  sum.samples = static_cast<std::size_t>(buffer[0]);
  sum.loss = buffer[1];
  std::copy(buffer.begin() + 2, buffer.end(), sum.gradient.begin());
}

void combine_all(MessagePassing& messages, ScoreSum& sum) {
  std::array numbers{static_cast<double>(sum.samples), static_cast<double>(sum.right), sum.loss};
  add_up(messages, numbers);
  sum.samples = static_cast<std::size_t>(numbers[0]);
  sum.right = static_cast<std::size_t>(numbers[1]);
  sum.loss = numbers[2];
}

// What all processes come to is said once, by the first: it ends the others while they wait.
[[noreturn]] void end_all(MessagePassing& messages, const char* error) {
  if (messages.rank() != 0) std::this_thread::sleep_for(std::chrono::seconds(1));
  std::fflush(nullptr);
  fmt::print(stderr, "process {} of {}: {}\n", messages.rank(), messages.size(), error);
  messages.abort(1);
  std::abort();  // it has not come back
}

}  // namespace

ProcessGroup::ProcessGroup(std::shared_ptr<MessagePassing> messages)
    : messages_(std::move(messages)) {}

std::size_t ProcessGroup::rank() const { return messages_->rank(); }
std::size_t ProcessGroup::size() const { return messages_->size(); }

TrainerOptions ProcessGroup::share_out(TrainerOptions options, std::size_t parts) const {
  if (options.combine || options.combine_scores || options.share.parts != 1)
    throw ArgumentError("ProcessGroup::share_out: the options have a share or combine() already");
  if (parts == 0) parts = size();
  if (parts % size() != 0 || parts > options.batch)
    throw ArgumentError(
        fmt::format("ProcessGroup::share_out: {} parts of batches of {}, for {} processes; pass a "
                    "multiple of the processes, at most the batch",
                    parts, options.batch, size()));
  const std::size_t each = parts / size();
  options.share = {.parts = parts, .begin = rank() * each, .end = (rank() + 1) * each};
  options.combine = [messages = messages_, buffer = std::vector<double>()](BatchSum& sum) mutable {
    combine_all(*messages, sum, buffer);
  };
  options.combine_scores = [messages = messages_](ScoreSum& sum) { combine_all(*messages, sum); };
  if (!is_first()) {
    options.checkpoint.clear();
    options.progress = nullptr;
  }
  return options;
}

void ProcessGroup::require_equal(const Training& training, const TrainerOptions& options) const {
  const std::vector<TrainingFact> facts = facts_of(training, options);
  std::vector<std::uint64_t> words;
  words.reserve(facts.size());
  for (const TrainingFact& fact : facts) words.push_back(fact.word);
  const std::string difference = first_difference(facts, messages_->all_gather(words));
  if (!difference.empty())
    throw ArgumentError(fmt::format("ProcessGroup: {}; start all with the same", difference));
}

void run_distributed(const std::function<void(const ProcessGroup& group)>& work) {
  const std::shared_ptr<MessagePassing> messages = connect_processes();
  const ProcessGroup group(messages);
  try {
    work(group);
  } catch (const std::exception& error) {
    if (messages->size() == 1) throw;
    end_all(*messages, error.what());
  } catch (...) {
    if (messages->size() == 1) throw;
    end_all(*messages, "an exception that is no std::exception");
  }
}

}  // namespace tapegrad

// Epochs are handed to threads in blocks, so that clear() usually only counts up a number of its
// own thread. Tapes and threads note the blocks they hold epochs of; after the counter has wrapped
// around, a block is handed out again only when nobody holds it.

#include "registry.hpp"

#include <algorithm>
#include <mutex>

#include "of_this_thread.hpp"

namespace tapegrad {
namespace {

constinit std::mutex lock;
constinit ThreadTapes* threads = nullptr;

// Block 0 holds the epoch of constants, the last one that of no_recording: neither is handed out.
// A second copy of the library in the process has a counter of its own: it starts elsewhere, so
// that the copies don't take each other's values for their own.
std::uint32_t next_block = 0;

std::uint32_t first_block() {
  const auto address = reinterpret_cast<std::uintptr_t>(&next_block);
  const std::uint64_t mixed = static_cast<std::uint64_t>(address) * 0x9E3779B97F4A7C15u;
  return static_cast<std::uint32_t>(mixed >> 32) % TapeRegistry::last_epoch_block + 1;
}

constinit thread_local std::uint32_t next_epoch_in_block = 0;
constinit thread_local std::uint32_t end_of_block = 0;

ThreadTapes& this_thread() { return of_this_thread<ThreadTapes>(); }

std::uint32_t block_of(Epoch epoch) {
  return static_cast<std::uint32_t>(epoch) / TapeRegistry::epochs_per_block;
}

bool contains(const std::vector<std::uint32_t>& blocks, std::uint32_t block) {
  return std::find(blocks.begin(), blocks.end(), block) != blocks.end();
}

}  // namespace

// Shows the thread what is on its top. Written only when that is another: the thread may be
// recording on it, while a tape further down is destroyed elsewhere.
void ThreadTapes::show_top() const {
  Recording* shown = &no_recording;
  if (top != nullptr) shown = top->tape_ == nullptr ? &no_grad_recording : &top->tape_->recording_;
  if (*active != shown) *active = shown;
}

// Puts it on top, and then the thread sees it.
void ThreadTapes::push(ActiveScope& activation) {
  activation.thread_ = this;
  activation.below_ = top;
  top = &activation;
  show_top();
}

ThreadTapes::ThreadTapes() : active(&active_recording) {
  const std::lock_guard guard(lock);
  next = threads;
  threads = this;
}

ThreadTapes::~ThreadTapes() {
  const std::lock_guard guard(lock);
  for (ActiveScope* activation = top; activation != nullptr; activation = activation->below_) {
    activation->thread_ = nullptr;
    if (activation->tape_ == nullptr) continue;
    activation->tape_->thread_ = nullptr;
    activation->tape_->activations_ = 0;
  }
  top = nullptr;
  show_top();
  ThreadTapes** link = &threads;
  while (*link != this) link = &(*link)->next;
  *link = next;
}

void TapeRegistry::add(Tape& tape) {
  const std::lock_guard guard(lock);
  tape.next_live_ = tapegrad_live_tapes;
  if (tapegrad_live_tapes != nullptr) tapegrad_live_tapes->previous_live_ = &tape;
  tapegrad_live_tapes = &tape;
}

void TapeRegistry::remove(Tape& tape) {
  const std::lock_guard guard(lock);
  if (ThreadTapes* const thread = tape.thread_) {
    for (ActiveScope** link = &thread->top; *link != nullptr;) {
      if ((*link)->tape_ == &tape) {
        (*link)->thread_ = nullptr;
        *link = (*link)->below_;
      } else {
        link = &(*link)->below_;
      }
    }
    thread->show_top();
  }
  if (tape.previous_live_ != nullptr) tape.previous_live_->next_live_ = tape.next_live_;
  if (tape.next_live_ != nullptr) tape.next_live_->previous_live_ = tape.previous_live_;
  if (tapegrad_live_tapes == &tape) tapegrad_live_tapes = tape.next_live_;
}

bool TapeRegistry::activate(ActiveScope& activation) {
  ThreadTapes& thread = this_thread();
  const std::lock_guard guard(lock);
  Tape& tape = *activation.tape_;
  if (tape.thread_ != nullptr && tape.thread_ != &thread) return false;
  tape.thread_ = &thread;
  ++tape.activations_;
  thread.push(activation);
  return true;
}

void TapeRegistry::activate_none(ActiveScope& activation) {
  ThreadTapes& thread = this_thread();
  const std::lock_guard guard(lock);
  thread.push(activation);
}

void TapeRegistry::deactivate(ActiveScope& activation) {
  const std::lock_guard guard(lock);
  ThreadTapes* const thread = activation.thread_;
  if (thread == nullptr) return;
  ActiveScope** link = &thread->top;
  while (*link != &activation) link = &(*link)->below_;
  *link = activation.below_;
  if (activation.tape_ != nullptr && --activation.tape_->activations_ == 0)
    activation.tape_->thread_ = nullptr;
  thread->show_top();
}

bool TapeRegistry::is_elsewhere(const Tape& tape) {
  const ThreadTapes& thread = this_thread();
  const std::lock_guard guard(lock);
  return tape.thread_ != nullptr && tape.thread_ != &thread;
}

Tape* TapeRegistry::holder(Value x) {
  Tape* const active = active_recording->tape();
  if (active != nullptr && active->holds(x)) return active;
  const ThreadTapes& thread = this_thread();
  const std::lock_guard guard(lock);  // a tape further down may be destroyed elsewhere
  for (const ActiveScope* activation = thread.top; activation != nullptr;
       activation = activation->below_) {
    if (activation->tape_ != nullptr && activation->tape_->holds(x)) return activation->tape_;
  }
  return nullptr;
}

Epoch TapeRegistry::next_epoch(Tape& tape) {
  if (next_epoch_in_block == end_of_block) {
    ThreadTapes& thread = this_thread();
    const std::lock_guard guard(lock);
    const auto is_held = [](std::uint32_t block) {
      for (const ThreadTapes* t = threads; t != nullptr; t = t->next)
        if (t->epoch_block == block) return true;
      for (const Tape* t = tapegrad_live_tapes; t != nullptr; t = t->next_live_)
        if (contains(t->epoch_blocks_, block)) return true;
      return false;
    };
    if (next_block == 0) next_block = first_block();
    do {
      thread.epoch_block = 0;  // a block given up counts as held by its tapes only
      if (next_block > last_epoch_block) next_block = 1;
      if (!is_held(next_block)) thread.epoch_block = next_block;
      ++next_block;
    } while (thread.epoch_block == 0);
    next_epoch_in_block = thread.epoch_block * epochs_per_block;
    end_of_block = next_epoch_in_block + epochs_per_block;
  }
  const Epoch epoch{next_epoch_in_block++};
  if (!contains(tape.epoch_blocks_, block_of(epoch))) {
    // Noted afresh, so that blocks whose epochs were cleared or rewound away are free again.
    std::vector<std::uint32_t> blocks{block_of(epoch)};
    for (const Tape::EpochRange& range : tape.epochs_)
      for (std::uint32_t b = block_of(range.first); b <= block_of(range.last); ++b)
        if (b != blocks.back()) blocks.push_back(b);
    const std::lock_guard guard(lock);
    tape.epoch_blocks_.swap(blocks);
  }
  return epoch;
}

void TapeRegistry::set_next_epoch_block(std::uint32_t block) {
  const std::lock_guard guard(lock);
  next_block = block;
  end_of_block = next_epoch_in_block;  // this thread starts a new block
}

}  // namespace tapegrad

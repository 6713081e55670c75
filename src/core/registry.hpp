// What all tapes of a process share: the list of live tapes, which thread each is active on, and
// the counter of epochs. One lock guards all of it; recording and sweeping never take it.
#pragma once

#include <cstdint>

#include "tapegrad/core/tape.hpp"

namespace tapegrad {

/// The tapes that are active on one thread, newest on top. Lives as long as its thread.
struct ThreadTapes {
  ThreadTapes();
  ~ThreadTapes();
  ThreadTapes(const ThreadTapes&) = delete;
  ThreadTapes& operator=(const ThreadTapes&) = delete;

  void push(ActiveScope& activation);
  void show_top() const;

  Recording** active = nullptr;  // the thread's active_recording
  ActiveScope* top = nullptr;
  std::uint32_t epoch_block = 0;  // from which the thread takes its epochs
  ThreadTapes* next = nullptr;
};

class TapeRegistry {
 public:
  static void add(Tape& tape);
  /// Takes the tape off the list and out of every activation.
  static void remove(Tape& tape);

  /// @return false, and nothing has changed, if the tape is active on another thread
  [[nodiscard]] static bool activate(ActiveScope& activation);
  /// From now on, and until it ends or a tape is activated, nothing is recorded.
  static void activate_none(ActiveScope& activation);
  static void deactivate(ActiveScope& activation);

  /// True if the tape is active on another thread than this one.
  static bool is_elsewhere(const Tape& tape);

  /// The tape active on this thread that holds the value; null if none does.
  static Tape* holder(Value x);

  /// A new epoch, never used before by any tape that is alive. Takes the lock once in some
  /// thousand calls.
  static Epoch next_epoch(Tape& tape);

  /// For tests: the next block of epochs to be handed out, and the number of blocks.
  TAPEGRAD_API static void set_next_epoch_block(std::uint32_t block);
  static constexpr std::uint32_t epochs_per_block = 4096;
  static constexpr std::uint32_t last_epoch_block = 0xFFFFFFFF / epochs_per_block - 1;
};

}  // namespace tapegrad

/// For debuggers: the first live tape, and the way on is Tape::next_live_.
extern "C" TAPEGRAD_API tapegrad::Tape* tapegrad_live_tapes;

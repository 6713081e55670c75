// Where a debugger's scripts find what a tape holds.
//
// They read the memory of a process that stands still, or of one that is dead: no function can be
// called there, and a library for release has no debug information. So the library says itself at
// which offset each member lies. `names` names the fields, separated by spaces, so that a script
// depends on no order.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "registry.hpp"
#include "tapegrad/core/names.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/ops/op.hpp"

// Here, so that whoever links the list links its description with it.
constinit tapegrad::Tape* tapegrad_live_tapes = nullptr;

// Members of classes with private members: every compiler that we know of gives their offset.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
#endif

namespace tapegrad {
namespace {

std::array<const char*, op_count> operation_names() {
  std::array<const char*, op_count> names;
  for (std::size_t op = 0; op < op_count; ++op) names[op] = info(static_cast<Op>(op)).name.data();
  return names;
}

std::array<std::int32_t, op_count> operation_arities() {
  std::array<std::int32_t, op_count> arities;
  for (std::size_t op = 0; op < op_count; ++op) arities[op] = info(static_cast<Op>(op)).arity;
  return arities;
}

// The names are literals, and so end with a 0.
const std::array<const char*, op_count> op_names = operation_names();
const std::array<std::int32_t, op_count> op_arities = operation_arities();

}  // namespace

#define TAPEGRAD_FIELDS(FIELD)                                \
  FIELD(live_tapes, &tapegrad_live_tapes)                     \
  FIELD(tape_next_live, offsetof(Tape, next_live_))           \
  FIELD(tape_recording, offsetof(Tape, recording_))           \
  FIELD(tape_covered, offsetof(Tape, covered_))               \
  FIELD(tape_epochs, offsetof(Tape, epochs_))                 \
  FIELD(epochs_per_block, TapeRegistry::epochs_per_block)     \
  FIELD(tape_names_singles, offsetof(Tape, names_.singles_))  \
  FIELD(tape_names_letters, offsetof(Tape, names_.letters_))  \
  FIELD(tape_names_ranges, offsetof(Tape, names_.ranges_))    \
  FIELD(tape_watch, offsetof(Tape, watch_))                   \
  FIELD(tape_externals, offsetof(Tape, externals_))           \
  FIELD(tape_guards, offsetof(Tape, guards_))                 \
  FIELD(tape_thread, offsetof(Tape, thread_))                 \
  FIELD(thread_top, offsetof(ThreadTapes, top))               \
  FIELD(scope_tape, offsetof(ActiveScope, tape_))             \
  FIELD(recording_next_id, offsetof(Recording, next_id_))     \
  FIELD(recording_rows, offsetof(Recording, rows_))           \
  FIELD(recording_adjoints, offsetof(Recording, adjoints_))   \
  FIELD(recording_side, offsetof(Recording, side_))           \
  FIELD(recording_side_next, offsetof(Recording, side_next_)) \
  FIELD(recording_tape, offsetof(Recording, tape_))           \
  FIELD(recording_is_swept, offsetof(Recording, is_swept_))   \
  FIELD(single_size, sizeof(Names::Single))                   \
  FIELD(single_node, offsetof(Names::Single, node))           \
  FIELD(single_begin, offsetof(Names::Single, begin))         \
  FIELD(single_length, offsetof(Names::Single, length))       \
  FIELD(range_size, sizeof(Names::Range))                     \
  FIELD(range_first, offsetof(Names::Range, first))           \
  FIELD(range_end, offsetof(Names::Range, end))               \
  FIELD(range_reach, offsetof(Names::Range, reach))           \
  FIELD(range_scheme, offsetof(Names::Range, scheme))         \
  FIELD(scheme_size, offsetof(NameScheme, size_))             \
  FIELD(scheme_grids, offsetof(NameScheme, grids_))           \
  FIELD(grid_size, sizeof(NameGrid))                          \
  FIELD(grid_text, offsetof(NameGrid, text))                  \
  FIELD(grid_first, offsetof(NameGrid, first))                \
  FIELD(grid_i, offsetof(NameGrid, i))                        \
  FIELD(grid_j, offsetof(NameGrid, j))                        \
  FIELD(watch_callers, offsetof(Watch, callers))              \
  FIELD(watch_locations, offsetof(Watch, locations))          \
  FIELD(location_size, sizeof(Location))                      \
  FIELD(location_file, offsetof(Location, file))              \
  FIELD(location_line, offsetof(Location, line))              \
  FIELD(location_function, offsetof(Location, function))      \
  FIELD(row_size, sizeof(Row))                                \
  FIELD(row_value, offsetof(Row, value))                      \
  FIELD(row_number, offsetof(Row, number))                    \
  FIELD(row_a, offsetof(Row, a))                              \
  FIELD(row_opcode, offsetof(Row, opcode))                    \
  FIELD(op_count, op_count)                                   \
  FIELD(op_names, op_names.data())                            \
  FIELD(op_arity, op_arities.data())

struct DebugLayout {
  // An offset, a number or an address.
  union Field {
    constexpr Field(std::size_t offset) : number(offset) {}
    constexpr Field(const void* place) : address(place) {}
    std::uint64_t number;
    const void* address;
  };

#define TAPEGRAD_ONE(name, value) +1
  static constexpr std::size_t count = 1 TAPEGRAD_FIELDS(TAPEGRAD_ONE);

  char magic[8];
  std::uint64_t version;
  std::uint64_t field_count;
  Field fields[count];

#define TAPEGRAD_NAME(name, value) #name " "
#define TAPEGRAD_VALUE(name, value) Field(value),
  static constexpr DebugLayout make() {
    return {{'t', 'a', 'p', 'e', 'g', 'r', 'a', 'd'},
            1,
            count,
            {Field("names " TAPEGRAD_FIELDS(TAPEGRAD_NAME)), TAPEGRAD_FIELDS(TAPEGRAD_VALUE)}};
  }
#undef TAPEGRAD_VALUE
#undef TAPEGRAD_NAME
};

}  // namespace tapegrad

/// Its name is what a debugger looks for.
extern "C" {
TAPEGRAD_API extern const tapegrad::DebugLayout tapegrad_debug_layout;
constinit const tapegrad::DebugLayout tapegrad_debug_layout = tapegrad::DebugLayout::make();
}

// Which files count as tapegrad's own when a place is looked up. Built with debug information, as
// location_test.cpp.

#include <doctest/doctest.h>

#include "tapegrad/core.hpp"
#include "tapegrad/inspect/location.hpp"

using namespace tapegrad;

namespace elsewhere {
Value in_a_file_like_ours(Value x);
Value below_an_inlined_frame_of_ours(Value x);
void through_a_layer_of_ours(Value x, Value& y);
}  // namespace elsewhere

TEST_CASE("only tapegrad's own files are passed over") {
  Tape tape;
  tape.record_locations();
  const Value x = tape.variable(0.5);
  if (!has_source_lines()) return;
  const auto user = location(Node(elsewhere::in_a_file_like_ours(x)));
  REQUIRE(user);
  CHECK(user->file == "/home/me/src/core/loss.cpp");
  CHECK(user->line == 7);
  const auto below = location(Node(elsewhere::below_an_inlined_frame_of_ours(x)));
  REQUIRE(below);
  CHECK(to_string(*below) == "loss.cpp:27 in elsewhere::below_an_inlined_frame_of_ours");
  // Where there is nobody else, its own code is better than nothing.
  Value through;
  elsewhere::through_a_layer_of_ours(x, through);
  const auto own = location(Node(through));
  REQUIRE(own);
  CHECK(to_string(*own) == "layer.hpp:37 in elsewhere::through_a_layer_of_ours");
}

// As if the code stood in other files. Nothing may follow that needs a line of this one.
namespace elsewhere {
#line 5 "/home/me/src/core/loss.cpp"
Value in_a_file_like_ours(Value x) {
  // line 6
  const Value y = x - 1;
  return y;
}
#line 17 "/usr/include/tapegrad/nn/layer.hpp"
TAPEGRAD_INLINE Value frame_of_ours(Value x) {
  const Value y = x + 1;
  return y;
}
#line 25 "/home/me/src/core/loss.cpp"
Value below_an_inlined_frame_of_ours(Value x) {
  // line 26
  const Value y = frame_of_ours(x);
  return y;
}
#line 35 "/usr/include/tapegrad/nn/layer.hpp"
TAPEGRAD_NOINLINE void through_a_layer_of_ours(Value x, Value& y) {
  // line 36
  y = x * 2;
}
}  // namespace elsewhere

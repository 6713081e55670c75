// In place of the tests of model files, where the library was built without them.

#include <doctest/doctest.h>

#include <string>

#include "files/scratch_folder.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/model_file.hpp"
#include "tensor_bytes.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

TEST_CASE("a library without model files says what to install, and leaves files alone") {
  const ScratchFolder folder;
  const std::string bytes = tensor_bytes("{}", "");
  folder.write("net", bytes);
  const MLP net({2, 1}, Activation::tanh, Activation::tanh, 1);
  CHECK_THROWS_AS(load_network(folder / "net"), UnsupportedError);
  CHECK_THROWS_AS(save_network(net, folder / "net"), UnsupportedError);
  CHECK(message_behind("", [&] { load_tensors(folder / "net"); }).find("nlohmann-json3-dev") !=
        std::string::npos);
  CHECK(folder.bytes("net") == bytes);
  CHECK(folder.files() == 1);
}

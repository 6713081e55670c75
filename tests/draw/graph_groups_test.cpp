#include "draw/graph/graph_groups.hpp"

#include <doctest/doctest.h>

using namespace tapegrad;

TEST_CASE("a name's parts but the last are its groups, each within the one before") {
  GraphGroups groups;
  const std::uint32_t neuron = groups.of_node("L1.n3.w2");
  CHECK(groups.name(neuron) == "L1.n3");
  CHECK(groups.own_name(neuron) == "n3");
  CHECK(groups.parts(neuron) == 2);
  CHECK(groups.name(groups.parent(neuron)) == "L1");
  CHECK(groups.parent(groups.parent(neuron)) == 0);
  CHECK(groups.of_node("L1.n3.w1*x1") == neuron);
  CHECK(groups.of_node("L1.log_sum_exp") == groups.parent(neuron));
  CHECK(groups.of_node("L1.n3.b") == neuron);
  CHECK(groups.size() == 3);
}

TEST_CASE("names that are no path of identifiers are in no group") {
  GraphGroups groups;
  for (const char* name : {"", "w", ".", "a.", ".a", "0.5*x", "f(a.b)", "a..b", "a b.c", "ä.b",
                           "a.b.c.d.e.f.g.h.i.j"}) {
    CAPTURE(name);
    CHECK(groups.of_node(name) == 0);
  }
  CHECK(groups.size() == 1);
  CHECK(groups.parts(groups.of_node("a.b.c.d.e.f.g.h.i")) == GraphGroups::most_parts);
}

TEST_CASE("layers and neurons have titles as in the formulas") {
  CHECK(group_title("L12") == "layer (12)");
  CHECK(group_title("n3") == "neuron 3");
  for (const char* name : {"L", "n", "Lx", "n3a", "encoder"}) CHECK(group_title(name) == name);
}

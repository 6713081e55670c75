#include "inspect/function_name.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace tapegrad;

TEST_CASE("symbols become names without return type and arguments") {
  struct Row {
    const char* symbol;
    const char* name;
  };
  const std::vector<Row> rows = {
      {"main", "main"},
      {"main.cold", "main"},
      {"i", "i"},  // to a demangler, int
      {"_ZN4loss7softmaxERKSt6vectorIdSaIdEE", "loss::softmax"},
      {"_ZN4loss4meanIdEET_S1_", "loss::mean"},
      {"_ZN12_GLOBAL__N_14stepEd", "step"},
      {"_ZNK5ModelIdE7predictEd", "Model::predict"},
      {"_ZZ4mainENKUldE_clEd", "main::lambda"},
      {"_ZZ4mainENK3$_0clEd", "main::lambda"},
      {"_ZZZ4mainENKUlT_E_clIdEEDaS_ENKUldE_clEd", "main::lambda::lambda"},
      {"_ZNK5ModelltEd", "Model::operator<"},
      {"_ZNK5ModelclEd", "Model::operator()"},
      {"_ZlsIdE1XS0_T_", "operator<<"},
      {"_ZNK5ModelcvdEv", "Model::operator double"},
      {"_ZN5Model4stepB5cxx11Ev", "Model::step"},
      {"_ZN5Model4stepEv.constprop.0", "Model::step"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.symbol);
    CHECK(function_name(row.symbol) == row.name);
  }
  CHECK(without_template_arguments("softmax<double, 3>") == "softmax");
  CHECK(without_template_arguments("operator< <int>") == "operator<");
  CHECK(without_template_arguments("operator<=>") == "operator<=>");
  CHECK(without_template_arguments("operator()<int>") == "operator()");
  CHECK(without_template_arguments("operator->") == "operator->");
}

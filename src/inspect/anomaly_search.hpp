// Looks for the nodes at which NaN and infinity begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sweep_replay.hpp"
#include "tapegrad/inspect/anomaly.hpp"

namespace tapegrad {

class AnomalySearch {
 public:
  AnomalySearch(const SweepReplay& replay, const AnomalyOptions& options);

  Anomalies report() const;

 private:
  // An origin, before there is a text.
  struct Origin {
    Anomaly::Kind kind;
    Anomaly::Fate fate;
    std::uint32_t node;
    std::uint32_t operand;
  };

  // Of an adjoint that is bad by itself, and of a callback's.
  static constexpr std::uint32_t no_operand = 0xFFFFFFFF;

  bool is_bad(double x) const { return options_.is_bad(x); }
  bool has_bad_value(std::size_t node) const;
  bool has_bad_input(std::size_t node) const;
  void find_values();
  void find_derivatives();
  void find_in_rule(std::size_t node);
  void find_in_call(std::size_t node);
  void mark_poison();
  bool spreads(std::size_t node) const;
  void mark_spoilt();
  void add(Anomaly::Kind kind, Anomaly::Fate fate, std::size_t node, std::size_t operand = 0);
  Anomaly::Fate fate_of_value(std::size_t node) const;
  Anomaly::Fate fate_of_derivative(std::size_t node, const Operand& operand) const;

  Anomaly describe(const Origin& origin) const;
  std::string cause_of(const Origin& origin) const;
  std::string factors_of(const Origin& origin) const;
  std::string fate_text(const Anomaly& anomaly) const;
  std::string masked_text(const Anomaly& anomaly) const;
  std::string turn_text(const Anomaly& anomaly) const;
  std::vector<std::size_t> path_from(const Origin& origin) const;
  std::size_t end_of(std::size_t node) const;

  const SweepReplay& replay_;
  const AnomalyOptions& options_;
  std::size_t size_;
  // By node. A user whose value is not finite, on the way to where that does harm; itself there.
  std::vector<std::uint32_t> poisons_;
  std::vector<bool> gets_bad_;  // does it receive something that is not finite in the sweep?
  std::vector<bool> spoils_;    // does a bad adjoint go from here down to a variable?
  std::vector<Origin> origins_;
  Anomalies found_;
};

}  // namespace tapegrad

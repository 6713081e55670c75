#include "replay_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "aligned.hpp"

namespace tapegrad::bench {
namespace {

// NaN if it did not take part.
double seconds(const ReplayResult& result, const std::string& contestant) {
  const auto found = result.seconds.find(contestant);
  return found == result.seconds.end() ? std::nan("") : found->second;
}

struct Column {
  std::string title;
  std::function<double(const ReplayResult&)> ratio;
};

Column ratio(const std::string& title, const std::string& of, const std::string& to) {
  return {title,
          [=](const ReplayResult& result) { return seconds(result, of) / seconds(result, to); }};
}
Column time_beside(const std::string& contestant, const std::string& reference) {
  return ratio(contestant, contestant, reference);
}

std::string cell(double number) { return std::isnan(number) ? "" : fmt::format("{:.2f}", number); }

// A row for each kernel, with the time of the reference first, and their geometric means.
void print(const char* title, const std::vector<ReplayResult>& results,
           const std::string& reference, const std::vector<Column>& columns) {
  fmt::print("\n{}\n\n", title);
  Row head{"", reference + ", us"}, means{"geometric mean", ""};
  for (const Column& column : columns) head.push_back(column.title);
  std::vector<Row> rows{head};
  for (const ReplayResult& result : results) {
    const auto takes_part = [&](const Column& column) { return !std::isnan(column.ratio(result)); };
    if (std::ranges::none_of(columns, takes_part)) continue;
    rows.push_back({result.kernel, fmt::format("{:.4g}", seconds(result, reference) * 1e6)});
    for (const Column& column : columns) rows.back().push_back(cell(column.ratio(result)));
  }
  for (const Column& column : columns) {
    double logs = 0, count = 0;
    for (const ReplayResult& result : results)
      if (const double one = column.ratio(result); !std::isnan(one)) logs += std::log(one), ++count;
    means.push_back(cell(std::exp(logs / count)));
  }
  rows.push_back(means);
  print_aligned(rows);
}

}  // namespace

void print_many_points(const std::vector<ReplayResult>& results) {
  std::vector<Column> columns;
  for (const char* contestant : {"by hand", "tape", "ADOL-C", "exact", "vectors", "2 threads"})
    columns.push_back(time_beside(contestant, "double"));
  print(
      "Value and gradient at one of many points, as a multiple of the plain function called in a "
      "loop",
      results, "double", columns);
}

void print_one_point(const std::vector<ReplayResult>& results) {
  std::vector<Column> columns;
  for (const char* contestant : {"double", "tape", "ADOL-C", "program", "generated"})
    columns.push_back(time_beside(contestant, "by hand"));
  print("One call at one point, as a multiple of the gradient by hand", results, "by hand",
        columns);
}

void print_two_at_work(const std::vector<ReplayResult>& results) {
  print("Two at work: points a second, as a multiple of one thread (vectors)", results, "vectors",
        {ratio("2 threads", "vectors", "2 threads"), ratio("2 processes", "vectors", "2 processes"),
         ratio("threads/processes", "2 processes", "2 threads")});
}

void print_passes(const std::vector<ReplayResult>& results) {
  fmt::print("\nInstructions of value and gradient after each pass\n\n");
  std::vector<Row> rows{{"", "as differentiated"}};
  for (const PassReport& report : results.front().passes) rows[0].push_back(report.pass);
  for (const ReplayResult& result : results) {
    rows.push_back({result.kernel, fmt::format("{}", result.passes.front().before)});
    for (const PassReport& report : result.passes)
      rows.back().push_back(fmt::format("{}", report.after));
  }
  print_aligned(rows);
}

}  // namespace tapegrad::bench

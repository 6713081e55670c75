// What `lotka_volterra` draws: curves through measurements.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "output.hpp"
#include "tapegrad/tapegrad.hpp"

/// How many animals there were, and when.
struct History {
  std::vector<double> years;
  std::vector<double> prey;       // thousands
  std::vector<double> predators;  // thousands
};

inline void add_point(tapegrad::Series& series, double x, double y) {
  series.x.push_back(x);
  series.y.push_back(y);
}

inline void add_gap(tapegrad::Series& series) { add_point(series, NAN, NAN); }

struct RelativeError {
  double x = 0;
  double y = 0;
};

/// A bar through each point, as long as the error is in x and in y.
inline void add_bars(tapegrad::Series& series, const std::vector<double>& x,
                     const std::vector<double>& y, const RelativeError& error) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    add_gap(series);
    for (double part : {-1.0, 0.0, 1.0})
      add_point(series, x[i] * (1 + part * error.x), y[i] * (1 + part * error.y));
  }
}

/// Left both curves over the years, right one over the other; the measurements as error bars.
inline void draw_curves(const History& fitted, const History& measured, double relative_error) {
  using tapegrad::Plot, tapegrad::Scale, tapegrad::Series;
  Series prey{.name = "prey", .x = fitted.years, .y = fitted.prey};
  add_bars(prey, measured.years, measured.prey, {.y = relative_error});
  Series predators{.name = "predators", .x = fitted.years, .y = fitted.predators};
  add_bars(predators, measured.years, measured.predators, {.y = relative_error});

  Series bars{.name = "measured", .x = {}, .y = {}};
  add_bars(bars, measured.prey, measured.predators, {.x = relative_error});
  add_bars(bars, measured.prey, measured.predators, {.y = relative_error});
  const Series cycle{.name = "fit", .x = fitted.prey, .y = fitted.predators};
  const Series skipped{.name = {}, .x = {NAN}, .y = {NAN}};  // so that no colour is used twice

  const Plot over_time{.title = "Curves through the measurements",
                       .x_label = "years",
                       .y_label = "thousand animals",
                       .series = {prey, predators},
                       .y_scale = Scale::linear};
  const Plot in_plane{.title = "The cycle",
                      .x_label = "prey, thousand",
                      .y_label = "predators, thousand",
                      .series = {skipped, skipped, bars, cycle},
                      .y_scale = Scale::linear};

  print_files("The curves",
              tapegrad::draw({over_time, in_plane}, output_folder() / "lotka_volterra.svg"));
}

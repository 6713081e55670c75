// From a film to JSON: curves, then for each snapshot what training_facts.hpp computes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "draw/page_parts/html_text.hpp"
#include "draw/palette.hpp"
#include "draw/shrunk_matrix.hpp"
#include "packed_numbers.hpp"
#include "tapegrad/core/math.hpp"
#include "watched_training.hpp"

namespace tapegrad {
namespace {

template <class Items, class ToText>
std::string list(const Items& items, const char* separator, ToText&& to_text) {
  std::string text = "[";
  const char* between = "";
  for (const auto& item : items) {
    text += between;
    text += to_text(item);
    between = separator;
  }
  return text + "]";
}

std::string texts(const std::vector<std::string>& names) {
  return list(names, ",", [](const std::string& name) { return html::json(name); });
}

std::string names_or_numbers(const std::vector<std::string>& names, std::size_t count,
                             const char* letter, std::size_t first) {
  if (!names.empty()) return texts(names);
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(fmt::format("{}{}", letter, i + first));
  return texts(numbers);
}

// ---- Curves ----

std::string curve(const std::vector<EpochReport>& reports, Score EpochReport::*set,
                  double Score::*number) {
  return list(reports, ",",
              [&](const EpochReport& report) { return html::json(report.*set.*number); });
}

bool has_accuracy(const std::vector<EpochReport>& reports) {
  return std::ranges::any_of(reports, [](const EpochReport& report) {
    return !std::isnan(report.train.accuracy) || !std::isnan(report.validation.accuracy);
  });
}

std::string curves(const WatchedTraining& watched) {
  const std::vector<EpochReport>& reports = watched.reports.kept();
  const auto both = [&](double Score::*number) {
    std::string text = "{\"train\":" + curve(reports, &EpochReport::train, number);
    if (watched.has_validation)
      text += ",\n\"validation\":" + curve(reports, &EpochReport::validation, number);
    return text + "}";
  };
  std::string text = "\"epochs\":" + list(reports, ",", [](const EpochReport& report) {
                       return fmt::format("{}", report.epoch);
                     });
  text += ",\n\"loss\":" + both(&Score::loss);
  if (has_accuracy(reports)) text += ",\n\"accuracy\":" + both(&Score::accuracy);
  return text;
}

// ---- Layers ----

/// What a layer's part of all parameters, or of their gradient, is shown as.
struct PackedLayer {
  std::string weights;
  std::string biases;
  std::string norm;
};

PackedLayer packed_layer(const Layer& layer, std::span<const double> numbers) {
  const std::size_t weights = layer.inputs() * layer.neurons();
  constexpr std::size_t side = max_heat_map_side;
  const auto small = [&](std::span<const double> matrix, std::size_t rows) {
    return packed(shrunk(matrix, rows, layer.neurons(), side, side).values);
  };
  return {.weights = small(numbers.first(weights), layer.inputs()),
          .biases = small(numbers.subspan(weights), 1),
          .norm = html::json(norm(numbers))};
}

std::string layer_json(const Layer& layer, const std::vector<PackedLayer>& parameters,
                       const std::vector<PackedLayer>& gradients) {
  const auto field = [](const std::vector<PackedLayer>& moments, std::string PackedLayer::*text) {
    return list(moments, ",\n", [&](const PackedLayer& moment) { return moment.*text; });
  };
  return fmt::format(
      "{{\"inputs\":{},\"neurons\":{},\"activation\":{},\"rows\":{},\"columns\":{},\n"
      "\"norms\":{},\n\"weights\":{},\n\"biases\":{},\n\"weightGradients\":{},\n"
      "\"biasGradients\":{}}}",
      layer.inputs(), layer.neurons(), html::json(to_string(layer.activation())),
      std::min(layer.inputs(), max_heat_map_side), std::min(layer.neurons(), max_heat_map_side),
      field(gradients, &PackedLayer::norm), field(parameters, &PackedLayer::weights),
      field(parameters, &PackedLayer::biases), field(gradients, &PackedLayer::weights),
      field(gradients, &PackedLayer::biases));
}

std::string layers(const WatchedTraining& watched) {
  const MLP& network = watched.start;
  const std::size_t count = network.layers().size();
  std::vector<std::vector<PackedLayer>> parameters(count), gradients(count);
  MeanGradient gradient(network, watched.objective, watched.train.data, watched.options.gradient);
  for (const TrainingSnapshot& snapshot : watched.snapshots.kept()) {
    const std::vector<double> derivatives = gradient.at(snapshot.parameters);
    std::size_t begin = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const Layer& layer = network.layers()[k];
      const auto part = [&](std::span<const double> all) {
        return packed_layer(layer, all.subspan(begin, layer.parameter_count()));
      };
      parameters[k].push_back(part(snapshot.parameters));
      gradients[k].push_back(part(derivatives));
      begin += layer.parameter_count();
    }
  }
  std::string text;
  for (std::size_t k = 0; k < count; ++k) {
    text += k == 0 ? "[" : ",\n";
    text += layer_json(network.layers()[k], parameters[k], gradients[k]);
  }
  return text + "]";
}

// ---- Answers ----

// For each snapshot the network as it was then.
template <class ToText>
std::string for_each_network(const WatchedTraining& watched, ToText&& to_text) {
  MLP network = watched.start;
  return list(watched.snapshots.kept(), ",\n", [&](const TrainingSnapshot& snapshot) {
    std::ranges::copy(snapshot.parameters, network.parameters().begin());
    return to_text(std::as_const(network));
  });
}

std::string confusion_json(const WatchedTraining& watched) {
  const Samples& data = watched.judged.data;
  const std::string counts = for_each_network(watched, [&](const MLP& network) {
    return fmt::format("[{}]", fmt::join(confusion(network, data), ","));
  });
  return fmt::format("{{\"set\":\"{}\",\"samples\":{},\"of\":{},\"counts\":{}}}",
                     watched.has_validation ? "validation" : "train", data.size(),
                     watched.judged.of, counts);
}

// [x1, x2, class or first target] of each sample that is on the plane.
std::string points_json(const Samples& data, bool has_classes) {
  std::string text;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::span<const double> x = data.row(i), y = data.target(i);
    const double kind = has_classes ? static_cast<double>(class_of(y).value_or(0)) : y[0];
    if (std::isfinite(x[0]) && std::isfinite(x[1]) && std::isfinite(kind))
      text += fmt::format("{}[{:.5g},{:.5g},{:.5g}]", text.empty() ? "" : ",", x[0], x[1], kind);
  }
  return "[" + text + "]";
}

std::string map_json(const WatchedTraining& watched) {
  const Plane& plane = *watched.plane;
  const auto& [x1, x2] = plane.ranges;
  std::string text = fmt::format("{{\"points\":{},\"ranges\":[[{},{}],[{},{}]],\n\"train\":{}",
                                 plane.points, x1.low, x1.high, x2.low, x2.high,
                                 points_json(watched.train.data, watched.has_classes));
  if (watched.has_validation)
    text +=
        ",\n\"validation\":" +
        points_json(evenly_chosen(watched.judged.data, max_gradient_samples), watched.has_classes);
  if (watched.has_classes) {
    text += ",\n\"cells\":" + for_each_network(watched, [&](const MLP& network) {
              const ClassMap map = class_map(network, plane);
              return fmt::format("[\"{}\",\"{}\"]", base64(map.classes), packed_shares(map.shares));
            });
  } else {
    text += ",\n\"values\":" + for_each_network(watched, [&](const MLP& network) {
              return packed(value_map(network, plane));
            });
  }
  return text + "}";
}

// ---- Colours ----

std::string colors(Theme theme) {
  constexpr int steps = 64;  // to either side of 0
  std::string text;
  for (int step = -steps; step <= steps; ++step)
    text += fmt::format("{}\"{}\"", step == -steps ? "" : ",",
                        hex(diverging_color(static_cast<double>(step) / steps, theme)));
  return fmt::format("{{\"scale\":[{}],\"notFinite\":\"{}\"}}", text, hex(not_finite_color(theme)));
}

}  // namespace

std::string film_json(const WatchedTraining& watched) {
  const MLP& network = watched.start;
  const bool has_too_many = watched.has_classes && network.outputs() > max_film_classes;
  std::string text = "{" + curves(watched);
  text += ",\n\"snapshots\":" +
          list(watched.snapshots.kept(), ",",
               [](const TrainingSnapshot& snapshot) { return fmt::format("{}", snapshot.epoch); });
  text += fmt::format(",\n\"gradientSamples\":{},\"trainingSamples\":{},\n\"inputs\":{}",
                      watched.train.data.size(), watched.train.of,
                      names_or_numbers(watched.options.input_names, network.inputs(), "x", 1));
  text += ",\n\"layers\":" + layers(watched);
  if (watched.has_classes && !has_too_many) {
    text +=
        ",\n\"classes\":" + names_or_numbers(watched.options.class_names, network.outputs(), "", 0);
    text += ",\n\"confusion\":" + confusion_json(watched);
  }
  if (watched.plane && !has_too_many) text += ",\n\"map\":" + map_json(watched);
  return text + fmt::format(",\n\"colors\":{{\"light\":{},\n\"dark\":{}}}}}", colors(Theme::light),
                            colors(Theme::dark));
}

}  // namespace tapegrad

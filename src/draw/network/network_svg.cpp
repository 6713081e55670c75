#include "network_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "color_scale.hpp"
#include "draw/picture_text.hpp"
#include "network_layout.hpp"
#include "svg_text.hpp"

namespace tapegrad {
namespace {

constexpr double margin = 16;
constexpr double title_size = 18;
constexpr double label_size = 15;
constexpr double small_size = 13;
constexpr double bold = 1.12;             // by how much wider
constexpr double most_name = 160;         // width of names beside the columns
constexpr std::size_t most_numbers = 12;  // on lines between two columns
constexpr std::size_t many_lines = 40;    // anywhere: all are thin then, and without borders
constexpr double least_gap = 240;         // between columns, for numbers on lines
constexpr double sample_pitch = 56;       // of the legend
constexpr double legend_gap = 28;

class NetworkWriter {
 public:
  NetworkWriter(const NetworkDiagram& diagram, const std::vector<std::vector<double>>& discs,
                const PictureOptions& options)
      : diagram_(diagram),
        net_(diagram.network),
        options_(options),
        inks_(graph_inks(options.theme)),
        sizes_(column_sizes(net_)),
        parameters_(diagram.lines.empty() ? net_.parameters() : diagram.lines),
        discs_(discs),
        line_scale_(options.theme),
        disc_scale_(options.theme) {
    find_scales();
    find_labels();
    arrange();
  }

  std::string text() {
    for (std::size_t l = 0; l < net_.layers().size(); ++l) write_lines(l);
    for (std::size_t c = 0; c < sizes_.size(); ++c) write_column(c);
    write_names();
    const double bottom = write_legend();
    return head(std::ceil(bottom + margin)) + body_ + "</svg>\n";
  }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Arguments>(arguments)...);
  }

  // ---- Numbers ----

  double parameter(std::size_t layer, std::size_t index) const {
    return parameters_[offsets_[layer] + index];
  }
  double weight(std::size_t layer, std::size_t i, std::size_t j) const {
    return parameter(layer, net_.layers()[layer].weight_index(i, j));
  }

  void find_scales() {
    std::size_t offset = 0;
    for (const Layer& layer : net_.layers()) {
      offsets_.push_back(offset);
      for (std::size_t k = 0; k < layer.inputs() * layer.neurons(); ++k)
        line_scale_.add(parameters_[offset + k]);
      offset += layer.parameter_count();
    }
    for (const auto& column : discs_)
      for (const double x : column) disc_scale_.add(x);
  }

  // ---- Places ----

  void find_labels() {
    labels_.push_back({"inputs x", fmt::format("x: {}", sizes_[0])});
    for (std::size_t l = 0; l < net_.layers().size(); ++l) {
      const Layer& layer = net_.layers()[l];
      const bool is_output = l > 0 && l + 1 == net_.layers().size();  // a lone layer is no network
      labels_.push_back(
          {fmt::format("{}layer ({})", is_output ? "output " : "", l + 1),
           std::string(to_string(layer.activation())),
           fmt::format("W: {} × {}, b: {}", layer.inputs(), layer.neurons(), layer.neurons())});
    }
  }

  double label_width(std::size_t c) const {
    double width = label_size * bold * width_in_ems(labels_[c].front());
    for (const std::string& line : labels_[c])
      width = std::max(width, small_size * width_in_ems(line));
    return width;
  }

  std::string input_name(std::size_t i) const {
    return fitted_text(
        diagram_.input_names.empty() ? fmt::format("x{}", i + 1) : diagram_.input_names[i],
        most_name / label_size);
  }
  std::string output_name(std::size_t j) const {
    return diagram_.output_names.empty()
               ? ""
               : fitted_text(diagram_.output_names[j], most_name / label_size);
  }

  // All columns, centred if the legend is wider.
  void arrange() {
    double room = 0;
    for (std::size_t c = 0; c < sizes_.size(); ++c) room = std::max(room, label_width(c) + 16);
    for (std::size_t l = 0; l + 1 < sizes_.size(); ++l) {
      is_dense_ = is_dense_ || lines_between(l) >= many_lines;
      if (lines_between(l) <= most_numbers) room = std::max(room, least_gap);
    }
    const double top = diagram_.title.empty() ? margin : margin + title_size + 18;
    layout_ = network_layout(sizes_, diagram_.most_neurons, {0, top}, room);
    double left = label_width(0) / 2;
    for (const std::size_t i : layout_.columns.front().shown)
      left = std::max(left, layout_.radius + 8 + label_size * width_in_ems(input_name(i)));
    double right = label_width(sizes_.size() - 1) / 2;
    for (const std::size_t j : layout_.columns.back().shown)
      right = std::max(right, layout_.radius + 8 + label_size * width_in_ems(output_name(j)));
    const double width = left + layout_.end.x + right;
    const double least = std::max(width, legend_width(line_scale_));
    width_ = std::ceil(least + 2 * margin);
    layout_ = network_layout(sizes_, diagram_.most_neurons,
                             {margin + left + (least - width) / 2, top}, room);
  }

  std::size_t lines_between(std::size_t layer) const { return rows(layer) * rows(layer + 1); }
  std::size_t rows(std::size_t c) const { return std::min(sizes_[c], diagram_.most_neurons); }

  // ---- Elements ----

  std::string head(double height) const {
    double width = static_cast<double>(options_.width);
    double high = static_cast<double>(options_.height);
    if (width == 0) width = high == 0 ? width_ : high * width_ / height;
    if (high == 0) high = width * height / width_;
    std::string head = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0f}\" height=\"{:.0f}\" "
        "viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" font-family=\"Helvetica,Arial,sans-serif\">\n",
        std::max(width, 1.0), std::max(high, 1.0), width_, height);
    const std::string_view title = diagram_.title;
    head += fmt::format("<title>{}</title>\n",
                        title.empty() ? fmt::format("network {}", fmt::join(sizes_, "-"))
                                      : fitted_text(title, 1000));
    head +=
        fmt::format("<rect x=\"-100%\" y=\"-100%\" width=\"300%\" height=\"300%\" fill=\"{}\"/>\n",
                    inks_.paper);
    if (!title.empty())
      head += svg_text(
          {margin, margin + title_size / 2},
          fitted_text(title, (width_ - 2 * margin) / (title_size * bold)),
          {.size = title_size, .color = inks_.text, .anchor = Anchor::start, .is_bold = true});
    return head;
  }

  // ---- Lines ----

  struct ShownLine {
    std::size_t i;
    std::size_t j;
    Point from;
    Point to;
    double weight;
  };

  // Strong ones last: above the others.
  std::vector<ShownLine> lines_of(std::size_t layer) const {
    const NetworkColumn& from = layout_.columns[layer];
    const NetworkColumn& to = layout_.columns[layer + 1];
    std::vector<ShownLine> lines;
    for (std::size_t a = 0; a < from.shown.size(); ++a)
      for (std::size_t b = 0; b < to.shown.size(); ++b)
        lines.push_back({from.shown[a], to.shown[b], from.discs[a], to.discs[b],
                         weight(layer, from.shown[a], to.shown[b])});
    std::ranges::stable_sort(lines, {}, [&](const ShownLine& line) {
      return std::abs(line_scale_.position(line.weight));
    });
    return lines;
  }

  void write_lines(std::size_t layer) {
    const std::vector<ShownLine> lines = lines_of(layer);
    for (const ShownLine& line : lines)
      write_line(
          "weight", line.from, line.to, line.weight,
          fmt::format("L{}.n{}.w{}: {} {}", layer + 1, line.j + 1, line.i + 1,
                      fitted_text(diagram_.line_label, 100), picture_number(line.weight, 6)));
    if (lines.size() > most_numbers) return;
    std::vector<NumberedLine> numbered;
    numbered.reserve(lines.size());
    for (const ShownLine& line : lines)
      numbered.push_back(
          {line.from, line.to, small_size * width_in_ems(picture_number(line.weight, 4))});
    const std::vector<Point> places = place_numbers(numbered, layout_.radius, small_size);
    for (std::size_t k = 0; k < lines.size(); ++k)
      body_ += svg_text(places[k], picture_number(lines[k].weight, 4),
                        {.size = small_size, .color = inks_.text, .ground = inks_.paper});
  }

  void write_line(std::string_view kind, Point from, Point to, double x, std::string_view tooltip) {
    const double size = std::abs(line_scale_.position(x));
    const double width = is_dense_ ? 0.6 + 2.4 * size : 1.2 + 4.8 * size;
    const std::string ends = fmt::format("x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"",
                                         from.x, from.y, to.x, to.y);
    if (!is_dense_ && x != 0)
      add("<line {} stroke=\"{}\" stroke-width=\"{:.2f}\" stroke-opacity=\"0.4\"/>\n", ends,
          inks_.line, width + 1);
    add("<line class=\"{}\" {} ", kind, ends);
    if (x == 0)
      add("stroke=\"{}\" stroke-width=\"0.8\" stroke-dasharray=\"3 4\"", inks_.line);
    else
      add("stroke=\"{}\" stroke-width=\"{:.2f}\"", line_scale_.color(x), width);
    add("><title>{}</title></line>\n", tooltip);
  }

  // ---- Columns ----

  void write_column(std::size_t c) {
    const NetworkColumn& column = layout_.columns[c];
    for (std::size_t k = 0; k < column.shown.size(); ++k)
      write_disc(c, column.shown[k], column.discs[k]);
    if (column.hidden > 0) write_dots(column);
    const double x = column.discs.front().x;
    double y = layout_.end.y + 18;
    for (std::size_t k = 0; k < labels_[c].size(); ++k) {
      body_ += svg_text({x, y}, labels_[c][k],
                        {.size = k == 0 ? label_size : small_size,
                         .color = k == 0 ? inks_.text : inks_.faint,
                         .is_bold = k == 0});
      y += k == 0 ? 19 : 17;
    }
  }

  void write_disc(std::size_t c, std::size_t k, Point place) {
    const bool has_number = !discs_.empty();
    const double x = has_number ? discs_[c][k] : 0;
    const std::string name =
        c == 0 ? fmt::format("x{}", k + 1) : fmt::format("L{}.n{}.a", c, k + 1);
    add("<circle class=\"disc\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\" stroke=\"{}\" "
        "stroke-width=\"1.2\"><title>{}</title></circle>\n",
        place.x, place.y, layout_.radius,
        has_number ? disc_scale_.color(x) : std::string(inks_.empty), inks_.line,
        has_number ? fmt::format("{}: {} {}", name, fitted_text(diagram_.disc_label, 100),
                                 picture_number(x, 6))
                   : name);
    const bool is_small = layout_.radius < 24;
    if (has_number) {
      const double room = 2 * layout_.radius - 8;
      const std::string number = fitted_number(x, is_small ? 2 : 4, room / 10);
      const double size = std::min(room / width_in_ems(number), is_small ? 12.0 : 14.0);
      body_ += svg_text(place, number, {.size = size, .color = inks_.text});
    }
    if (c == 0) return;
    const double bias = parameter(c - 1, net_.layers()[c - 1].bias_index(k));
    body_ += svg_text(
        {place.x, place.y + layout_.radius + 10}, "b " + picture_number(bias, is_small ? 2 : 4),
        {.size = is_small ? 11.0 : 12.0, .color = inks_.faint, .ground = inks_.paper});
  }

  void write_dots(const NetworkColumn& column) {
    for (const double y : {-18.0, -12.0, 12.0, 18.0})
      add("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"1.7\" fill=\"{}\"/>\n", column.dots.x,
          column.dots.y + y, inks_.text);
    body_ += svg_text(column.dots, fmt::format("{} more", column.hidden),
                      {.size = small_size, .color = inks_.text, .ground = inks_.paper});
  }

  void write_names() {
    const NetworkColumn& first = layout_.columns.front();
    for (std::size_t k = 0; k < first.shown.size(); ++k)
      body_ += svg_text({first.discs[k].x - layout_.radius - 8, first.discs[k].y},
                        input_name(first.shown[k]),
                        {.size = label_size, .color = inks_.text, .anchor = Anchor::end});
    if (diagram_.output_names.empty()) return;
    const NetworkColumn& last = layout_.columns.back();
    for (std::size_t k = 0; k < last.shown.size(); ++k)
      body_ += svg_text({last.discs[k].x + layout_.radius + 8, last.discs[k].y},
                        output_name(last.shown[k]),
                        {.size = label_size, .color = inks_.text, .anchor = Anchor::start});
  }

  // ---- Legend ----

  static double legend_width(const ColorScale& scale) {
    return sample_pitch * static_cast<double>(std::max<std::size_t>(scale.samples().size(), 5));
  }

  // One beside the other where there is room. Returns where it ends.
  double write_legend() {
    const double lines = legend_width(line_scale_);
    const double discs = discs_.empty() ? 0 : legend_gap + legend_width(disc_scale_);
    const bool side_by_side = lines + discs <= width_ - 2 * margin;
    const double x = side_by_side ? (width_ - lines - discs) / 2 : (width_ - lines) / 2;
    const double y = layout_.end.y + 96;
    write_samples(
        {x, y}, line_scale_,
        (diagram_.lines.empty() ? "lines: " : "lines and b: ") + diagram_.line_label,
        [&](Point place, double sample) {
          write_line("sample", {place.x - 15, place.y}, {place.x + 15, place.y}, sample, "");
        });
    if (discs_.empty()) return y + 52;
    const Point second = side_by_side ? Point{x + lines + legend_gap, y} : Point{x, y + 72};
    write_samples(second, disc_scale_, "discs: " + diagram_.disc_label,
                  [&](Point place, double sample) {
                    add("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"8\" fill=\"{}\" stroke=\"{}\"/>\n",
                        place.x, place.y, disc_scale_.color(sample), inks_.line);
                  });
    return second.y + 52;
  }

  template <class WriteSample>
  void write_samples(Point place, const ColorScale& scale, const std::string& label,
                     WriteSample write_sample) {
    body_ += svg_text(place, fitted_text(label, legend_width(scale) / small_size),
                      {.size = small_size, .color = inks_.text, .anchor = Anchor::start});
    place.x += sample_pitch / 2;
    for (const double sample : scale.samples()) {
      write_sample(Point{place.x, place.y + 22}, sample);
      body_ += svg_text({place.x, place.y + 42},
                        std::isfinite(sample) ? picture_number(sample, 3) : "NaN, ∞",
                        {.size = 12, .color = inks_.faint});
      place.x += sample_pitch;
    }
  }

  const NetworkDiagram& diagram_;
  const MLP& net_;
  const PictureOptions& options_;
  const GraphInks& inks_;
  std::vector<std::size_t> sizes_;
  std::span<const double> parameters_;
  std::vector<std::size_t> offsets_;  // where each layer's parameters begin
  const std::vector<std::vector<double>>& discs_;
  ColorScale line_scale_;
  ColorScale disc_scale_;
  std::vector<std::vector<std::string>> labels_;  // under each column
  NetworkLayout layout_ = {};
  double width_ = 0;
  bool is_dense_ = false;
  std::string body_;
};

}  // namespace

std::vector<std::size_t> column_sizes(const MLP& network) {
  std::vector<std::size_t> sizes{network.inputs()};
  for (const Layer& layer : network.layers()) sizes.push_back(layer.neurons());
  return sizes;
}

std::string network_svg(const NetworkDiagram& diagram,
                        const std::vector<std::vector<double>>& discs,
                        const PictureOptions& options) {
  return NetworkWriter(diagram, discs, options).text();
}

}  // namespace tapegrad

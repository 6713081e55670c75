// What every plot needs: gnuplot as a function from a script to a picture, and the script's
// grammar.
//
// Nothing that a user wrote reaches a shell, and no path reaches gnuplot: the script, with the
// numbers inside, comes in on standard input, and the picture goes out on standard output.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "draw/picture_file.hpp"
#include "tapegrad/draw/plot.hpp"

namespace tapegrad::gnuplot {

/// `text` as a string of gnuplot's grammar in which nothing is special. Line breaks and other
/// control characters become spaces.
std::string quoted(std::string_view text);

/// `text` as a field of a CSV file, in quotes where it needs them (RFC 4180).
std::string csv_field(std::string_view text);

/// Whether axes can show the point; a logarithmic y axis shows only what is positive.
bool is_drawable(double x, double y, bool logarithmic_y);

/// Whether axes can show any of its points.
bool is_drawable(const Series& series, bool logarithmic_y);

/// Whether each point of a line has a disc on it. Of more than a few dozen, the discs would hide
/// the line, and be most of the picture's file.
bool has_beads(const Series& line);

/// The points of a line that have a disc: all, or those that are not seen without, each alone
/// between two gaps.
Series bead_points(const Series& line, bool logarithmic_y);

/// The points as a block of data named $`name`, with a blank line for each gap.
std::string data_block(std::string_view name, const Series& series, bool logarithmic_y);

/// What follows a curve's points to say how they are shown: joined, as discs, or as the discs on a
/// line.
std::string lines(double width, std::string_view color);
std::string discs(double size, std::string_view color);
std::string beads(std::string_view color);

/// What follows a curve to name it in the legend, or to leave it out there.
std::string legend_entry(std::string_view name);

struct Size {
  std::size_t width;
  std::size_t height;
};

/// @throws ArgumentError if a picture of `pixels` is too small for its text
void check_room(std::string_view name, std::size_t pixels, std::size_t least);

/// Width of one of `panels` pairs of axes side by side.
/// @throws ArgumentError if the picture is too narrow for them
std::size_t axes_width(Size size, std::size_t panels);

/// Rows that the legend needs between title and axes; entries without a name take no place.
std::size_t legend_rows(std::span<const std::string> names, std::size_t axes_width);

/// Height of title and legend, above the axes.
std::size_t top_margin(std::size_t legend_rows);

/// Height of a picture whose axes are `axes_height` high, or as high as the legend, which gnuplot
/// would cut off otherwise.
std::size_t picture_height(std::size_t axes_height, std::size_t legend_rows);

/// Begins a script: the terminal, fonts, and the look of axes, grid and legend. A PNG has twice as
/// many pixels as `size` says on each side, and all in it is twice as large. Scripts use two things
/// that differ: bead(size) is the size of discs on a line, and `line` the height of a line of text.
std::string prologue(Size size, PictureFormat format, Theme theme);

/// Begins the picture: `panels` pairs of axes side by side, whose margins and rows of legend are
/// the same.
/// @throws ArgumentError if the picture is too low
std::string layout(Size size, std::size_t panels, std::size_t legend_rows);

struct Labels {
  std::string_view title;
  std::string_view x_label;
  std::string_view y_label;
  std::size_t legend_rows;
};

/// The text around a pair of axes: title and legend to the left above them.
std::string labels(const Labels& labels);

/// @throws ShapeError if the series has not as many x as y
void check_lengths(const Series& series);
/// @throws ShapeError also if it has no points
void check(const Series& series);

/// Runs the script and adds what it draws to `picture`, whose files hold the numbers already, or
/// else the hint.
/// @throws FileError if the picture cannot be written
void render(std::string_view script, const std::filesystem::path& file,
            const PictureOptions& options, Picture& picture);

}  // namespace tapegrad::gnuplot

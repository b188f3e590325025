// A line chart as an image, with axes, ticks at round numbers and a legend: enough for the loss curve of a training.
#pragma once

#include <string>
#include <vector>

#include "image/font.h"
#include "image/image.h"

namespace sr3 {

struct PlotLine {
  std::string name;          // for the legend; a line without a name has no entry
  std::vector<double> x, y;  // of equal length; a y that is not finite (with log_y: not positive) breaks the line
  bool faint = false;        // thin and pale: the raw values behind a smoothed line
};

struct PlotOptions {
  int64_t width = 800, height = 450;
  std::string title, x_label, y_label;
  bool log_y = false;
};

// Draws the chart, of 8 bits and at least 160x120 pixels. Without any drawable point the axes are empty.
Image plot(const std::vector<PlotLine>& lines, const PlotOptions& options);

// Ticks at 1, 2 or 5 times a power of ten, at most `most` of them, all inside [low, high].
std::vector<double> round_ticks(double low, double high, int most);
// The mean of each value and up to `window - 1` before it, leaving out those that are not finite; NaN if none is.
std::vector<double> moving_average(const std::vector<double>& values, size_t window);

}  // namespace sr3

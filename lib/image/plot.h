// A line chart as an image: axes, round ticks with numbers, a legend. For the loss curve of a training; no more than that.
#pragma once

#include <string>
#include <vector>

#include "image/font.h"
#include "image/image.h"

namespace sr3 {

struct PlotLine {
  std::string name;          // in the legend; empty: not there
  std::vector<double> x, y;  // as many of both; a y that is not finite (with log_y: not positive) breaks the line
  bool faint = false;        // thin and pale: the raw values behind a smoothed line
};

struct PlotOptions {
  int64_t width = 800, height = 450;
  std::string title, x_label, y_label;
  bool log_y = false;
};

// 8 bits. Lines without a single drawable point leave empty axes.
Image plot(const std::vector<PlotLine>& lines, const PlotOptions& options);

// Ticks at 1, 2 or 5 times a power of ten, at most `most` of them, all inside [low, high].
std::vector<double> round_ticks(double low, double high, int most);
// Each value the mean of itself and up to `window - 1` before it; values that are not finite are left out of means.
std::vector<double> moving_average(const std::vector<double>& values, size_t window);

}  // namespace sr3

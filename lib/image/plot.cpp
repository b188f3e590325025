#include "image/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace sr3 {
namespace {

constexpr Color kInk = {40, 40, 40}, kGrid = {225, 225, 225}, kWhite = {255, 255, 255};
constexpr Color kLineColors[] = {{31, 119, 180}, {214, 84, 24}, {44, 140, 44}, {148, 60, 170}};

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void include(double value) { low = std::min(low, value), high = std::max(high, value); }
  void settle() {  // makes the length finite and positive
    if (low > high) low = 0, high = 1;
    if (low == high) low -= std::max(0.5, std::abs(low) * 0.05), high += std::max(0.5, std::abs(high) * 0.05);
  }
};

// The drawing area and the axes' scales. Pixel centres are at whole coordinates.
struct Frame {
  double left, top, right, bottom;
  Range x, y;
  bool log_y;
  double column(double value) const { return left + (value - x.low) / (x.high - x.low) * (right - left); }
  double row(double value) const {
    const double height = log_y ? std::log10(value) : value;
    return bottom - (height - y.low) / (y.high - y.low) * (bottom - top);
  }
  bool drawable(double a, double b) const { return std::isfinite(a) && std::isfinite(b) && (!log_y || b > 0); }
};

void blend(Image& image, int64_t x, int64_t y, Color color, float share) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  uint8_t* pixel = &image.u8[static_cast<size_t>((y * image.width + x) * 3)];
  for (int c = 0; c < 3; ++c)
    pixel[c] = static_cast<uint8_t>(std::lround(static_cast<float>(pixel[c]) * (1 - share) + color[c] * share));
}

void rule(Image& image, int64_t x0, int64_t y0, int64_t x1, int64_t y1, Color color) {
  for (int64_t y = y0; y <= y1; ++y)
    for (int64_t x = x0; x <= x1; ++x) blend(image, x, y, color, 1);
}

// Raises the coverage of the pixels near the segment to this segment's, for antialiased lines that are not darker where
// segments meet.
void cover_segment(std::vector<float>& coverage, int64_t width, int64_t height, double x0, double y0, double x1,
                   double y1, double thickness) {
  const double reach = thickness / 2 + 1, length2 = (x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0);
  const auto first = [reach](double a, double b) { return std::max<int64_t>(0, std::llround(std::min(a, b) - reach)); };
  const auto last = [reach](double a, double b, int64_t size) {
    return std::min<int64_t>(size - 1, std::llround(std::max(a, b) + reach));
  };
  for (int64_t y = first(y0, y1); y <= last(y0, y1, height); ++y)
    for (int64_t x = first(x0, x1); x <= last(x0, x1, width); ++x) {
      const double px = static_cast<double>(x) - x0, py = static_cast<double>(y) - y0;
      const double along = length2 > 0 ? std::clamp((px * (x1 - x0) + py * (y1 - y0)) / length2, 0.0, 1.0) : 0;
      const double distance = std::hypot(px - along * (x1 - x0), py - along * (y1 - y0));
      float& value = coverage[static_cast<size_t>(y * width + x)];
      value = std::max(value, static_cast<float>(std::clamp(thickness / 2 + 0.5 - distance, 0.0, 1.0)));
    }
}

void draw_line(Image& image, const Frame& frame, const PlotLine& line, Color color) {
  std::vector<float> coverage(static_cast<size_t>(image.width * image.height));
  const double thickness = line.faint ? 1 : 1.8;
  const size_t count = std::min(line.x.size(), line.y.size());
  for (size_t i = 0; i < count; ++i) {
    if (!frame.drawable(line.x[i], line.y[i])) continue;
    const bool joined = i > 0 && frame.drawable(line.x[i - 1], line.y[i - 1]);
    const size_t from = joined ? i - 1 : i;
    cover_segment(coverage, image.width, image.height, frame.column(line.x[from]), frame.row(line.y[from]),
                  frame.column(line.x[i]), frame.row(line.y[i]), thickness);
  }
  for (int64_t i = 0; i < image.width * image.height; ++i)
    if (coverage[i] > 0)
      blend(image, i % image.width, i / image.width, color, coverage[i] * (line.faint ? 0.35f : 1.0f));
}

std::string number(double value) {
  char text[32];
  const double size = std::abs(value);
  if (size >= 1000 && size < 1e7 && value == std::round(value))
    std::snprintf(text, sizeof text, size >= 1e4 && std::fmod(size, 1000) == 0 ? "%.0fk" : "%.0f",
                  size >= 1e4 && std::fmod(size, 1000) == 0 ? value / 1000 : value);
  else
    std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

// Ticks in a range of logarithms: 1, 2 and 5 times each power of ten in a short range, else powers of ten.
std::vector<double> decade_ticks(double low, double high) {
  std::vector<double> out;
  const bool dense = high - low < 2.5;
  for (int64_t decade = std::llround(std::floor(low)); decade <= std::llround(std::ceil(high)); ++decade)
    for (double digit : {1.0, 2.0, 5.0}) {
      const double value = digit * std::pow(10.0, static_cast<double>(decade));
      if ((dense || digit == 1) && std::log10(value) >= low - 1e-9 && std::log10(value) <= high + 1e-9)
        out.push_back(value);
    }
  return out;
}

Frame fit_frame(const std::vector<PlotLine>& lines, const PlotOptions& options) {
  Frame frame{64,
              options.title.empty() ? 14.0 : 28.0,
              static_cast<double>(options.width) - 16,
              static_cast<double>(options.height) - (options.x_label.empty() ? 24 : 36),
              {},
              {},
              options.log_y};
  for (const PlotLine& line : lines)
    for (size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i)
      if (frame.drawable(line.x[i], line.y[i])) {
        frame.x.include(line.x[i]);
        frame.y.include(options.log_y ? std::log10(line.y[i]) : line.y[i]);
      }
  frame.x.settle();
  frame.y.settle();
  const double margin = (frame.y.high - frame.y.low) * 0.04;
  frame.y.low -= margin, frame.y.high += margin;
  return frame;
}

void draw_axes(Image& image, const Frame& frame, const PlotOptions& options) {
  const auto pixel = [](double v) { return std::llround(v); };
  const int64_t left = pixel(frame.left), right = pixel(frame.right), top = pixel(frame.top),
                bottom = pixel(frame.bottom);
  auto ticks = frame.log_y ? decade_ticks(frame.y.low, frame.y.high) : round_ticks(frame.y.low, frame.y.high, 9);
  if (frame.log_y && ticks.size() < 2) {  // within one decade evenly spaced ticks are clearer
    ticks = round_ticks(std::pow(10.0, frame.y.low), std::pow(10.0, frame.y.high), 7);
  }
  for (double value : ticks) {
    const int64_t y = pixel(frame.row(value));
    rule(image, left, y, right, y, kGrid);
    draw_text(image, left - 5 - text_width(number(value)), y - 3, number(value), kInk);
  }
  for (double value : round_ticks(frame.x.low, frame.x.high, 10)) {
    const int64_t x = pixel(frame.column(value));
    rule(image, x, top, x, bottom, kGrid);
    draw_text(image, x - text_width(number(value)) / 2, bottom + 6, number(value), kInk);
  }
  rule(image, left, top, left, bottom, kInk);
  rule(image, left, bottom, right, bottom, kInk);
  draw_text(image, (left + right - text_width(options.title)) / 2, 8, options.title, kInk);
  draw_text(image, (left + right - text_width(options.x_label)) / 2, bottom + 20, options.x_label, kInk);
  draw_text(image, 4, options.title.empty() ? 3 : 16, options.y_label, kInk);
}

}  // namespace

std::vector<double> round_ticks(double low, double high, int most) {
  std::vector<double> out;
  if (!(high > low) || !std::isfinite(high - low) || most < 1) return out;
  double step = std::pow(10.0, std::floor(std::log10((high - low) / most)));
  for (int i = 0; (std::floor(high / step) - std::ceil(low / step)) + 1 > most; ++i) step *= i % 3 == 1 ? 2.5 : 2;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k)
    out.push_back(k == 0 ? 0 : k * step);  // no "-0"
  return out;
}

std::vector<double> moving_average(const std::vector<double>& values, size_t window) {
  std::vector<double> out(values.size());
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) sum += values[i], ++count;
    if (i >= window && std::isfinite(values[i - window])) sum -= values[i - window], --count;
    out[i] = count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
  }
  return out;
}

Image plot(const std::vector<PlotLine>& lines, const PlotOptions& options) {
  PlotOptions sized = options;
  sized.width = std::max<int64_t>(options.width, 160), sized.height = std::max<int64_t>(options.height, 120);
  Image image = make_image(sized.width, sized.height);
  std::fill(image.u8.begin(), image.u8.end(), kWhite[0]);
  const Frame frame = fit_frame(lines, sized);
  draw_axes(image, frame, sized);

  int64_t legend = std::llround(frame.top) + 6;
  for (size_t i = 0; i < lines.size(); ++i) {
    const Color color = kLineColors[i % std::size(kLineColors)];
    draw_line(image, frame, lines[i], color);
    if (lines[i].name.empty()) continue;
    const int64_t x = std::llround(frame.right) - text_width(lines[i].name) - 8;
    for (int64_t dy = 0; dy < 2; ++dy)
      for (int64_t dx = 0; dx < 18; ++dx)
        blend(image, x - 24 + dx, legend + 3 + dy, color, lines[i].faint ? 0.35f : 1.0f);
    draw_text(image, x, legend, lines[i].name, kInk);
    legend += kGlyphHeight + 3;
  }
  return image;
}

}  // namespace sr3

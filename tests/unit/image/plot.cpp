#include "image/plot.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace sr3;

namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

// Saturated pixels belong to a line; axes, grid and text are grey.
int64_t coloured(const Image& image, int64_t x0, int64_t y0, int64_t x1, int64_t y1) {
  int64_t n = 0;
  for (int64_t y = y0; y < y1; ++y)
    for (int64_t x = x0; x < x1; ++x) {
      const uint8_t* p = &image.u8[static_cast<size_t>((y * image.width + x) * 3)];
      n += std::abs(p[0] - p[2]) > 60;
    }
  return n;
}

}  // namespace

TEST_CASE("round ticks") {
  CHECK(round_ticks(0, 10, 6) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(round_ticks(-1, 1, 5) == std::vector<double>{-1, -0.5, 0, 0.5, 1});
  CHECK(round_ticks(0, 70000, 10) == std::vector<double>{0, 10000, 20000, 30000, 40000, 50000, 60000, 70000});
  CHECK(round_ticks(1, 1, 5).empty());
  for (double high : {0.013, 0.37, 4.1, 99.0, 12345.0})
    for (int most : {3, 6, 10}) {
      const auto ticks = round_ticks(high / 7, high, most);
      CHECK(ticks.size() <= static_cast<size_t>(most));
      CHECK(ticks.size() >= 1);
      CHECK(ticks.back() <= high * (1 + 1e-9));
    }
}

TEST_CASE("moving average leaves out what is not finite") {
  const auto out = moving_average({1, 3, kNan, 5, 7}, 2);
  CHECK(out[0] == 1);
  CHECK(out[1] == 2);
  CHECK(out[2] == 3);
  CHECK(out[3] == 5);
  CHECK(out[4] == 6);
  CHECK(std::isnan(moving_average({kNan}, 3)[0]));
}

TEST_CASE("a rising line goes from the lower left to the upper right") {
  PlotOptions options;
  options.width = 300, options.height = 200;
  const Image image = plot({{"", {0, 1}, {0, 1}}}, options);
  CHECK(image.width == 300);
  CHECK(image.height == 200);
  CHECK(coloured(image, 64, 100, 174, 176) > 60);
  CHECK(coloured(image, 174, 14, 284, 95) > 60);
  CHECK(coloured(image, 64, 14, 170, 90) == 0);
  CHECK(coloured(image, 180, 105, 284, 176) == 0);
}

TEST_CASE("a gap in the values is a gap in the line") {
  PlotOptions options;
  options.width = 300, options.height = 200;
  const Image whole = plot({{"", {0, 1, 2, 3, 4}, {1, 2, 1, 2, 1}}}, options);
  const Image broken = plot({{"", {0, 1, 2, 3, 4}, {1, 2, kNan, 2, 1}}}, options);
  CHECK(coloured(whole, 125, 0, 225, 200) > 50);
  CHECK(coloured(broken, 125, 0, 225, 200) < 30);  // the two ends
}

TEST_CASE("a logarithmic axis draws a geometric series straight, and omits values that are not positive") {
  PlotOptions options;
  options.width = 300, options.height = 200;
  options.log_y = true;
  const Image image = plot({{"", {0, 1, 2, 3, 4}, {1, 10, 100, 1000, 10000}}}, options);
  const Image straight = plot({{"", {0, 4}, {1, 10000}}}, options);
  CHECK(image.u8 == straight.u8);
  CHECK(plot({{"", {0, 1, 2, 3}, {1, 10, 0, -5}}}, options).u8.size() == 300 * 200 * 3);
}

TEST_CASE("without data the axes are empty; a constant and a single point are drawn") {
  CHECK(coloured(plot({}, {}), 0, 0, 800, 450) == 0);
  CHECK(coloured(plot({{"", {1, 2}, {kNan, kNan}}}, {}), 0, 0, 800, 450) == 0);
  CHECK(coloured(plot({{"", {1, 2}, {5, 5}}}, {}), 0, 0, 800, 450) > 600);
  CHECK(coloured(plot({{"", {1}, {5}}}, {}), 0, 0, 800, 450) > 0);
  CHECK(plot({{"loss", {1}, {5}}}, {1, 1, "t", "x", "y", true}).width == 160);
}

#include "metrics/psnr.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/error.h"

namespace sr3 {
namespace {

// The sum of each block is exact, in integers: squared differences are below 2^32, even of 16-bit samples.
template <class Sample>
double sum_of_squares(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  double total = 0;
  constexpr size_t kBlock = 4096;
  for (size_t start = 0; start < a.size(); start += kBlock) {
    uint64_t sum = 0;
    for (size_t i = start; i < std::min(a.size(), start + kBlock); ++i) {
      const int64_t difference = int64_t{a[i]} - int64_t{b[i]};
      sum += static_cast<uint64_t>(difference * difference);
    }
    total += static_cast<double>(sum);
  }
  return total;
}

void check_sizes(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height)
    throw DataError(cat("cannot compare images of ", a.width, "x", a.height, " and ", b.width, "x", b.height));
  if (a.samples() == 0) throw DataError("cannot compare empty images");
}

double decibels(double mse) {
  return mse > 0 ? 10 * std::log10(255.0 * 255.0 / mse) : std::numeric_limits<double>::infinity();
}

}  // namespace

std::vector<double> channel_of(const Image& image, int channel) {
  std::vector<double> out(image.samples() / 3);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = image.depth == 8 ? image.u8[3 * i + channel] : image.u16[3 * i + channel] / 257.0;
  return out;
}

std::vector<double> luma_of(const Image& image) {
  const auto luma = [](double r, double g, double b) { return 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255; };
  std::vector<double> out(image.samples() / 3);
  for (size_t i = 0; i < out.size(); ++i) {
    if (image.depth == 8)
      out[i] = luma(image.u8[3 * i], image.u8[3 * i + 1], image.u8[3 * i + 2]);
    else
      out[i] = luma(image.u16[3 * i] / 257.0, image.u16[3 * i + 1] / 257.0, image.u16[3 * i + 2] / 257.0);
  }
  return out;
}

double mean_square_error(const Image& a, const Image& b) {
  check_sizes(a, b);
  if (a.depth == 8 && b.depth == 8)
    return sum_of_squares(a.u8, b.u8) / static_cast<double>(a.samples()) / (255.0 * 255.0);
  const Image deep_a = with_depth(a, 16), deep_b = with_depth(b, 16);
  return sum_of_squares(deep_a.u16, deep_b.u16) / static_cast<double>(a.samples()) / (65535.0 * 65535.0);
}

double psnr(const Image& a, const Image& b) { return decibels(mean_square_error(a, b) * 255.0 * 255.0); }

double psnr_y(const Image& a, const Image& b) {
  check_sizes(a, b);
  const auto x = luma_of(a), y = luma_of(b);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return decibels(sum / static_cast<double>(x.size()));
}

}  // namespace sr3

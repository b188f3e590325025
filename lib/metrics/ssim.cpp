#include "metrics/ssim.h"

#include <array>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "metrics/psnr.h"

namespace sr3 {
namespace {

std::array<double, kSsimWindow> window_weights() {
  std::array<double, kSsimWindow> weights{};
  double sum = 0;
  for (int64_t i = 0; i < kSsimWindow; ++i) {
    const double x = static_cast<double>(i - kSsimWindow / 2);
    sum += weights[i] = std::exp(-x * x / (2 * 1.5 * 1.5));
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// The window is separable: sums are weighted down the columns first, then along the row, both for a whole row at a time.
using Row = std::vector<double>;

void along_row(const std::array<double, kSsimWindow>& weights, const Row& in, Row& out) {
  for (double& value : out) value = 0;
  for (int64_t k = 0; k < kSsimWindow; ++k)
    for (size_t x = 0; x < out.size(); ++x) out[x] += weights[k] * in[x + k];
}

void check_window(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height)
    throw DataError(cat("cannot compare images of ", a.width, "x", a.height, " and ", b.width, "x", b.height));
  if (a.width < kSsimWindow || a.height < kSsimWindow)
    throw DataError(cat("cannot compute the SSIM of an image of ", a.width, "x", a.height,
                        ": it is smaller than the 11x11 window"));
}

}  // namespace

double ssim_plane(std::span<const double> a, std::span<const double> b, int64_t width, int64_t height) {
  static const auto weights = window_weights();
  constexpr double c1 = (0.01 * 255) * (0.01 * 255), c2 = (0.03 * 255) * (0.03 * 255);
  const int64_t columns = width - kSsimWindow + 1, rows = height - kSsimWindow + 1;
  // Weighted sums of a, b, a a + b b, a b: the formula needs the squares only together.
  Row sum_a(width), sum_b(width), sum_squares(width), sum_product(width);
  Row mean_a(columns), mean_b(columns), squares(columns), product(columns);
  double total = 0;
  for (int64_t y = 0; y < rows; ++y) {
    for (Row* row : {&sum_a, &sum_b, &sum_squares, &sum_product}) row->assign(width, 0);
    for (int64_t k = 0; k < kSsimWindow; ++k) {
      const double* p = &a[static_cast<size_t>((y + k) * width)];
      const double* q = &b[static_cast<size_t>((y + k) * width)];
      const double w = weights[k];
      for (int64_t x = 0; x < width; ++x) {
        sum_a[x] += w * p[x];
        sum_b[x] += w * q[x];
        sum_squares[x] += w * (p[x] * p[x] + q[x] * q[x]);
        sum_product[x] += w * (p[x] * q[x]);
      }
    }
    along_row(weights, sum_a, mean_a);
    along_row(weights, sum_b, mean_b);
    along_row(weights, sum_squares, squares);
    along_row(weights, sum_product, product);
    double row_total = 0;
    for (int64_t x = 0; x < columns; ++x) {
      const double ab = mean_a[x] * mean_b[x], aa_bb = mean_a[x] * mean_a[x] + mean_b[x] * mean_b[x];
      row_total += (2 * ab + c1) * (2 * (product[x] - ab) + c2) / ((aa_bb + c1) * (squares[x] - aa_bb + c2));
    }
    total += row_total;
  }
  return total / static_cast<double>(rows * columns);
}

double ssim(const Image& a, const Image& b) {
  check_window(a, b);
  double sum = 0;
  for (int channel = 0; channel < Image::kChannels; ++channel)
    sum += ssim_plane(channel_of(a, channel), channel_of(b, channel), a.width, a.height);
  return sum / Image::kChannels;
}

double ssim_y(const Image& a, const Image& b) {
  check_window(a, b);
  return ssim_plane(luma_of(a), luma_of(b), a.width, a.height);
}

}  // namespace sr3

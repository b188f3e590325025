#include "degrade/blur_kernel.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "degrade/kernel.h"
#include "degrade/separable.h"

namespace sr3 {
namespace {

// The window filled with a function of the offset (x, y), normalised.
template <class Function>
BlurKernel filled(int64_t size, Function function) {
  BlurKernel kernel{size, {}};
  const int64_t radius = size / 2;
  double sum = 0;
  for (int64_t y = -radius; y <= radius; ++y)
    for (int64_t x = -radius; x <= radius; ++x) {
      kernel.weights.push_back(function(static_cast<double>(x), static_cast<double>(y)));
      sum += kernel.weights.back();
    }
  for (double& weight : kernel.weights) weight /= sum;
  return kernel;
}

// x' C^-1 x, by the offset in the axes of the ellipse.
double squared_distance(const Spread& spread, double x, double y) {
  const double c = std::cos(spread.angle), s = std::sin(spread.angle);
  const double along = (c * x + s * y) / spread.sigma_x, across = (c * y - s * x) / spread.sigma_y;
  return along * along + across * across;
}

}  // namespace

BlurKernel gaussian_kernel(int64_t size, const Spread& spread) {
  return filled(size, [&](double x, double y) { return std::exp(-squared_distance(spread, x, y) / 2); });
}

BlurKernel generalised_kernel(int64_t size, const Spread& spread, double beta) {
  return filled(size,
                [&](double x, double y) { return std::exp(-std::pow(squared_distance(spread, x, y), beta) / 2); });
}

BlurKernel plateau_kernel(int64_t size, const Spread& spread, double beta) {
  return filled(size, [&](double x, double y) { return 1 / (1 + std::pow(squared_distance(spread, x, y), beta)); });
}

BlurKernel sinc_kernel(int64_t size, double cutoff) {
  using std::numbers::pi;
  return filled(size, [&](double x, double y) {
    const double r = std::hypot(x, y);
    return r == 0 ? cutoff * cutoff / (4 * pi) : cutoff * std::cyl_bessel_j(1, cutoff * r) / (2 * pi * r);
  });
}

// Bands of rows are copied with their mirrored surroundings, where each weight has one offset for a whole row.
std::vector<float> convolved(std::span<const float> in, int64_t width, int64_t height, int64_t channels,
                             const BlurKernel& kernel) {
  constexpr int64_t kBand = 32;
  const int64_t radius = kernel.size / 2, across = width + 2 * radius, stride = across * channels;
  std::vector<int32_t> offsets, columns;
  std::vector<float> weights;
  for (int64_t y = 0; y < kernel.size; ++y)
    for (int64_t x = 0; x < kernel.size; ++x) {
      offsets.push_back(static_cast<int32_t>(y * stride + x * channels));
      weights.push_back(static_cast<float>(kernel.weights[static_cast<size_t>(y * kernel.size + x)]));
    }
  for (int64_t x = 0; x < across; ++x) columns.push_back(mirrored_index(x - radius, width));
  std::vector<float> band(static_cast<size_t>((kBand + 2 * radius) * stride)), out(in.size());
  for (int64_t first = 0; first < height; first += kBand) {
    const int64_t rows = std::min(kBand, height - first);
    for (int64_t y = 0; y < rows + 2 * radius; ++y) {
      const float* from = in.data() + mirrored_index(first + y - radius, height) * width * channels;
      float* to = band.data() + y * stride;
      for (const int32_t column : columns) to = std::copy_n(from + column * channels, channels, to);
    }
    for (int64_t y = 0; y < rows; ++y)
      weighted_sum<float, float>(band.data() + y * stride, offsets, weights, width * channels,
                                 out.data() + (first + y) * width * channels);
  }
  return out;
}

std::vector<float> convolved_gaussian(std::span<const float> in, int64_t width, int64_t height, int64_t channels,
                                      int64_t size, double sigma) {
  const int64_t radius = size / 2;
  std::vector<double> line;
  double sum = 0;
  for (int64_t d = -radius; d <= radius; ++d) {
    line.push_back(std::exp(-static_cast<double>(d * d) / (2 * sigma * sigma)));
    sum += line.back();
  }
  const auto table = [&](int64_t length) {
    WeightTable<float> weights{{0}, {}, {}};
    for (int64_t i = 0; i < length; ++i) {
      for (int64_t d = -radius; d <= radius; ++d) {
        weights.index.push_back(mirrored_index(i + d, length));
        weights.weight.push_back(static_cast<float>(line[static_cast<size_t>(d + radius)] / sum));
      }
      weights.begin.push_back(static_cast<int64_t>(weights.weight.size()));
    }
    return weights;
  };
  std::vector<float> between(in.size()), out(in.size());
  filter_rows<float, float>(in.data(), width, height, channels, table(width), between.data());
  filter_columns<float, float>(between.data(), width * channels, table(height), out.data());
  return out;
}

}  // namespace sr3

#include "degrade/recipe_noise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

namespace sr3 {
namespace {

float clipped(float level) { return std::clamp(level, 0.0F, 255.0F); }

// The samples whose noise is drawn, rounded to 8 bits: those of the image, or its luma.
std::vector<uint8_t> noisy_levels(std::span<const float> levels, bool grey) {
  const auto rounded = [](float level) { return static_cast<uint8_t>(clipped(level) + 0.5F); };
  std::vector<uint8_t> out(grey ? levels.size() / 3 : levels.size());
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = rounded(grey ? 0.2989F * clipped(levels[3 * i]) + 0.587F * clipped(levels[3 * i + 1]) +
                                0.114F * clipped(levels[3 * i + 2])
                          : levels[i]);
  return out;
}

}  // namespace

void add_gaussian_noise(std::span<float> levels, double sigma, bool grey, RandomStream random) {
  std::vector<float> noise(grey ? levels.size() / 3 : levels.size());
  random.normals(noise);
  const auto factor = static_cast<float>(sigma);
  for (size_t i = 0; i < levels.size(); ++i) levels[i] = clipped(levels[i] + factor * noise[grey ? i / 3 : i]);
}

PoissonQuantile::PoissonQuantile(double mean) {
  constexpr double kLeast = 1e-18;  // smaller probabilities are left out
  const auto mode = static_cast<int64_t>(mean);
  const double top =
      mean > 0
          ? std::exp(static_cast<double>(mode) * std::log(mean) - mean - std::lgamma(static_cast<double>(mode) + 1))
          : 1;
  std::vector<double> lower;  // probabilities of mode - 1, mode - 2, ...
  double p = top;
  for (int64_t k = mode; k > 0 && p > kLeast; --k) lower.push_back(p *= static_cast<double>(k) / mean);
  first_ = mode - static_cast<int64_t>(lower.size());
  double sum = 0;
  std::for_each(lower.rbegin(), lower.rend(), [&](double q) { below_.push_back(sum += q); });
  p = top;
  for (int64_t k = mode; p > kLeast; p *= mean / static_cast<double>(++k)) below_.push_back(sum += p);
  guide_.resize(below_.size());
  size_t i = 0;
  for (size_t g = 0; g < guide_.size(); ++g) {
    while (i + 1 < below_.size() && below_[i] <= static_cast<double>(g) / static_cast<double>(guide_.size())) ++i;
    guide_[g] = static_cast<uint32_t>(i);
  }
}

void add_poisson_noise(std::span<float> levels, double scale, bool grey, RandomStream random) {
  const std::vector<uint8_t> from = noisy_levels(levels, grey);
  std::vector<bool> occurs(256);
  for (const uint8_t level : from) occurs[level] = true;
  const auto distinct = static_cast<uint32_t>(std::count(occurs.begin(), occurs.end(), true));
  const double n = std::bit_ceil(distinct);
  std::vector<std::optional<PoissonQuantile>> quantiles(256);
  for (size_t level = 0; level < 256; ++level)
    if (occurs[level]) quantiles[level].emplace(n * static_cast<double>(level) / 255);
  for (size_t i = 0; i < from.size(); ++i) {
    const auto count = static_cast<double>((*quantiles[from[i]])(static_cast<double>(random.bits()) * 0x1p-32));
    const auto noise = static_cast<float>(scale * (255 * count / n - from[i]));
    if (grey)
      for (size_t c = 0; c < 3; ++c) levels[3 * i + c] = clipped(levels[3 * i + c] + noise);
    else
      levels[i] = clipped(levels[i] + noise);
  }
}

}  // namespace sr3

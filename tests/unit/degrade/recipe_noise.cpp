#include "degrade/recipe_noise.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace sr3;

namespace {

const RandomStream kStream(5, 6, kRandomRecipeNoise);

struct Spread2 {
  double mean, variance;
};

Spread2 spread_of(const std::vector<float>& values, double centre) {
  double sum = 0, square = 0;
  for (const float value : values) {
    const double d = static_cast<double>(value) - centre;
    sum += d, square += d * d;
  }
  const auto n = static_cast<double>(values.size());
  return {sum / n, square / n - (sum / n) * (sum / n)};
}

bool grey_everywhere(const std::vector<float>& values) {
  for (size_t i = 0; i < values.size(); i += 3)
    if (values[i] != values[i + 1] || values[i] != values[i + 2]) return false;
  return true;
}

}  // namespace

TEST_CASE("Gaussian noise has its standard deviation, in all channels alike if grey, and is clipped but not rounded") {
  constexpr size_t n = 300000;
  for (const bool grey : {false, true}) {
    std::vector<float> levels(n, 128);
    add_gaussian_noise(levels, 12, grey, kStream);
    const double samples = grey ? n / 3.0 : n;
    const Spread2 s = spread_of(levels, 128);
    CHECK(std::abs(s.mean) < 4 * 12 / std::sqrt(samples));
    CHECK(std::abs(s.variance / 144 - 1) < 4 * std::sqrt(2 / samples));
    CHECK(grey_everywhere(levels) == grey);
    size_t whole = 0;
    for (const float level : levels) whole += level == std::floor(level);
    CHECK(whole < n / 100);
  }
  std::vector<float> dark(3000, 0), white(3000, 255);
  add_gaussian_noise(dark, 30, false, kStream);
  add_gaussian_noise(white, 30, false, kStream);
  for (size_t i = 0; i < dark.size(); ++i) {
    CHECK(dark[i] >= 0);
    CHECK(white[i] <= 255);
  }
}

TEST_CASE("Poisson quantiles invert the distribution function") {
  for (const double mean : {0.0, 0.3, 1.0, 7.5, 60.0, 256.0}) {
    const PoissonQuantile quantile(mean);
    long double p = std::exp(-static_cast<long double>(mean)), below = 0;  // of k, and of less than k
    for (int64_t k = 0; k < 400; ++k) {
      if (p > 1e-9L) {
        CHECK(quantile(static_cast<double>(below + p * 0.01L)) == k);
        CHECK(quantile(static_cast<double>(below + p * 0.99L)) == k);
      }
      below += p;
      p *= static_cast<long double>(mean) / static_cast<long double>(k + 1);
    }
  }
}

TEST_CASE("Poisson noise has the variance scale^2 x / n, where n is a power of two from the number of levels") {
  // All levels occur once, so that n is 256; then many samples of one level.
  for (const bool grey : {false, true}) {
    for (const int level : {30, 128, 200}) {
      constexpr size_t n = 300000;
      std::vector<float> levels;
      for (int i = 0; i < 256; ++i) levels.insert(levels.end(), 3, static_cast<float>(i));
      levels.insert(levels.end(), n, static_cast<float>(level));
      add_poisson_noise(levels, 0.5, grey, kStream);
      CHECK(grey_everywhere(levels) == grey);
      levels.erase(levels.begin(), levels.begin() + 256 * 3);
      const double samples = grey ? n / 3.0 : n, variance = 0.25 * (level / 255.0) / 256 * 255 * 255;
      const Spread2 s = spread_of(levels, level);
      CHECK(std::abs(s.mean) < 4 * std::sqrt(variance / samples));
      CHECK(std::abs(s.variance / variance - 1) < 5 * std::sqrt(2 / samples));
    }
  }
  // Three levels: n is 4, and the result is a multiple of 255 / 4 from a level's own x.
  std::vector<float> few(3 * 3000);
  for (size_t i = 0; i < few.size(); ++i) few[i] = i % 7 == 0 ? 60.0F : i % 2 ? 100.0F : 140.0F;
  std::vector<float> before = few;
  add_poisson_noise(few, 1, false, kStream);
  for (size_t i = 0; i < few.size(); ++i) {
    const double count = static_cast<double>(few[i]) * 4 / 255;
    CHECK((few[i] == 255.0F || std::abs(count - std::round(count)) < 1e-4));
  }
  // What is not rounded keeps its fraction.
  std::vector<float> half(300, 99.5F);
  add_poisson_noise(half, 0, false, kStream);
  for (const float level : half) CHECK(level == 99.5F);
}

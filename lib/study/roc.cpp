#include "study/roc.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/distribution.h"
#include "base/error.h"

namespace sr3 {
namespace {

// Ranks from 1; equal values share their mean rank.
std::vector<double> midranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t first = 0, last; first < order.size(); first = last) {
    for (last = first + 1; last < order.size() && values[order[last]] == values[order[first]];) ++last;
    for (size_t k = first; k < last; ++k) ranks[order[k]] = static_cast<double>(first + last + 1) / 2;
  }
  return ranks;
}

double variance(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  if (n < 2) return 0;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double sum = 0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return sum / (n - 1);
}

}  // namespace

Separation separation(const std::vector<double>& real, const std::vector<double>& generated) {
  if (real.empty() || generated.empty()) throw UsageError("scores of both real and generated images are needed");
  std::vector<double> all = generated;
  all.insert(all.end(), real.begin(), real.end());
  const std::vector<double> ranks = midranks(all), within_generated = midranks(generated), within_real = midranks(real);
  const auto m = static_cast<double>(generated.size()), n = static_cast<double>(real.size());
  // For each generated image, the fraction of real images with lower scores: its rank among all images minus its rank
  // among the generated ones. For each real image, the fraction of generated images with higher scores.
  std::vector<double> beats, beaten;
  for (size_t i = 0; i < generated.size(); ++i) beats.push_back((ranks[i] - within_generated[i]) / n);
  for (size_t j = 0; j < real.size(); ++j) beaten.push_back(1 - (ranks[generated.size() + j] - within_real[j]) / m);
  Separation out;
  out.confusion = std::accumulate(beats.begin(), beats.end(), 0.0) / m;
  out.se = std::sqrt(variance(beats) / m + variance(beaten) / n);
  const double c = out.confusion;
  if (c <= 0 || c >= 1 || out.se == 0) {
    const auto fewer = static_cast<int64_t>(std::min(m, n));
    out.interval = wilson(c * static_cast<double>(fewer), fewer);
    return out;
  }
  const double logit = std::log(c / (1 - c)), half = normal_quantile(0.975) * out.se / (c * (1 - c));
  out.interval = {1 / (1 + std::exp(half - logit)), 1 / (1 + std::exp(-half - logit))};
  return out;
}

}  // namespace sr3

#include "study/power.h"

#include <cmath>

#include "base/distribution.h"
#include "base/error.h"

namespace sr3 {
namespace {

constexpr int64_t kMax = int64_t{1} << 32;

// The smallest n in 1 .. kMax for which `enough` is true; it must be true for all larger n, too. Nothing if there is none.
template <class Enough>
std::optional<int64_t> smallest(Enough enough) {
  int64_t high = 1;
  while (!enough(high)) {
    if (high >= kMax) return std::nullopt;
    high *= 2;
  }
  int64_t low = high / 2;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace

double needed_error(const PowerOptions& o) {
  if (o.goal == "interval") return o.margin / normal_quantile(0.975);
  // Both one-sided tests must succeed, so each may fail in half of the cases that the power allows.
  if (o.goal == "equivalence") return o.margin / (normal_quantile(0.95) + normal_quantile((1 + o.power) / 2));
  if (o.goal == "difference") return o.margin / (normal_quantile(0.975) + normal_quantile(o.power)) / std::sqrt(2.0);
  throw UsageError(cat("'", o.goal, "' is not one of interval|equivalence|difference"));
}

double study_error(const PowerOptions& o, int64_t raters, int64_t trials, int64_t images) {
  const double n = static_cast<double>(raters) * static_cast<double>(trials);
  return std::sqrt(crossed_variance(o.rate, n, static_cast<double>(raters), static_cast<double>(images), o.icc));
}

std::optional<int64_t> raters_needed(const PowerOptions& o, int64_t trials, int64_t images) {
  const double most = needed_error(o);
  return smallest([&](int64_t raters) { return study_error(o, raters, trials, images) <= most; });
}

int64_t images_needed(const PowerOptions& o) {
  // The variance that remains with infinitely many raters: that of the images.
  const double most = needed_error(o), each = o.rate * (1 - o.rate) * o.icc.image;
  return static_cast<int64_t>(std::floor(each / (most * most))) + 1;
}

}  // namespace sr3

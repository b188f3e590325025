#include "base/distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sr3 {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The regularised incomplete beta function I_x(a, b) by its continued fraction (Abramowitz & Stegun 26.5.8), evaluated
// by Lentz's method. It converges fast for x < (a + 1) / (a + b + 2); beyond that, I_x(a, b) = 1 - I_{1-x}(b, a).
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
  constexpr double kTiny = 1e-300;
  const auto guarded = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1, d = 1 / guarded(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m <= 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d), c = guarded(1 + even / c), fraction *= c * d;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d), c = guarded(1 + odd / c);
    fraction *= c * d;
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  return front * fraction / a;
}

// The x in [low, high] for which the increasing function f is p, by bisection.
template <class Function>
double inverse(Function f, double p, double low, double high) {
  for (int i = 0; i < 200 && high - low > 1e-14 * std::max(1.0, std::abs(low)); ++i) {
    const double middle = (low + high) / 2;
    (f(middle) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double normal_cdf(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

double normal_quantile(double p) {
  if (!(p > 0)) return -kInfinity;
  if (!(p < 1)) return kInfinity;
  // Computed in the lower half, where a small probability keeps all its digits.
  if (p > 0.5) return -normal_quantile(1 - p);
  return inverse(normal_cdf, p, -40, 0);
}

double student_cdf(double t, double df) {
  if (df > 1e8) return normal_cdf(t);
  const double tail = incomplete_beta(df / 2, 0.5, df / (df + t * t)) / 2;
  return t < 0 ? tail : 1 - tail;
}

double student_quantile(double p, double df) {
  if (df > 1e8) return normal_quantile(p);
  if (!(p > 0)) return -kInfinity;
  if (!(p < 1)) return kInfinity;
  if (p > 0.5) return -student_quantile(1 - p, df);
  double low = -1;
  while (student_cdf(low, df) > p) low *= 2;
  return inverse([df](double t) { return student_cdf(t, df); }, p, low, 0);
}

}  // namespace sr3

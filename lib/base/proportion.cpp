#include "base/proportion.h"

#include <algorithm>
#include <cmath>

namespace sr3 {
namespace {

constexpr double kZ = 1.959963984540054;  // the normal distribution's 97.5% point

}  // namespace

Interval wilson(double hits, int64_t n) {
  if (n <= 0) return {0, 1};
  const double count = static_cast<double>(n), p = hits / count, z2 = kZ * kZ / count;
  const double centre = (p + z2 / 2) / (1 + z2);
  const double half = kZ / (1 + z2) * std::sqrt(p * (1 - p) / count + z2 / (4 * count));
  return {hits <= 0 ? 0 : std::max(0.0, centre - half), hits >= count ? 1 : std::min(1.0, centre + half)};
}

double mcnemar(int64_t a_only, int64_t b_only) {
  const int64_t n = a_only + b_only, few = std::min(a_only, b_only);
  if (n == 0) return 1;
  // In logarithms, because 2^-n underflows a double at n = 1075.
  double tail = 0;
  const auto log_factorial = [](int64_t k) { return std::lgamma(static_cast<double>(k) + 1); };
  for (int64_t k = 0; k <= few; ++k)
    tail +=
        std::exp(log_factorial(n) - log_factorial(k) - log_factorial(n - k) - static_cast<double>(n) * std::log(2.0));
  return std::min(1.0, 2 * tail);
}

Interval paired_difference(int64_t a_only, int64_t b_only, int64_t n) {
  if (n <= 0) return {-1, 1};
  // The adjustment adds half an image to each cell of the 2x2 table of the two classifiers' answers.
  const double count = static_cast<double>(n) + 2;
  const double a = static_cast<double>(a_only) + 0.5, b = static_cast<double>(b_only) + 0.5;
  const double difference = (a - b) / count;
  const double half = kZ * std::sqrt(std::max(0.0, a + b - (a - b) * (a - b) / count)) / count;
  return {std::max(-1.0, difference - half), std::min(1.0, difference + half)};
}

}  // namespace sr3

#include "diffusion/residual.h"

#include <cmath>

#include "base/error.h"
#include "tensor/aten.h"

namespace sr3 {

at::Tensor Residual::estimate(const at::Tensor& c) const {
  // Without noise in the condition this is the condition, to the bit.
  return weight == 1 && offset == 0 ? c : c.mul(weight).add_(offset);
}

at::Tensor Residual::of(const at::Tensor& x, const at::Tensor& c) const { return (x - estimate(c)).mul_(scale); }

at::Tensor Residual::image(const at::Tensor& y, const at::Tensor& c) const { return y.div(scale).add_(estimate(c)); }

Residual residual_over(const ResidualStatistics& statistics, double alpha_bar) {
  if (!(alpha_bar > 0 && alpha_bar <= 1)) throw Error(cat("alpha_bar of a condition is ", alpha_bar, ", not in (0,1]"));
  if (alpha_bar == 1) return {1, 0, statistics.scale};
  const double square = statistics.deviation * statistics.deviation, signal = std::sqrt(alpha_bar);
  const double v = alpha_bar * square + 1 - alpha_bar, w = signal * square / v, p2 = square * (1 - alpha_bar) / v;
  const double rho2 = 1 / (statistics.scale * statistics.scale);
  return {w, statistics.mean * (1 - w * signal), 1 / std::sqrt(rho2 + statistics.gain * p2)};
}

double noise_gain(Enlargement how, int64_t scale) {
  // The impulse lies so far from the borders that no kernel reaches them. Whole levels are not linear: they are left out.
  constexpr int64_t kSide = 15;
  std::vector<float> impulse(kSide * kSide, 0);
  impulse[kSide * (kSide / 2) + kSide / 2] = 1;
  how.whole_levels = false;
  double sum = 0;
  for (const float value : enlarge(impulse, kSide, kSide, 1, kSide * scale, kSide * scale, how))
    sum += double{value} * double{value};
  return sum / static_cast<double>(scale * scale);
}

}  // namespace sr3

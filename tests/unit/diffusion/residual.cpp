#include "diffusion/residual.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "diffusion/process.h"
#include "tensor/aten.h"
#include "tensor/noise.h"
#include "tensor/upsample.h"

using namespace sr3;

namespace {

at::Tensor noise_of(uint64_t index, int64_t side) { return philox_noise({17, index}, 0, 1, side, side); }

// Images of which the statistics are known: white low-resolution pixels of this mean and deviation, and a white residual.
struct Known {
  double mean = 0.1, deviation = 0.7, rho = 0.2;
  int64_t low = 256;
  at::Tensor z = noise_of(0, low) * deviation + mean;
  at::Tensor x = resize_planes(z, 2 * low, 2 * low) + noise_of(1, 2 * low) * rho;
  ResidualStatistics statistics{1 / rho, mean, deviation, noise_gain({Kernel::kBicubic, false}, 2)};
};

}  // namespace

TEST_CASE("the variance of enlarged white noise") {
  // Closed forms: a box copies; a bilinear kernel at scale 2 has the weights 3/4 and 1/4 in each direction, (9 + 1)^2 / 256.
  CHECK(noise_gain({Kernel::kBox, false}, 4) == relative(1, 1e-6));
  CHECK(noise_gain({Kernel::kBilinear, false}, 2) == relative(100.0 / 256, 1e-6));
  // Measured, away from the borders.
  for (const int64_t scale : {2, 3, 4}) {
    const at::Tensor large = resize_planes(noise_of(5, 300), 300 * scale, 300 * scale);
    const at::Tensor inner = large.slice(1, 20, 280 * scale).slice(2, 20, 280 * scale);
    CHECK(inner.square().mean().item<double>() == relative(noise_gain({Kernel::kBicubic, false}, scale), 0.02));
  }
}

TEST_CASE("without noise in the condition: the condition itself, to the bit") {
  const Residual plain = residual_over({5, 0.3, 0.7, 0.6}, 1);
  const at::Tensor x = noise_of(1, 16), c = noise_of(2, 16), y = noise_of(3, 16);
  CHECK(at::equal(plain.estimate(c), c));
  CHECK(at::equal(plain.of(x, c), (x - c) * 5));
  CHECK(at::equal(plain.image(y, c), c + y / 5));
  CHECK_THROWS_AS(residual_over({5, 0, 1, 1}, 0), Error);
  CHECK_THROWS_AS(residual_over({5, 0, 1, 1}, 1.1), Error);
}

TEST_CASE("the residual over a noisy condition has variance 1 at every level, and the image follows from it") {
  const Known known;
  for (const double alpha_bar : {0.999, 0.9, 0.5, 0.1, 0.01}) {
    CAPTURE(alpha_bar);
    const at::Tensor noisy = q_sample(known.z.unsqueeze(0), noise_of(2, known.low).unsqueeze(0),
                                      at::scalar_tensor(alpha_bar, at::kDouble))[0];
    const at::Tensor c = resize_planes(noisy, 2 * known.low, 2 * known.low);
    const Residual residual = residual_over(known.statistics, alpha_bar);
    const at::Tensor y = residual.of(known.x, c);
    CHECK(std::abs(y.mean().item<double>()) < 0.02);
    CHECK(y.square().mean().item<double>() == relative(1, 0.03));
    CHECK(at::allclose(residual.image(y, c), known.x, 1e-4, 1e-5));
    // Any other weight leaves more: m is the best linear estimate from the upsampled condition.
    for (const double factor : {0.5, 1.5}) {
      Residual other = residual;
      other.weight *= factor;
      other.offset = known.mean * (1 - other.weight * std::sqrt(alpha_bar));
      CHECK(other.of(known.x, c).square().mean().item<double>() > y.square().mean().item<double>());
    }
  }
}

TEST_CASE("the Wiener estimate of the low-resolution pixels, enlarged") {
  // As the formula has it: at the low resolution, and then enlarged.
  const Known known;
  const double alpha_bar = 0.6, signal = std::sqrt(alpha_bar), square = known.deviation * known.deviation;
  const at::Tensor noisy = known.z * signal + noise_of(2, known.low) * std::sqrt(1 - alpha_bar);
  const double w = signal * square / (alpha_bar * square + 1 - alpha_bar);
  const at::Tensor estimate = (noisy - signal * known.mean) * w + known.mean;
  const Residual residual = residual_over(known.statistics, alpha_bar);
  CHECK(at::allclose(residual.estimate(resize_planes(noisy, 512, 512)), resize_planes(estimate, 512, 512), 1e-4, 1e-5));
}

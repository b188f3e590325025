#include "degrade/blur_kernel.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>

#include "degrade/separable.h"

using namespace sr3;

namespace {

using std::numbers::pi;

struct Moments {
  double sum = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
};

Moments moments_of(const BlurKernel& kernel) {
  Moments m;
  const int64_t radius = kernel.size / 2;
  REQUIRE(kernel.weights.size() == static_cast<size_t>(kernel.size * kernel.size));
  for (int64_t i = 0; i < kernel.size * kernel.size; ++i) {
    const double w = kernel.weights[static_cast<size_t>(i)];
    const auto x = static_cast<double>(i % kernel.size - radius), y = static_cast<double>(i / kernel.size - radius);
    m.sum += w, m.x += w * x, m.y += w * y, m.xx += w * x * x, m.xy += w * x * y, m.yy += w * y * y;
  }
  return m;
}

// The kernel has sum 1, is symmetric about its centre, and has `times` the covariance of the spread, up to a share of it: a sum
// over pixels is not quite the integral.
void check_covariance(const BlurKernel& kernel, const Spread& s, double times, double share) {
  const double error = share * times * std::max(s.sigma_x, s.sigma_y) * std::max(s.sigma_x, s.sigma_y);
  const Moments m = moments_of(kernel);
  CHECK(std::abs(m.sum - 1) < 1e-12);
  CHECK(std::abs(m.x) < 1e-9);
  CHECK(std::abs(m.y) < 1e-9);
  const double c = std::cos(s.angle), n = std::sin(s.angle), a = s.sigma_x * s.sigma_x, b = s.sigma_y * s.sigma_y;
  CHECK(std::abs(m.xx - times * (c * c * a + n * n * b)) < error);
  CHECK(std::abs(m.yy - times * (n * n * a + c * c * b)) < error);
  CHECK(std::abs(m.xy - times * c * n * (a - b)) < error);
  for (size_t i = 0, last = kernel.weights.size() - 1; i < last; ++i)
    REQUIRE(std::abs(kernel.weights[i] - kernel.weights[last - i]) < 1e-12);
}

// J1 by its power series.
double bessel(double x) {
  double term = x / 2, sum = 0;
  for (int k = 0; k < 60; ++k) {
    sum += term;
    term *= -(x * x / 4) / ((k + 1) * (k + 2.0));
  }
  return sum;
}

// The response to a wave with these frequencies, in radians per pixel; it is real because the kernel is symmetric.
double response(const BlurKernel& kernel, double u, double v) {
  double sum = 0;
  const int64_t radius = kernel.size / 2;
  for (int64_t i = 0; i < kernel.size * kernel.size; ++i)
    sum += kernel.weights[static_cast<size_t>(i)] * std::cos(u * static_cast<double>(i % kernel.size - radius) +
                                                             v * static_cast<double>(i / kernel.size - radius));
  return sum;
}

std::vector<float> values(int64_t count) {
  std::vector<float> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(static_cast<float>((i * 7919 + (i * i) % 251) % 256));
  return out;
}

}  // namespace

TEST_CASE("blur kernels have sum 1, their centre and the covariance of their closed forms") {
  const Spread round{6, 6, 0}, oval{8, 4, 0.6}, steep{5, 7, -2.5};
  for (const Spread& s : {round, oval, steep}) {
    check_covariance(gaussian_kernel(255, s), s, 1, 1e-9);
    // E[q] / 2, where q has the density exp(-q^beta / 2): 2^(1 / beta) Gamma(2 / beta) / Gamma(1 / beta) / 2.
    for (const double beta : {0.7, 1.0, 2.0, 4.0}) {
      const double times = std::pow(2, 1 / beta) * std::tgamma(2 / beta) / std::tgamma(1 / beta) / 2;
      check_covariance(generalised_kernel(255, s, beta), s, times, beta > 2 ? 5e-3 : 1e-3);
    }
    // For 1 / (1 + q^beta): E[q] = 1 / (2 cos(pi / beta)), if beta is above 2.
    for (const double beta : {4.0, 6.0})
      check_covariance(plateau_kernel(255, s, beta), s, 1 / (4 * std::cos(pi / beta)), 5e-3);
  }
}

TEST_CASE("generalised kernels with beta 1 are Gaussian, and a plateau falls to a half at q = 1") {
  const Spread s{2, 1.2, 1};
  const BlurKernel gaussian = gaussian_kernel(13, s), generalised = generalised_kernel(13, s, 1);
  for (size_t i = 0; i < gaussian.weights.size(); ++i)
    CHECK(std::abs(gaussian.weights[i] - generalised.weights[i]) < 1e-15);
  for (const double beta : {0.5, 1.0, 3.0}) {
    const BlurKernel plateau = plateau_kernel(9, {2, 2, 0}, beta);
    CHECK(std::abs(plateau.weights[4 * 9 + 6] / plateau.weights[4 * 9 + 4] - 0.5) < 1e-14);  // x = 2 = sigma
  }
  // A turn by a quarter exchanges the axes.
  const BlurKernel turned = gaussian_kernel(13, {1.2, 2, 1 + pi / 2});
  for (size_t i = 0; i < gaussian.weights.size(); ++i) CHECK(std::abs(gaussian.weights[i] - turned.weights[i]) < 1e-15);
}

TEST_CASE("a sinc kernel is 2 J1(w r) / (w r), and keeps the frequencies below its cut-off") {
  for (const double w : {0.7, 1.3, pi}) {
    const BlurKernel kernel = sinc_kernel(21, w);
    CHECK(std::abs(moments_of(kernel).sum - 1) < 1e-12);
    const double centre = kernel.weights[10 * 21 + 10];
    for (int64_t y = -10; y <= 10; ++y)
      for (int64_t x = -10; x <= 10; ++x) {
        if (x == 0 && y == 0) continue;
        const double r = std::hypot(x, y);
        if (w * r > 15) continue;  // where the series loses its digits
        CHECK(std::abs(kernel.weights[static_cast<size_t>((y + 10) * 21 + x + 10)] / centre -
                       2 * bessel(w * r) / (w * r)) < 1e-8);
      }
  }
  const BlurKernel wide = sinc_kernel(201, 1.2);
  for (const double angle : {0.0, 0.5, 0.785}) {
    const double c = std::cos(angle), s = std::sin(angle);
    for (const double f : {0.3, 0.8, 1.05}) CHECK(std::abs(response(wide, f * c, f * s) - 1) < 0.1);
    for (const double f : {1.35, 1.8, 2.5}) CHECK(std::abs(response(wide, f * c, f * s)) < 0.1);
    CHECK(std::abs(response(wide, 1.2 * c, 1.2 * s) - 0.5) < 0.1);
  }
}

TEST_CASE("a kernel is applied as the sum over the mirrored image, also where it is wider than the image") {
  const auto mirrored = [](int64_t i, int64_t size) {
    i = ((i % (2 * size)) + 2 * size) % (2 * size);
    return i < size ? i : 2 * size - 1 - i;
  };
  struct Case {
    int64_t width, height, channels;
    BlurKernel kernel;
  };
  BlurKernel uneven{5, {}};  // without any symmetry
  for (int64_t i = 0; i < 25; ++i) uneven.weights.push_back(static_cast<double>(i * i % 17 + i) / 300);
  for (const auto& [width, height, channels, kernel] :
       {Case{37, 41, 3, uneven}, Case{5, 3, 3, gaussian_kernel(21, {3, 1, 0.4})}, Case{1, 1, 1, uneven},
        Case{70, 33, 1, sinc_kernel(13, 1)}}) {
    const std::vector<float> in = values(width * height * channels);
    const std::vector<float> out = convolved(in, width, height, channels, kernel);
    REQUIRE(out.size() == in.size());
    const int64_t radius = kernel.size / 2;
    double worst = 0;
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        for (int64_t c = 0; c < channels; ++c) {
          double sum = 0;
          for (int64_t dy = -radius; dy <= radius; ++dy)
            for (int64_t dx = -radius; dx <= radius; ++dx)
              sum += kernel.weights[static_cast<size_t>((dy + radius) * kernel.size + dx + radius)] *
                     static_cast<double>(in[static_cast<size_t>(
                         (mirrored(y + dy, height) * width + mirrored(x + dx, width)) * channels + c)]);
          worst = std::max(
              worst, std::abs(sum - static_cast<double>(out[static_cast<size_t>((y * width + x) * channels + c)])));
        }
    CHECK(worst < 1e-3);
    use_plain_code(true);
    const std::vector<float> plain = convolved(in, width, height, channels, kernel);
    use_plain_code(false);
    CHECK(std::memcmp(plain.data(), out.data(), out.size() * sizeof(float)) == 0);
  }
}

TEST_CASE("the separable Gaussian is the Gaussian of two dimensions") {
  const std::vector<float> in = values(40 * 23 * 3);
  const std::vector<float> fast = convolved_gaussian(in, 40, 23, 3, 15, 1.7),
                           slow = convolved(in, 40, 23, 3, gaussian_kernel(15, {1.7, 1.7, 0.3}));
  for (size_t i = 0; i < in.size(); ++i) REQUIRE(std::abs(fast[i] - slow[i]) < 1e-3F);
}

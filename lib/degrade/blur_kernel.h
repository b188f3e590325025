// Blur kernels of two dimensions: the four shapes of Real-ESRGAN's degradation (Wang et al. 2021, sections 3.1 and 3.4).
// With x the offset from the centre in pixels, C the covariance and q = x' C^-1 x, the weights are proportional to
//   gaussian     exp(-q / 2)
//   generalised  exp(-q^beta / 2)     beta 1 is the Gaussian; smaller has heavier tails, larger is more like a box
//   plateau      1 / (1 + q^beta)
//   sinc         w J1(w r) / (2 pi r), with r = |x|: the ideal low pass, which keeps frequencies below w
// Every kernel is symmetric about its centre, and its weights are normalised to sum 1 within its window.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sr3 {

struct BlurKernel {
  int64_t size = 1;             // side of the window in pixels, odd
  std::vector<double> weights;  // size * size, row by row
};

// The covariance R diag(sigma_x^2, sigma_y^2) R', where R rotates by `angle` radians from the x axis towards the y axis.
struct Spread {
  double sigma_x = 1, sigma_y = 1;  // pixels, above 0
  double angle = 0;
};

BlurKernel gaussian_kernel(int64_t size, const Spread& spread);
BlurKernel generalised_kernel(int64_t size, const Spread& spread, double beta);
BlurKernel plateau_kernel(int64_t size, const Spread& spread, double beta);
BlurKernel sinc_kernel(int64_t size, double cutoff);  // radians per pixel: pi is the highest frequency of a row

// height * width * channels interleaved values, filtered by the kernel; the image is mirrored at its border (c b a | a b c),
// as often as the window needs. In floats: the sums have an error of about 1e-6 of the largest value.
std::vector<float> convolved(std::span<const float> in, int64_t width, int64_t height, int64_t channels,
                             const BlurKernel& kernel);
// The same for the Gaussian with one sigma in both directions, which is separable.
std::vector<float> convolved_gaussian(std::span<const float> in, int64_t width, int64_t height, int64_t channels,
                                      int64_t size, double sigma);

}  // namespace sr3

// The residual that a super-resolution network diffuses instead of the image x: y = (x - m) scale, where m is the best linear
// estimate of x from the upsampled condition c. Without noise in the condition m is c itself. With Gaussian conditioning
// augmentation (CDM, section 4.2) the low-resolution pixels have the noise level s,
//   z_s = sqrt(alpha_bar_s) z + sqrt(1 - alpha_bar_s) n,
// and m is the upsampled Wiener estimate of z from z_s. The scale gives y the same variance at every s. Predicting v of y is then
// the preconditioning of EDM (Karras et al. 2022, table 1), with the condition as a second input of the skip connection.
#pragma once

#include <ATen/core/Tensor.h>

#include "degrade/enlarge.h"

namespace sr3 {

// The linear functions between an image and its residual: y = (x - m) scale, m = weight c + offset.
struct Residual {
  double weight = 1, offset = 0, scale = 1;

  // m of the condition c (any shape).
  at::Tensor estimate(const at::Tensor& c) const;
  // y of the image x. x and c have one shape.
  at::Tensor of(const at::Tensor& x, const at::Tensor& c) const;
  // The image of y, which is not clipped.
  at::Tensor image(const at::Tensor& y, const at::Tensor& c) const;
};

// What the residual over a noisy condition depends on.
struct ResidualStatistics {
  double scale = 5;      // of the residual over a condition without noise: the inverse of its standard deviation
  double mean = 0;       // of the pixels of low-resolution images
  double deviation = 0;  // their standard deviation S
  double gain = 1;       // noise_gain() of the upsampling
};

// The residual over a condition whose noise level is alpha_bar, in (0,1]; alpha_bar 1 gives weight 1 and offset 0 exactly. With
//   w = sqrt(alpha_bar) S^2 / v,  p^2 = S^2 (1 - alpha_bar) / v,  v = alpha_bar S^2 + 1 - alpha_bar
// the estimate is m = U[mean + w (z_s - sqrt(alpha_bar) mean)], and the scale 1 / sqrt(1 / scale^2 + gain p^2).
Residual residual_over(const ResidualStatistics& statistics, double alpha_bar);

// The variance of upsampled white noise of variance 1, as the mean over the positions in a pixel: the sum of the squares of the
// upsampled unit impulse, over scale^2. scale: 1 or more.
double noise_gain(Enlargement how, int64_t scale);

}  // namespace sr3

// From the moments of channels to what GroupNorm multiplies and adds in each: the part of group_norm_silu.h that does not loop
// over pixels. In double, because one number of it scales a whole channel.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "tensor/aten.h"

namespace sr3 {

template <class X>
const X* numbers(const at::Tensor& t) {
  return static_cast<const X*>(t.data_ptr());
}
template <class X>
X* numbers_of(at::Tensor& t) {
  return static_cast<X*>(t.data_ptr());
}

// All tensors of (N, C) and (N, G) that the passes share, in the kernels' accumulator type A and in double.
template <class A>
struct Coefficients {
  at::Tensor center, slope, base;  // (N, C) A
  at::Tensor mean, inverse;        // (N, G) double: of x + offset; 1 / standard deviation
  at::Tensor channel_mean;         // (N, C) double: of x

  Coefficients(int64_t n, int64_t c, int64_t groups) {
    const auto type = std::is_same_v<A, double> ? at::kDouble : at::kFloat;
    center = at::empty({n, c}, type);
    slope = at::empty({n, c}, type);
    base = at::empty({n, c}, type);
    mean = at::empty({n, groups}, at::kDouble);
    inverse = at::empty({n, groups}, at::kDouble);
    channel_mean = at::empty({n, c}, at::kDouble);
  }
  explicit Coefficients(const at::Tensor* saved)
      : center(saved[0]), slope(saved[1]), base(saved[2]), mean(saved[3]), inverse(saved[4]), channel_mean(saved[5]) {}
};

// Row i of an (N, C) or (C) tensor of A; null when undefined.
template <class A>
const A* row(const at::Tensor& t, int64_t i) {
  if (!t.defined()) return nullptr;
  return numbers<A>(t) + (t.dim() == 2 ? i * t.size(1) : 0);
}

// The small tensors of a norm, of A: what GroupNormInput has beside x.
struct NormParameters {
  at::Tensor weight, bias, scale, shift, offset;  // contiguous, of A
};

// Merges the moments of an example's runs (Chan et al.: means first, then squares about them) into each channel's mean and
// sum of squared differences from it. partial: of each run three rows, as the kernel `moments` writes them; size_of(run) is its
// number of pixels.
template <class A, class SizeOf>
void merge_moments(int64_t runs, int64_t channels, const SizeOf& size_of, const A* partial, double* mean,
                   double* square) {
  double all = 0;
  for (int64_t run = 0; run < runs; ++run) all += static_cast<double>(size_of(run));
  const auto mean_of = [&](const A* part, int64_t c) {
    return static_cast<double>(part[c]) + static_cast<double>(part[channels + c]);
  };
  std::fill_n(mean, channels, 0.0);
  std::fill_n(square, channels, 0.0);
  for (int64_t run = 0; run < runs; ++run) {
    const A* part = partial + 3 * run * channels;
    const double share = static_cast<double>(size_of(run)) / all;
    for (int64_t c = 0; c < channels; ++c) mean[c] += share * mean_of(part, c);
  }
  for (int64_t run = 0; run < runs; ++run) {
    const A* part = partial + 3 * run * channels;
    const double size = static_cast<double>(size_of(run));
    for (int64_t c = 0; c < channels; ++c) {
      const double d = mean_of(part, c) - mean[c];
      square[c] += part[2 * channels + c] + size * d * d;
    }
  }
}

// From the moments of example i's channels to those of its groups, and to what the kernel `apply` multiplies and adds.
template <class A>
void set_coefficients(const NormParameters& s, int64_t i, int64_t groups, double eps, double pixels,
                      const double* square, Coefficients<A>& to) {
  const int64_t channels = to.center.size(1), width = channels / groups;
  const A *weight = row<A>(s.weight, i), *bias = row<A>(s.bias, i), *scale = row<A>(s.scale, i),
          *shift = row<A>(s.shift, i), *offset = row<A>(s.offset, i);
  A *center = numbers_of<A>(to.center) + i * channels, *slope = numbers_of<A>(to.slope) + i * channels,
    *base = numbers_of<A>(to.base) + i * channels;
  const double* channel_mean = row<double>(to.channel_mean, i);
  const auto moved = [&](int64_t c) { return channel_mean[c] + (offset ? static_cast<double>(offset[c]) : 0.0); };
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t begin = g * width, end = begin + width;
    double mean = 0, variance = 0;
    for (int64_t c = begin; c < end; ++c) mean += moved(c);
    mean /= static_cast<double>(width);
    for (int64_t c = begin; c < end; ++c) variance += square[c] + pixels * (moved(c) - mean) * (moved(c) - mean);
    variance /= pixels * static_cast<double>(width);
    const double inverse = 1 / std::sqrt(variance + eps);
    numbers_of<double>(to.mean)[i * groups + g] = mean;
    numbers_of<double>(to.inverse)[i * groups + g] = inverse;
    for (int64_t c = begin; c < end; ++c) {
      const double factor = scale ? 1 + static_cast<double>(scale[c]) : 1.0;
      const double exact = mean - (offset ? static_cast<double>(offset[c]) : 0.0);
      const double gain = inverse * weight[c] * factor;
      center[c] = static_cast<A>(exact);
      slope[c] = static_cast<A>(gain);
      // The rounding error of the center is added here: it matters where the mean is much larger than the deviation.
      base[c] =
          static_cast<A>(bias[c] * factor + (shift ? static_cast<double>(shift[c]) : 0.0) + (center[c] - exact) * gain);
    }
  }
}

}  // namespace sr3

// The inner loops of group_norm_silu over a run of pixels of a channels_last map: plain loops over channels, compiled for
// AVX-512, AVX2 and the base instruction set, and chosen when the program starts. Knows no tensors, threads or groups.
// P pixels, C channels; per-channel arrays have C entries. A: float, or double for maps of doubles.
#pragma once

#include <cstdint>

namespace sr3 {

// Bits of a bfloat16.
struct Bf16 {
  uint16_t bits;
};

template <class X>
struct AccumulatorOf {
  using type = float;
};
template <>
struct AccumulatorOf<double> {
  using type = double;
};

// X: of the input and its gradient; Y: of the output and its gradient.
// z = (x - center) * slope + base;  y = SiLU(z) or z
template <class X, class Y>
struct GroupNormKernels {
  using A = typename AccumulatorOf<X>::type;
  // The run's mean is first[c] (of its first pixel) + mean[c], apart so that a large mean costs nothing; m2[c] is the sum of
  // squared differences from it.
  void (*moments)(const X* x, int64_t pixels, int64_t channels, A* first, A* mean, A* m2);
  void (*apply)(const X* x, int64_t pixels, int64_t channels, const A* center, const A* slope, const A* base,
                bool activate, Y* y);
  // With dz = dy * dy/dz: sum[c] of dz and product[c] of dz * (x - center).
  void (*sums)(const X* x, const Y* dy, int64_t pixels, int64_t channels, const A* center, const A* slope,
               const A* base, bool activate, A* sum, A* product);
  // dx = dz * p + (x - center) * q + r
  void (*gradient)(const X* x, const Y* dy, int64_t pixels, int64_t channels, const A* center, const A* slope,
                   const A* base, const A* p, const A* q, const A* r, bool activate, X* dx);
};

// For (float, float), (Bf16, Bf16), (Bf16, float) and (double, double).
template <class X, class Y>
const GroupNormKernels<X, Y>& group_norm_kernels();

}  // namespace sr3

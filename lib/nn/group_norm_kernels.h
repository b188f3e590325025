// The inner loops of group_norm_silu over a run of pixels of a channels_last map: plain loops over channels, compiled for
// AVX-512, AVX2 and the base instruction set, one of which is selected at run time. Tensors, threads and groups are the
// caller's. Arrays per channel have `channels` entries. A, the type of the sums, is float, or double for maps of doubles.
#pragma once

#include <cstdint>

namespace sr3 {

// The bits of a bfloat16.
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

// X is the type of the input and its gradient, Y of the output and its gradient.
// z = (x - center) * slope + base;  y = SiLU(z) if `activate`, else z
template <class X, class Y>
struct GroupNormKernels {
  using A = typename AccumulatorOf<X>::type;
  // The mean of the run is first[c] + mean[c]. first[c], the value of the first pixel, is kept apart so that a large mean does
  // not cost precision. m2[c] is the sum of squared differences from the mean.
  void (*moments)(const X* x, int64_t pixels, int64_t channels, A* first, A* mean, A* m2);
  void (*apply)(const X* x, int64_t pixels, int64_t channels, const A* center, const A* slope, const A* base,
                bool activate, Y* y);
  // The gradient dz by z is `dy` times the derivative of y. sum[c] is the sum of dz, product[c] that of dz * (x - center).
  void (*sums)(const X* x, const Y* dy, int64_t pixels, int64_t channels, const A* center, const A* slope,
               const A* base, bool activate, A* sum, A* product);
  // dx = dz * p + (x - center) * q + r
  void (*gradient)(const X* x, const Y* dy, int64_t pixels, int64_t channels, const A* center, const A* slope,
                   const A* base, const A* p, const A* q, const A* r, bool activate, X* dx);
};

// The kernels for this CPU. Exists for (float, float), (Bf16, Bf16), (Bf16, float) and (double, double).
template <class X, class Y>
const GroupNormKernels<X, Y>& group_norm_kernels();

}  // namespace sr3

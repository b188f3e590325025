#include "nn/group_norm_kernels.h"

#include <bit>
#include <cmath>

#include "nn/always_inline.h"

namespace sr3 {

namespace {

SR3_INLINE float load(const float* from) { return *from; }
SR3_INLINE double load(const double* from) { return *from; }
SR3_INLINE float load(const Bf16* from) { return std::bit_cast<float>(static_cast<uint32_t>(from->bits) << 16); }

SR3_INLINE void store(float* to, float value) { *to = value; }
SR3_INLINE void store(double* to, double value) { *to = value; }
// Rounds to nearest, ties to even. A NaN whose payload is all in the lower half may become an infinity; the NaNs here come from
// arithmetic, and have the quiet bit set.
SR3_INLINE void store(Bf16* to, float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  to->bits = static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

// e^x to 2 units in the last place; x is clamped to [-87, 88]. exp(x) = 2^n exp(r), |r| <= ln(2) / 2, with the polynomial of
// Cephes. A library's exp would keep the loop from being vectorised.
SR3_INLINE float fast_exp(float x) {
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  const float shifted = x * 1.44269504F + 12582912.0F;  // 1.5 * 2^23: the integer is in the low bits
  const float n = shifted - 12582912.0F;
  const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(p) + (std::bit_cast<uint32_t>(shifted) << 23));
}

SR3_INLINE float sigmoid(float z) { return 1.0F / (1.0F + fast_exp(-z)); }
SR3_INLINE double sigmoid(double z) { return 1.0 / (1.0 + std::exp(-z)); }

template <class X, class A>
SR3_INLINE void moments_loop(const X* __restrict x, int64_t pixels, int64_t channels, A* __restrict first,
                             A* __restrict mean, A* __restrict m2) {
  for (int64_t c = 0; c < channels; ++c) {
    first[c] = load(x + c);
    mean[c] = m2[c] = 0;
  }
  const X* __restrict row = x;
  for (int64_t i = 0; i < pixels; ++i, row += channels)
    for (int64_t c = 0; c < channels; ++c) {
      const A d = load(row + c) - first[c];
      mean[c] += d;
      m2[c] += d * d;
    }
  const A share = A{1} / static_cast<A>(pixels);
  for (int64_t c = 0; c < channels; ++c) {
    const A d = mean[c] * share, spread = m2[c] - mean[c] * d;
    mean[c] = d;
    m2[c] = spread > 0 ? spread : 0;
  }
}

template <bool activate, class X, class Y, class A>
SR3_INLINE void apply_loop(const X* __restrict x, int64_t pixels, int64_t channels, const A* __restrict center,
                           const A* __restrict slope, const A* __restrict base, Y* __restrict y) {
  for (int64_t i = 0; i < pixels; ++i, x += channels, y += channels)
    for (int64_t c = 0; c < channels; ++c) {
      const A z = (load(x + c) - center[c]) * slope[c] + base[c];
      store(y + c, activate ? z * sigmoid(z) : z);
    }
}

// d SiLU(z) / dz = s + z s (1 - s), s = sigmoid(z)
template <bool activate, class A>
SR3_INLINE A slope_at(A z) {
  if (!activate) return 1;
  const A s = sigmoid(z);
  return s + z * s * (1 - s);
}

template <bool activate, class X, class Y, class A>
SR3_INLINE void sums_loop(const X* __restrict x, const Y* __restrict dy, int64_t pixels, int64_t channels,
                          const A* __restrict center, const A* __restrict slope, const A* __restrict base,
                          A* __restrict sum, A* __restrict product) {
  for (int64_t c = 0; c < channels; ++c) sum[c] = product[c] = 0;
  for (int64_t i = 0; i < pixels; ++i, x += channels, dy += channels)
    for (int64_t c = 0; c < channels; ++c) {
      const A d = load(x + c) - center[c];
      const A dz = load(dy + c) * slope_at<activate>(d * slope[c] + base[c]);
      sum[c] += dz;
      product[c] += dz * d;
    }
}

template <bool activate, class X, class Y, class A>
SR3_INLINE void gradient_loop(const X* __restrict x, const Y* __restrict dy, int64_t pixels, int64_t channels,
                              const A* __restrict center, const A* __restrict slope, const A* __restrict base,
                              const A* __restrict p, const A* __restrict q, const A* __restrict r, X* __restrict dx) {
  for (int64_t i = 0; i < pixels; ++i, x += channels, dy += channels, dx += channels)
    for (int64_t c = 0; c < channels; ++c) {
      const A d = load(x + c) - center[c];
      const A dz = load(dy + c) * slope_at<activate>(d * slope[c] + base[c]);
      store(dx + c, dz * p[c] + (d * q[c] + r[c]));
    }
}

// The same loops, compiled for one instruction set.
#define SR3_KERNEL_SET(NAME, TARGET)                                                                              \
  template <class X, class Y>                                                                                     \
  struct NAME {                                                                                                   \
    using A = typename AccumulatorOf<X>::type;                                                                    \
    TARGET static void moments(const X* x, int64_t pixels, int64_t channels, A* first, A* mean, A* m2) {          \
      moments_loop(x, pixels, channels, first, mean, m2);                                                         \
    }                                                                                                             \
    TARGET static void apply(const X* x, int64_t pixels, int64_t channels, const A* center, const A* slope,       \
                             const A* base, bool activate, Y* y) {                                                \
      if (activate)                                                                                               \
        apply_loop<true>(x, pixels, channels, center, slope, base, y);                                            \
      else                                                                                                        \
        apply_loop<false>(x, pixels, channels, center, slope, base, y);                                           \
    }                                                                                                             \
    TARGET static void sums(const X* x, const Y* dy, int64_t pixels, int64_t channels, const A* center,           \
                            const A* slope, const A* base, bool activate, A* sum, A* product) {                   \
      if (activate)                                                                                               \
        sums_loop<true>(x, dy, pixels, channels, center, slope, base, sum, product);                              \
      else                                                                                                        \
        sums_loop<false>(x, dy, pixels, channels, center, slope, base, sum, product);                             \
    }                                                                                                             \
    TARGET static void gradient(const X* x, const Y* dy, int64_t pixels, int64_t channels, const A* center,       \
                                const A* slope, const A* base, const A* p, const A* q, const A* r, bool activate, \
                                X* dx) {                                                                          \
      if (activate)                                                                                               \
        gradient_loop<true>(x, dy, pixels, channels, center, slope, base, p, q, r, dx);                           \
      else                                                                                                        \
        gradient_loop<false>(x, dy, pixels, channels, center, slope, base, p, q, r, dx);                          \
    }                                                                                                             \
    static constexpr GroupNormKernels<X, Y> table = {moments, apply, sums, gradient};                             \
  };

SR3_KERNEL_SET(Base, )
#if defined(__x86_64__)
SR3_KERNEL_SET(Avx2, __attribute__((target("avx2,fma"))))
SR3_KERNEL_SET(Avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512"))))
#endif
#undef SR3_KERNEL_SET

}  // namespace

template <class X, class Y>
const GroupNormKernels<X, Y>& group_norm_kernels() {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  static const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512) return Avx512<X, Y>::table;
  if (avx2) return Avx2<X, Y>::table;
#endif
  return Base<X, Y>::table;
}

template const GroupNormKernels<float, float>& group_norm_kernels();
template const GroupNormKernels<Bf16, Bf16>& group_norm_kernels();
template const GroupNormKernels<Bf16, float>& group_norm_kernels();
template const GroupNormKernels<double, double>& group_norm_kernels();

}  // namespace sr3

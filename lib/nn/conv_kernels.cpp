#include "nn/conv_kernels.h"

#include <array>
#include <cstring>
#include <type_traits>

namespace sr3 {

namespace {

#if defined(__x86_64__)

#define SR3_INLINE inline __attribute__((always_inline))

using Vector8 __attribute__((vector_size(32))) = float;
using Vector16 __attribute__((vector_size(64))) = float;

// P pixels times V vectors of sums, which stay in registers over all taps and channels of the chunk.
template <class Vector, int V, int P>
SR3_INLINE void pixels_loop(const ConvRun& run, int64_t pixel) {
  constexpr int64_t lanes = sizeof(Vector) / sizeof(float), width = V * lanes;
  Vector sum[P][V];
  float* const sums = run.sums + pixel * width;
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) std::memcpy(&sum[p][v], sums + p * width + v * lanes, sizeof(Vector));
  const float* weights = run.weights;
  const int64_t step = run.stride * run.chunk, count = run.taps * run.chunk;
  for (int64_t tap = 0; tap < run.taps; ++tap) {
    const float* const row = run.rows[tap] + pixel * step;
    for (int64_t c = 0; c < count; ++c, weights += width) {
      Vector w[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) std::memcpy(&w[v], weights + v * lanes, sizeof(Vector));
#pragma GCC unroll 16
      for (int p = 0; p < P; ++p) {
        const float x = row[p * step + c];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) sum[p][v] += w[v] * x;
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) std::memcpy(sums + p * width + v * lanes, &sum[p][v], sizeof(Vector));
}

template <class Vector, int V, int P>
SR3_INLINE void run_loop(const ConvRun& run) {
  for (int64_t pixel = 0; pixel < run.pixels; pixel += P) pixels_loop<Vector, V, P>(run, pixel);
}

// Of a Vector, the integers of the same size.
template <class Vector>
struct IntegersOf;
template <>
struct IntegersOf<Vector8> {
  using type __attribute__((vector_size(32))) = int32_t;
};
template <>
struct IntegersOf<Vector16> {
  using type __attribute__((vector_size(64))) = int32_t;
};

// z * sigmoid(z). exp(x) = 2^n exp(r), |r| <= ln(2) / 2, with the polynomial of Cephes, as in group_norm_kernels.cpp.
template <class Vector>
SR3_INLINE void silu(Vector& z) {
  using Integers = typename IntegersOf<Vector>::type;
  Vector x = -z;
  x = x < -87.0F ? x * 0 - 87.0F : x;
  x = x > 88.0F ? x * 0 + 88.0F : x;
  const Vector shifted = x * 1.44269504F + 12582912.0F;  // 1.5 * 2^23: the integer is in the low bits
  const Vector n = shifted - 12582912.0F;
  const Vector r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  Vector p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const Vector exponential = (Vector)((Integers)p + ((Integers)shifted << 23));
  z /= exponential + 1.0F;
}

template <class Vector, bool activate>
SR3_INLINE void normalise_loop(const ConvNorm& norm) {
  constexpr int64_t lanes = sizeof(Vector) / sizeof(float);
  for (int64_t c = 0; c < norm.channels; c += lanes) {
    const int64_t count = norm.channels - c < lanes ? norm.channels - c : lanes;
    Vector center = {}, slope = {}, base = {};
    std::memcpy(&center, norm.center + c, count * sizeof(float));
    std::memcpy(&slope, norm.slope + c, count * sizeof(float));
    std::memcpy(&base, norm.base + c, count * sizeof(float));
    const float* x = norm.x + c;
    float* y = norm.y + c;
    const auto each = [&](auto size) __attribute__((always_inline)) {
      for (int64_t i = 0; i < norm.pixels; ++i, x += norm.x_stride, y += norm.y_stride) {
        Vector z = {};
        std::memcpy(&z, x, size * sizeof(float));
        z = (z - center) * slope + base;
        if (activate) silu(z);
        std::memcpy(y, &z, size * sizeof(float));
      }
    };
    if (count == lanes)
      each(std::integral_constant<int64_t, lanes>());
    else
      each(count);
  }
}

template <class Vector>
SR3_INLINE void normalise_loop(const ConvNorm& norm) {
  if (norm.activate)
    normalise_loop<Vector, true>(norm);
  else
    normalise_loop<Vector, false>(norm);
}

SR3_INLINE void finish_loop(const ConvResult& r) {
  const float* sums = r.sums;
  const float* __restrict bias = r.bias;
  const float* residual = r.residual;
  float* __restrict out = r.out;
  for (int64_t i = 0; i < r.pixels; ++i, sums += r.width, out += r.stride) {
    if (residual != nullptr) {
      for (int64_t c = 0; c < r.channels; ++c) out[c] = (sums[c] + bias[c] + residual[c]) * r.scale;
      residual += r.stride;
    } else {
      for (int64_t c = 0; c < r.channels; ++c) out[c] = (sums[c] + bias[c]) * r.scale;
    }
  }
}

#define SR3_CONV_KERNELS(NAME, TARGET, VECTOR, P1, P2, P3)                            \
  TARGET void NAME##1(const ConvRun& run) { run_loop<VECTOR, 1, P1>(run); }           \
  TARGET void NAME##2(const ConvRun& run) { run_loop<VECTOR, 2, P2>(run); }           \
  TARGET void NAME##3(const ConvRun& run) { run_loop<VECTOR, 3, P3>(run); }           \
  TARGET void NAME##normalise(const ConvNorm& norm) { normalise_loop<VECTOR>(norm); } \
  TARGET void NAME##finish(const ConvResult& result) { finish_loop(result); }

// As many sums as there are registers for, less those of the weights and one for the input: 16 of AVX2, 32 of AVX-512.
SR3_CONV_KERNELS(avx2_, __attribute__((target("avx2,fma"))), Vector8, 8, 6, 4)
SR3_CONV_KERNELS(avx512_, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), Vector16, 16, 12, 8)

#endif

}  // namespace

const ConvKernels* conv_kernels(int* count) {
  static int available = 0;
  static const std::array<ConvKernels, 2> kernels = [] {
    std::array<ConvKernels, 2> all = {};
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx512)
      all[available++] = {"AVX-512", 16, {nullptr, avx512_1, avx512_2, avx512_3}, avx512_normalise, avx512_finish};
    if (avx2) all[available++] = {"AVX2", 8, {nullptr, avx2_1, avx2_2, avx2_3}, avx2_normalise, avx2_finish};
#endif
    return all;
  }();
  *count = available;
  return kernels.data();
}

}  // namespace sr3

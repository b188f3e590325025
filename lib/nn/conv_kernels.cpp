#include "nn/conv_kernels.h"

#include <array>
#include <cstring>
#include <type_traits>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "nn/always_inline.h"
#include "nn/conv_norm_loops.h"
#include "nn/winograd_loops.h"

namespace sr3 {

namespace {

#if defined(__x86_64__)

// P pixels times V vectors of sums, which stay in registers over all taps and channels of the chunk.
template <class Vector, int V, int P>
SR3_INLINE void pixels_loop(const ConvRun<float>& run, int64_t pixel) {
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

template <class X>
SR3_INLINE void finish_loop(const ConvResult<X>& r) {
  const auto* sums = r.sums;
  const float *factor = r.factor, *bias = r.bias, *residual = r.residual;
  float* out = r.out;
  const auto each = [&](auto scaled, auto added) __attribute__((always_inline)) {
    for (int64_t i = 0; i < r.pixels; ++i, sums += r.width, out += r.stride) {
#pragma GCC ivdep
      for (int64_t c = 0; c < r.channels; ++c) {
        auto sum = static_cast<float>(sums[c]);
        if (scaled) sum *= factor[c];
        sum += bias[c];
        if (added) sum += residual[c];
        out[c] = sum * r.scale;
      }
      if (added) residual += r.stride;
    }
  };
  const std::true_type yes;
  const std::false_type no;
  if (factor != nullptr)
    residual != nullptr ? each(yes, yes) : each(yes, no);
  else
    residual != nullptr ? each(no, yes) : each(no, no);
}

// Vectors of bytes. dot(): sum + the products of two times four neighbouring bytes, by lanes.
struct Bytes8 {
  using Vector = __m256i;
  __attribute__((target("avx2"), always_inline)) static inline void dot(Vector& sum, int32_t a, int32_t b,
                                                                        const int8_t* wa, const int8_t* wb) {
    Vector u, v;
    std::memcpy(&u, wa, sizeof u);
    std::memcpy(&v, wb, sizeof v);
    const Vector pairs =
        _mm256_add_epi16(_mm256_maddubs_epi16(_mm256_set1_epi32(a), u), _mm256_maddubs_epi16(_mm256_set1_epi32(b), v));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

struct Bytes16 {
  using Vector = __m512i;
  __attribute__((target("avx512f,avx512bw"), always_inline)) static inline void dot(Vector& sum, int32_t a, int32_t b,
                                                                                    const int8_t* wa,
                                                                                    const int8_t* wb) {
    Vector u, v;
    std::memcpy(&u, wa, sizeof u);
    std::memcpy(&v, wb, sizeof v);
    const Vector pairs =
        _mm512_add_epi16(_mm512_maddubs_epi16(_mm512_set1_epi32(a), u), _mm512_maddubs_epi16(_mm512_set1_epi32(b), v));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
  }
};

struct Bytes16Vnni {
  using Vector = __m512i;
  __attribute__((target("avx512f,avx512bw,avx512vnni"), always_inline)) static inline void dot(Vector& sum, int32_t a,
                                                                                               int32_t b,
                                                                                               const int8_t* wa,
                                                                                               const int8_t* wb) {
    Vector u, v;
    std::memcpy(&u, wa, sizeof u);
    std::memcpy(&v, wb, sizeof v);
    sum = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(sum, _mm512_set1_epi32(a), u), _mm512_set1_epi32(b), v);
  }
};

#define SR3_BYTES_LOOP(NAME, TARGET, BYTES)                                                                  \
  template <int V, int P>                                                                                    \
  TARGET void NAME(const ConvRun<uint8_t>& run) {                                                            \
    using Vector = BYTES::Vector;                                                                            \
    constexpr int64_t lanes = sizeof(Vector) / 4, width = V * lanes;                                         \
    const int64_t step = run.stride * run.chunk, count = run.taps * run.chunk;                               \
    for (int64_t pixel = 0; pixel < run.pixels; pixel += P) {                                                \
      int32_t* const sums = run.sums + pixel * width;                                                        \
      Vector sum[P][V];                                                                                      \
      for (int i = 0; i < P * V; ++i) std::memcpy(&sum[i / V][i % V], sums + i * lanes, sizeof(Vector));     \
      const int8_t* weights = run.weights;                                                                   \
      for (int64_t tap = 0; tap < run.taps; ++tap) {                                                         \
        const uint8_t* const row = run.rows[tap] + pixel * step;                                             \
        for (int64_t c = 0; c < count; c += 8, weights += 8 * width)                                         \
          for (int p = 0; p < P; ++p) {                                                                      \
            int32_t x[2];                                                                                    \
            std::memcpy(x, row + p * step + c, sizeof x);                                                    \
            for (int v = 0; v < V; ++v)                                                                      \
              BYTES::dot(sum[p][v], x[0], x[1], weights + v * 4 * lanes, weights + 4 * (width + v * lanes)); \
          }                                                                                                  \
      }                                                                                                      \
      for (int i = 0; i < P * V; ++i) std::memcpy(sums + i * lanes, &sum[i / V][i % V], sizeof(Vector));     \
    }                                                                                                        \
  }

#define SR3_CONV_KERNELS(NAME, TARGET, VECTOR, BYTES, P1, P2, P3)                                    \
  template <int V, int P>                                                                            \
  TARGET void NAME##_floats(const ConvRun<float>& run) {                                             \
    for (int64_t pixel = 0; pixel < run.pixels; pixel += P) pixels_loop<VECTOR, V, P>(run, pixel);   \
  }                                                                                                  \
  SR3_BYTES_LOOP(NAME##_bytes, TARGET, BYTES)                                                        \
  template <class X>                                                                                 \
  TARGET void NAME##_normalise(const ConvNorm<X>& norm) {                                            \
    normalise_loop<VECTOR>(norm);                                                                    \
  }                                                                                                  \
  template <class X>                                                                                 \
  TARGET void NAME##_finish(const ConvResult<X>& result) {                                           \
    finish_loop(result);                                                                             \
  }                                                                                                  \
  template <int M>                                                                                   \
  TARGET void NAME##_winograd_input(const WinogradInput& input) {                                    \
    winograd_input_loop<M, VECTOR>(input);                                                           \
  }                                                                                                  \
  template <int M>                                                                                   \
  TARGET void NAME##_winograd_result(const WinogradResult& result) {                                 \
    winograd_result_loop<M, VECTOR>(result);                                                         \
  }                                                                                                  \
  template <int M>                                                                                   \
  constexpr WinogradKernels NAME##_winograd = {NAME##_winograd_input<M>, NAME##_winograd_result<M>}; \
  constexpr ConvKernelsOf<float> NAME##_of_floats = {                                                \
      {nullptr, NAME##_floats<1, P1>, NAME##_floats<2, P2>, NAME##_floats<3, P3>},                   \
      NAME##_normalise<float>,                                                                       \
      NAME##_finish<float>};                                                                         \
  constexpr ConvKernelsOf<uint8_t> NAME##_of_bytes = {                                               \
      {nullptr, NAME##_bytes<1, P1>, NAME##_bytes<2, P2 - 1>, NAME##_bytes<3, P3 - 1>},              \
      NAME##_normalise<uint8_t>,                                                                     \
      NAME##_finish<uint8_t>};

// As many sums as there are registers for, less those of the weights and one for the input: 16 of AVX2, 32 of AVX-512.
SR3_CONV_KERNELS(avx2, __attribute__((target("avx2,fma"))), Vector8, Bytes8, 8, 6, 4)
#define SR3_AVX512 "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
SR3_CONV_KERNELS(avx512, __attribute__((target(SR3_AVX512))), Vector16, Bytes16, 16, 12, 8)
SR3_CONV_KERNELS(vnni, __attribute__((target(SR3_AVX512 ",avx512vnni"))), Vector16, Bytes16Vnni, 16, 12, 8)

#endif

}  // namespace

const ConvKernels* conv_kernels(int* count) {
  static int available = 0;
  static const std::array<ConvKernels, 3> kernels = [] {
    std::array<ConvKernels, 3> all = {};
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx512 && __builtin_cpu_supports("avx512vnni"))
      all[available++] = {"AVX-512 VNNI",  16, {255, 127}, vnni_of_floats, vnni_of_bytes, vnni_winograd<2>,
                          vnni_winograd<4>};
    if (avx512)
      all[available++] = {"AVX-512", 16, {}, avx512_of_floats, avx512_of_bytes, avx512_winograd<2>, avx512_winograd<4>};
    if (avx2) all[available++] = {"AVX2", 8, {}, avx2_of_floats, avx2_of_bytes, avx2_winograd<2>, avx2_winograd<4>};
#endif
    return all;
  }();
  *count = available;
  return kernels.data();
}

}  // namespace sr3

#include "degrade/separable.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sr3 {
namespace {

template <class Sample, class Sum>
inline Sample rounded(Sum sum) {
  if constexpr (std::is_same_v<Sample, float>) {
    return static_cast<float>(sum);
  } else if constexpr (std::is_same_v<Sum, int32_t>) {
    return static_cast<Sample>(std::clamp(sum >> kFixedPointBits, 0, 255));
  } else {
    sum = std::clamp<double>(sum, 0, std::numeric_limits<Sample>::max());
    const int32_t floor = static_cast<int32_t>(sum);
    return static_cast<Sample>(floor + (sum - floor >= 0.5));
  }
}

template <class Weight>
constexpr Weight kStart = std::is_same_v<Weight, int32_t> ? Weight{1 << (kFixedPointBits - 1)} : Weight{0};

// out[l] = sum over k of weight[k] * in[index[k] * stride + l], for `lanes` neighbouring samples.
template <class Sample, class Weight>
void combine_plainly(const Sample* in, int64_t stride, const int32_t* index, const Weight* weight, int64_t taps,
                     int64_t lanes, Sample* out) {
  constexpr int64_t kAtOnce = 64;
  Weight sum[kAtOnce];
  for (int64_t first = 0; first < lanes; first += kAtOnce) {
    const int64_t count = std::min(kAtOnce, lanes - first);
    std::fill_n(sum, count, kStart<Weight>);
    for (int64_t k = 0; k < taps; ++k) {
      const Sample* from = in + index[k] * stride + first;
      for (int64_t l = 0; l < count; ++l) sum[l] += weight[k] * static_cast<Weight>(from[l]);
    }
    for (int64_t l = 0; l < count; ++l) out[first + l] = rounded<Sample>(sum[l]);
  }
}

#if defined(__x86_64__)
// The same with AVX2, for CPUs that have it. The sums of 6 vectors stay in registers; for plain loops gcc 12 keeps them in
// memory and handles a part by scalar code, which is three times slower. Multiplication and addition are separate, so that
// the bytes are the same.
#define SR3_AVX2 [[gnu::target("avx2"), gnu::always_inline]] inline

template <class Weight>
struct Vector;

template <>
struct Vector<int32_t> {
  static constexpr int64_t kLanes = 8;
  __m256i value;
  SR3_AVX2 void fill(int32_t x) { value = _mm256_set1_epi32(x); }
  SR3_AVX2 void load(const uint8_t* from) {
    value = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }
  SR3_AVX2 void add_product(const Vector& a, const Vector& b) {
    value = _mm256_add_epi32(value, _mm256_mullo_epi32(a.value, b.value));
  }
};

template <>
struct Vector<double> {
  static constexpr int64_t kLanes = 4;
  __m256d value;
  SR3_AVX2 void fill(double x) { value = _mm256_set1_pd(x); }
  SR3_AVX2 void load(const uint8_t* from) {
    int32_t four;
    std::memcpy(&four, from, 4);
    value = _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
  }
  SR3_AVX2 void load(const uint16_t* from) {
    value = _mm256_cvtepi32_pd(_mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
  }
  SR3_AVX2 void load(const float* from) { value = _mm256_cvtps_pd(_mm_loadu_ps(from)); }
  SR3_AVX2 void add_product(const Vector& a, const Vector& b) {
    value = _mm256_add_pd(value, _mm256_mul_pd(a.value, b.value));
  }
};

template <>
struct Vector<float> {
  static constexpr int64_t kLanes = 8;
  __m256 value;
  SR3_AVX2 void fill(float x) { value = _mm256_set1_ps(x); }
  SR3_AVX2 void load(const float* from) { value = _mm256_loadu_ps(from); }
  SR3_AVX2 void add_product(const Vector& a, const Vector& b) {
    value = _mm256_add_ps(value, _mm256_mul_ps(a.value, b.value));
  }
};

template <int vectors, class Sample, class Weight>
SR3_AVX2 void combine_vectors(const Sample* in, int64_t stride, const int32_t* index, const Weight* weight,
                              int64_t taps, Sample* out) {
  constexpr int64_t lanes = Vector<Weight>::kLanes;
  Vector<Weight> sum[vectors], factor, samples;
  for (int v = 0; v < vectors; ++v) sum[v].fill(kStart<Weight>);
  for (int64_t k = 0; k < taps; ++k) {
    const Sample* from = in + index[k] * stride;
    factor.fill(weight[k]);
    for (int v = 0; v < vectors; ++v) {
      samples.load(from + v * lanes);
      sum[v].add_product(factor, samples);
    }
  }
  Weight sums[vectors * lanes];
  std::memcpy(sums, sum, sizeof sums);
  for (int64_t l = 0; l < vectors * lanes; ++l) out[l] = rounded<Sample>(sums[l]);
}

template <class Sample, class Weight>
[[gnu::target("avx2")]] void combine_avx2(const Sample* in, int64_t stride, const int32_t* index, const Weight* weight,
                                          int64_t taps, int64_t lanes, Sample* out) {
  constexpr int64_t one = Vector<Weight>::kLanes, six = 6 * one;
  for (; lanes >= six; in += six, out += six, lanes -= six) combine_vectors<6>(in, stride, index, weight, taps, out);
  for (; lanes >= one; in += one, out += one, lanes -= one) combine_vectors<1>(in, stride, index, weight, taps, out);
  if (lanes > 0) combine_plainly(in, stride, index, weight, taps, lanes, out);
}
#endif

bool plain_code = false;

template <class Sample, class Weight>
void combine(const Sample* in, int64_t stride, const int32_t* index, const Weight* weight, int64_t taps, int64_t lanes,
             Sample* out) {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2");
  if (avx2 && !plain_code) return combine_avx2(in, stride, index, weight, taps, lanes, out);
#endif
  combine_plainly(in, stride, index, weight, taps, lanes, out);
}

}  // namespace

void use_plain_code(bool plain) { plain_code = plain; }

template <class Sample, class Weight>
void filter_columns(const Sample* in, int64_t row_samples, const WeightTable<Weight>& weights, Sample* out) {
  for (int64_t i = 0; i < weights.outputs(); ++i) {
    const int64_t k = weights.begin[i];
    combine(in, row_samples, &weights.index[k], &weights.weight[k], weights.begin[i + 1] - k, row_samples,
            out + i * row_samples);
  }
}

template <class Sample, class Weight>
void weighted_sum(const Sample* in, std::span<const int32_t> offsets, std::span<const Weight> weights, int64_t lanes,
                  Sample* out) {
  combine(in, /*stride=*/1, offsets.data(), weights.data(), static_cast<int64_t>(weights.size()), lanes, out);
}

namespace {

// Copies `count` pixels, which are `from_step` samples apart in the input and `to_step` in the output. A number of channels
// that is known at compile time keeps the compiler from calling memcpy for each pixel.
template <int64_t known_channels, class Sample>
void copy_pixels(const Sample* from, int64_t from_step, Sample* to, int64_t to_step, int64_t count, int64_t channels) {
  if constexpr (known_channels == 0) {
    if (channels == 3) return copy_pixels<3>(from, from_step, to, to_step, count, channels);
    if (channels == 1) return copy_pixels<1>(from, from_step, to, to_step, count, channels);
  } else {
    channels = known_channels;
  }
  for (int64_t i = 0; i < count; ++i, from += from_step, to += to_step)
    for (int64_t c = 0; c < channels; ++c) to[c] = from[c];
}

}  // namespace

// 16 rows at a time are transposed so that the same pixel column of all of them is contiguous: the pass along x is then
// the pass along y, and needs no shuffles of its own.
template <class Sample, class Weight>
void filter_rows(const Sample* in, int64_t width, int64_t height, int64_t channels, const WeightTable<Weight>& weights,
                 Sample* out) {
  constexpr int64_t kRows = 16;
  const int64_t out_width = weights.outputs(), lanes = kRows * channels;
  std::vector<Sample> turned(static_cast<size_t>(width * lanes)), narrow(static_cast<size_t>(out_width * lanes));
  for (int64_t y = 0; y < height; y += kRows) {
    const int64_t rows = std::min(kRows, height - y);
    for (int64_t r = 0; r < rows; ++r)
      copy_pixels<0>(in + (y + r) * width * channels, channels, turned.data() + r * channels, lanes, width, channels);
    filter_columns(turned.data(), lanes, weights, narrow.data());
    for (int64_t r = 0; r < rows; ++r)
      copy_pixels<0>(narrow.data() + r * channels, lanes, out + (y + r) * out_width * channels, channels, out_width,
                     channels);
  }
}

#define SR3_FILTER(Sample, Weight)                                                                          \
  template void filter_rows(const Sample*, int64_t, int64_t, int64_t, const WeightTable<Weight>&, Sample*); \
  template void filter_columns(const Sample*, int64_t, const WeightTable<Weight>&, Sample*);
SR3_FILTER(uint8_t, int32_t)
SR3_FILTER(uint8_t, double)
SR3_FILTER(uint16_t, double)
SR3_FILTER(float, double)
SR3_FILTER(float, float)
#undef SR3_FILTER
template void weighted_sum(const float*, std::span<const int32_t>, std::span<const float>, int64_t, float*);

}  // namespace sr3

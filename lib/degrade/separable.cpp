#include "degrade/separable.h"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace sr3 {
namespace {

// One function, compiled for several generations of x86-64 and chosen when the program starts.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define SR3_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SR3_CLONES
#endif

constexpr int64_t kLanes = 48;  // sums kept at once: 16 RGB pixels

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

// out[l] = sum over k of weight[k] * in[index[k] * stride + l], for `lanes` neighbouring samples.
template <int64_t fixed_lanes, class Sample, class Weight>
[[gnu::always_inline]] inline void combine_some(const Sample* __restrict in, int64_t stride,
                                                const int32_t* __restrict index, const Weight* __restrict weight,
                                                int64_t taps, int64_t lanes, Sample* __restrict out) {
  if constexpr (fixed_lanes != 0) lanes = fixed_lanes;
  Weight sum[kLanes];
  constexpr Weight start = std::is_same_v<Weight, int32_t> ? Weight{1 << (kFixedPointBits - 1)} : Weight{0};
  for (int64_t l = 0; l < lanes; ++l) sum[l] = start;
  int64_t k = 0;
  for (; k + 4 <= taps; k += 4) {
    const Sample *a = in + index[k] * stride, *b = in + index[k + 1] * stride, *c = in + index[k + 2] * stride,
                 *d = in + index[k + 3] * stride;
    const Weight wa = weight[k], wb = weight[k + 1], wc = weight[k + 2], wd = weight[k + 3];
    for (int64_t l = 0; l < lanes; ++l)
      sum[l] = (((sum[l] + wa * static_cast<Weight>(a[l])) + wb * static_cast<Weight>(b[l])) +
                wc * static_cast<Weight>(c[l])) +
               wd * static_cast<Weight>(d[l]);
  }
  for (; k < taps; ++k) {
    const Sample* a = in + index[k] * stride;
    for (int64_t l = 0; l < lanes; ++l) sum[l] += weight[k] * static_cast<Weight>(a[l]);
  }
  for (int64_t l = 0; l < lanes; ++l) out[l] = rounded<Sample>(sum[l]);
}

template <class Sample, class Weight>
[[gnu::always_inline]] inline void combine_all(const Sample* in, int64_t stride, const int32_t* index,
                                               const Weight* weight, int64_t taps, int64_t lanes, Sample* out) {
  for (; lanes >= kLanes; in += kLanes, out += kLanes, lanes -= kLanes)
    combine_some<kLanes>(in, stride, index, weight, taps, kLanes, out);
  for (; lanes >= 16; in += 16, out += 16, lanes -= 16) combine_some<16>(in, stride, index, weight, taps, 16, out);
  if (lanes > 0) combine_some<0>(in, stride, index, weight, taps, lanes, out);
}

#define SR3_COMBINE(Sample, Weight)                                                                               \
  SR3_CLONES void combine(const Sample* in, int64_t stride, const int32_t* index, const Weight* weight,           \
                          int64_t taps, int64_t lanes, Sample* out) {                                             \
    combine_all(in, stride, index, weight, taps, lanes, out);                                                     \
  }
SR3_COMBINE(uint8_t, int32_t)
SR3_COMBINE(uint8_t, double)
SR3_COMBINE(uint16_t, double)
SR3_COMBINE(float, double)
#undef SR3_COMBINE

}  // namespace

template <class Sample, class Weight>
void filter_columns(const Sample* in, int64_t row_samples, const WeightTable<Weight>& weights, Sample* out) {
  for (int64_t i = 0; i < weights.outputs(); ++i) {
    const int64_t k = weights.begin[i];
    combine(in, row_samples, &weights.index[k], &weights.weight[k], weights.begin[i + 1] - k, row_samples,
            out + i * row_samples);
  }
}

// 16 rows at a time are turned so that the same pixel column of all of them is contiguous: the pass along x is then the
// pass along y, and needs no shuffles of its own.
template <class Sample, class Weight>
void filter_rows(const Sample* in, int64_t width, int64_t height, int64_t channels, const WeightTable<Weight>& weights,
                 Sample* out) {
  constexpr int64_t kRows = 16;
  const int64_t out_width = weights.outputs(), lanes = kRows * channels;
  std::vector<Sample> turned(static_cast<size_t>(width * lanes)), narrow(static_cast<size_t>(out_width * lanes));
  for (int64_t y = 0; y < height; y += kRows) {
    const int64_t rows = std::min(kRows, height - y);
    for (int64_t r = 0; r < rows; ++r) {
      const Sample* from = in + (y + r) * width * channels;
      Sample* to = turned.data() + r * channels;
      for (int64_t x = 0; x < width; ++x, from += channels, to += lanes)
        for (int64_t c = 0; c < channels; ++c) to[c] = from[c];
    }
    filter_columns(turned.data(), lanes, weights, narrow.data());
    for (int64_t r = 0; r < rows; ++r) {
      const Sample* from = narrow.data() + r * channels;
      Sample* to = out + (y + r) * out_width * channels;
      for (int64_t x = 0; x < out_width; ++x, from += lanes, to += channels)
        for (int64_t c = 0; c < channels; ++c) to[c] = from[c];
    }
  }
}

#define SR3_FILTER(Sample, Weight)                                                                                     \
  template void filter_rows(const Sample*, int64_t, int64_t, int64_t, const WeightTable<Weight>&, Sample*);            \
  template void filter_columns(const Sample*, int64_t, const WeightTable<Weight>&, Sample*);
SR3_FILTER(uint8_t, int32_t)
SR3_FILTER(uint8_t, double)
SR3_FILTER(uint16_t, double)
SR3_FILTER(float, double)
#undef SR3_FILTER

}  // namespace sr3

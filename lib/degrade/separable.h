// One pass of a separable filter over interleaved samples, along x or along y, vectorised: the inner loop of every resize
// and of the blur. Sums run in tap order without fused multiply-adds, so every CPU gives the same bytes.
// It applies any table of weights; checking sizes is up to the caller. How sums are converted to samples:
//   samples  weights   conversion of a sum
//   uint8    int32     (sum + 2^21) >> 22, clipped to 0..255 (Pillow's arithmetic)
//   uint8    double    clipped to 0..255, rounded to nearest, halves up
//   uint16   double    likewise, with 0..65535
//   float    double    to float, without clipping
//   float    float     the sum itself: twice as fast, for what is random anyway
#pragma once

#include <span>

#include "degrade/kernel.h"

namespace sr3 {

// in: height rows of width * channels; out: height rows of weights.outputs() * channels.
template <class Sample, class Weight>
void filter_rows(const Sample* in, int64_t width, int64_t height, int64_t channels, const WeightTable<Weight>& weights,
                 Sample* out);

// in: rows of row_samples each; out: weights.outputs() rows of row_samples.
template <class Sample, class Weight>
void filter_columns(const Sample* in, int64_t row_samples, const WeightTable<Weight>& weights, Sample* out);

// out[l] = sum over k of weights[k] * in[offsets[k] + l], for l in 0..lanes-1: a row of a filter of two dimensions.
template <class Sample, class Weight>
void weighted_sum(const Sample* in, std::span<const int32_t> offsets, std::span<const Weight> weights, int64_t lanes,
                  Sample* out);

// For tests: do without the code for particular CPUs. The results are the same.
void use_plain_code(bool plain);

}  // namespace sr3

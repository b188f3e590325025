// One pass of a separable filter over interleaved samples, along x or along y, vectorised: the inner loop of every resize
// and of the blur. Sums run in tap order without fused multiply-adds, so every CPU gives the same bytes.
// Knows weights, not kernels; refuses nothing: sizes are the caller's business.
//   samples  weights   a sum becomes a sample
//   uint8    int32     (sum + 2^21) >> 22, clipped to 0..255 (Pillow's arithmetic)
//   uint8    double    rounded half away from zero, clipped to 0..255
//   uint16   double    likewise, 0..65535
//   float    double    as it is
#pragma once

#include "degrade/kernel.h"

namespace sr3 {

// in: height rows of width * channels; out: height rows of weights.outputs() * channels.
template <class Sample, class Weight>
void filter_rows(const Sample* in, int64_t width, int64_t height, int64_t channels, const WeightTable<Weight>& weights,
                 Sample* out);

// in: rows of row_samples each; out: weights.outputs() rows of row_samples.
template <class Sample, class Weight>
void filter_columns(const Sample* in, int64_t row_samples, const WeightTable<Weight>& weights, Sample* out);

// For tests: leave out the code for particular CPUs. The results are the same.
void use_plain_code(bool plain);

}  // namespace sr3

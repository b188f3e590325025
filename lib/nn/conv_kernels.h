// The inner loops of a convolution of a channels_last map with packed weights, compiled for AVX-512 and AVX2, one of which is
// selected at run time. Rows of the input, threads and what is done with the result are the caller's (fused_conv.h).
//
// Input channels are cut into chunks of `chunk` channels, and output channels into blocks of up to 3 vectors. A kernel call adds
// the products of one chunk and one block, for a run of pixels of one output row, to sums that the caller keeps. Each sum is
// computed in one order of the taps and channels, whatever the run it is in.
#pragma once

#include <cstdint>

namespace sr3 {

// `pixels` sums of a block of V vectors, which are contiguous: sums[pixel][V * lanes]. Runs are computed in whole groups of
// pixels: rows and sums must have room for kConvSlack pixels more, of any values.
// rows: for each of the `taps` rows of the kernel, the chunk of the pixel below the first tap of the run's first sum; the
// pixels of a row are contiguous, `chunk` numbers each. weights: [taps][taps * chunk][V * lanes].
struct ConvRun {
  const float* const* rows;
  const float* weights;
  float* sums;
  int64_t pixels, taps, chunk, stride;
};

// out[pixel][channel] = (sums[pixel][channel] + bias[channel] + residual[pixel][channel]) * scale for `pixels` pixels and
// `channels` channels. The pixels of sums are `width` numbers apart, those of residual and out `stride`. residual: or null.
struct ConvResult {
  const float *sums, *bias, *residual;
  float* out;
  int64_t pixels, channels, width, stride;
  float scale;
};

// y[pixel][channel] = z, or SiLU(z) if `activate`, where z = (x[pixel][channel] - center[channel]) * slope[channel] +
// base[channel]. The pixels of x and y are x_stride and y_stride numbers apart. SiLU's relative error is below 1e-6.
struct ConvNorm {
  const float *x, *center, *slope, *base;
  float* y;
  int64_t pixels, channels, x_stride, y_stride;
  bool activate;
};

constexpr int64_t kConvSlack = 16;
constexpr int64_t kMaxVectors = 3;  // of a block

struct ConvKernels {
  const char* name;                                  // of the instruction set
  int64_t lanes;                                     // numbers in a vector
  void (*run[kMaxVectors + 1])(const ConvRun& run);  // by V; [0] is not used
  void (*normalise)(const ConvNorm& norm);
  void (*finish)(const ConvResult& result);
};

// The kernels of this CPU, the fastest first; empty when it has none. `count` receives their number.
const ConvKernels* conv_kernels(int* count);

}  // namespace sr3

// The inner loops of a convolution of a channels_last map with packed weights, compiled for AVX-512 and AVX2, one of which is
// selected at run time. Rows of the input, threads and what is done with the result are the caller's (fused_conv.h).
//
// Input channels are cut into chunks of `chunk` channels, and output channels into blocks of up to 3 vectors. A kernel call adds
// the products of one chunk and one block, for a run of pixels of one output row, to sums that the caller keeps. Each sum is
// computed in one order of the taps and channels, whatever the run it is in.
#pragma once

#include <cstdint>
#include <type_traits>

#include "nn/winograd_kernels.h"

namespace sr3 {

// X is float, or uint8_t: then the input and the weights are integers, as large as the instruction set allows (ByteRange), and the
// sums are exact.
template <class X>
struct ConvTypes {
  using Weight = float;
  using Sum = float;
};
template <>
struct ConvTypes<uint8_t> {
  using Weight = int8_t;
  using Sum = int32_t;
};

// `pixels` sums of a block of V vectors, which are contiguous: sums[pixel][V * lanes]. Runs are computed in whole groups of
// pixels: rows and sums must have room for kConvSlack pixels more, of any values.
// rows: for each of the `taps` rows of the kernel, the chunk of the pixel below the first tap of the run's first sum; the
// pixels of a row are contiguous, `chunk` numbers each. weights: [taps][taps * chunk][V * lanes]; of bytes, four channels are
// together, [taps][taps * chunk / 4][V * lanes][4], and the chunk is a multiple of 8.
template <class X>
struct ConvRun {
  const X* const* rows;
  const typename ConvTypes<X>::Weight* weights;
  typename ConvTypes<X>::Sum* sums;
  int64_t pixels, taps, chunk, stride;
};

// out[pixel][channel] = (sums[pixel][channel] * factor[channel] + bias[channel] + residual[pixel][channel]) * scale for `pixels`
// pixels and `channels` channels. The pixels of sums are `width` numbers apart, those of residual and out `stride`.
// factor: null for 1; residual: or null.
template <class X>
struct ConvResult {
  const typename ConvTypes<X>::Sum* sums;
  const float *factor, *bias, *residual;
  float* out;
  int64_t pixels, channels, width, stride;
  float scale;
};

// y[pixel][channel] = z, or SiLU(z) if `activate`, where z = (x[pixel][channel] - center[channel]) * slope[channel] +
// base[channel]. The pixels of x and y are x_stride and y_stride numbers apart. SiLU's relative error is below 1e-6, of bytes 1e-5.
// Bytes are z * inverse + zero, rounded and clamped to 0 .. highest.
template <class X>
struct ConvNorm {
  const float *x, *center, *slope, *base;
  X* y;
  int64_t pixels, channels, x_stride, y_stride;
  bool activate;
  float inverse, zero;
  int32_t highest;
};

// Inputs are 0 .. input, weights -weight .. weight. Without VNNI four products are added in 16 bits: 4 * 127 * 64 < 2^15.
struct ByteRange {
  int32_t input = 127, weight = 64;
};

constexpr int64_t kConvSlack = 16;
constexpr int64_t kMaxVectors = 3;  // of a block

template <class X>
struct ConvKernelsOf {
  void (*run[kMaxVectors + 1])(const ConvRun<X>& run);  // by V; [0] is not used
  void (*normalise)(const ConvNorm<X>& norm);
  void (*finish)(const ConvResult<X>& result);
};

struct ConvKernels {
  const char* name;  // of the instruction set
  int64_t lanes;     // 32-bit numbers in a vector
  ByteRange range;
  ConvKernelsOf<float> floats;
  ConvKernelsOf<uint8_t> bytes;
  WinogradKernels winograd_2, winograd_4;

  template <class X>
  const ConvKernelsOf<X>& of() const {
    if constexpr (std::is_same_v<X, float>)
      return floats;
    else
      return bytes;
  }
  template <int M>
  const WinogradKernels& winograd_of() const {
    if constexpr (M == 2)
      return winograd_2;
    else
      return winograd_4;
  }
};

// The kernels of this CPU, the fastest first; empty when it has none. `count` receives their number.
const ConvKernels* conv_kernels(int* count);

}  // namespace sr3

// A convolution with constant weights on the CPU, in float32, fused with what surrounds it: concatenation, GroupNorm, SiLU and
// resampling of its input, and the residual sum and the moments of its output, which the next GroupNorm needs. So a block reads
// and writes each map once. The result for an image depends on that image alone, bit for bit: not on the rest of its batch or
// the number of threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "nn/unet_plan.h"

namespace sr3 {

struct ConvKernels;
template <class A>
struct Coefficients;

struct FeatureMap {
  at::Tensor data;          // (N, C, H, W) channels_last
  at::Tensor mean, square;  // of float32 maps on the CPU: (N, C) double, each channel's mean and its sum of squared
                            // differences from it; undefined when they were not computed
};

struct ConvInput {
  std::vector<FeatureMap> maps;               // concatenated along the channels
  const Coefficients<float>* norm = nullptr;  // of all channels: (x - center) * slope + base; null: x
  bool activate = false;                      // SiLU, after a norm
  Resample resample = Resample::kNone;        // after both: nearest neighbour x 2, or the mean of 2 x 2
};

// The numbers that are multiplied. kBytes: of 8 bits, without VNNI of 7. The input's scale is chosen for each image from the
// moments of its maps, which must be defined, so that nothing has to be calibrated; that of the weights for each output channel.
// Not after Resample::kDown.
enum class ConvNumbers { kFloats, kBytes };

struct ConvBlock {
  int64_t first = 0, vectors = 0;  // its first output channel, and its vectors of output channels
};

// kTransposed: the convolution that takes a gradient of the result to that of the input. Stride 1, not `same`.
enum class ConvDirection { kForward, kTransposed };

// Within its life, convolutions of bytes that are made have 7 bits, as on the CPUs without VNNI, whose results they equal.
class NarrowBytes {
 public:
  NarrowBytes();
  ~NarrowBytes();
  NarrowBytes(const NarrowBytes&) = delete;
};

class FusedConv {
 public:
  // Whether this CPU has kernels for it.
  static bool supported();

  FusedConv() = default;
  // Whether a convolution in float32 is computed by Winograd's algorithm, which needs a fraction of the products.
  static bool has_winograd(const ConvPlan& plan, int64_t in);

  // weight: (out, in, k, k); bias: (out), or (in) of a transposed one, or undefined. kernels: null selects the fastest ones.
  FusedConv(const ConvPlan& plan, const at::Tensor& weight, const at::Tensor& bias,
            ConvNumbers numbers = ConvNumbers::kFloats, const ConvKernels* kernels = nullptr,
            ConvDirection direction = ConvDirection::kForward);

  // (conv(input) + residual) * scale. residual: of the shape of the result, channels_last, or undefined. Thread-safe.
  FeatureMap operator()(const ConvInput& input, const at::Tensor& residual = {}, double scale = 1,
                        bool moments = true) const;

 private:
  template <class X>
  friend class ConvRows;
  template <class X>
  friend class ConvTask;
  template <int M>
  friend class WinogradTask;

  template <class X>
  void run(const ConvInput& input, const struct ConvSizes& sizes, const struct ByteScales& scales,
           const float* residual, float scale, float* out, float* partial) const;

  template <class MakeTask>
  void run_tasks(const struct ConvSizes& sizes, const MakeTask& make_task, const float* residual, float scale,
                 float* out, float* partial) const;

  int64_t width() const;  // output channels, with those that fill up the last vector

  ConvNumbers numbers_ = ConvNumbers::kFloats;
  const ConvKernels* kernels_ = nullptr;
  int64_t in_ = 0, out_ = 0, kernel_ = 3, stride_ = 1, padding_ = 0, end_padding_ = 0;
  int64_t chunk_ = 0, chunks_ = 0;  // channels of a chunk of the input, and the number of chunks
  std::vector<ConvBlock> blocks_;
  int64_t tile_ = 0;    // of Winograd's algorithm, the rows and columns of results of a tile; 0: plain sums
  at::Tensor weights_;  // [chunk][block] of what ConvRun describes; with Winograd's algorithm, of each of its products
  at::Tensor bias_;     // (out)
  at::Tensor weight_scale_;  // (out) double: of bytes, what a weight of 1 stands for
  at::Tensor weight_sum_;    // (out) double: the sum of an output channel's bytes
};

}  // namespace sr3

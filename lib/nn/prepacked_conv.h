// A convolution with constant weights: they are cast and laid out once, and on a CPU packed by oneDNN for the input's shape.
// Plain conv2d reorders the weights in every call, which takes a third of the time where maps are small. Weights packed for
// another shape, batch or number of threads are reordered in every call too, and even more slowly (150 ms for 192 channels).
// So the weights are kept as packed for each of the last two shapes: a tiled image has full batches and a smaller last one.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "nn/unet_plan.h"

namespace sr3 {

class PrepackedConv {
 public:
  PrepackedConv() = default;
  // weight: (out, in, k, k); bias: (out) or undefined. Both stay on their device and are cast to `type`.
  PrepackedConv(const ConvPlan& plan, const at::Tensor& weight, const at::Tensor& bias, at::ScalarType type);
  // x: (N, in, H, W) channels_last, in `type`. Thread-safe.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  class Packed;

  at::Tensor weight_, bias_;
  int64_t stride_ = 1, padding_ = 0;
  bool same_ = false;               // ConvPlan::same
  std::shared_ptr<Packed> packed_;  // null: plain conv2d
};

}  // namespace sr3

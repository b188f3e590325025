// A convolution whose weights never change: cast, laid out, and on a CPU packed by oneDNN for the inputs that come.
// Plain conv2d lays the weights out again in every call, which costs a third of the time where maps are small; and so
// does a layout that was packed for another shape, batch or number of threads, by a reorder that is slower still (150
// ms for 192 channels). So each of the last two shapes has its own: a tiled image has full batches and a last one.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "nn/unet_plan.h"

namespace sr3 {

class PrepackedConv {
 public:
  PrepackedConv() = default;
  // weight (out, in, k, k) and bias (out; or undefined) on their device; they run in `type`.
  PrepackedConv(const ConvPlan& plan, const at::Tensor& weight, const at::Tensor& bias, at::ScalarType type);
  // x: (N, in, H, W) channels_last, in `type`. Thread-safe.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  class Packed;

  at::Tensor weight_, bias_;
  int64_t stride_ = 1, padding_ = 0;
  bool same_ = false;               // ConvPlan's
  std::shared_ptr<Packed> packed_;  // null: conv2d serves
};

}  // namespace sr3

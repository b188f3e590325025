// A convolution whose weights never change: cast, laid out, and on a CPU packed by oneDNN for an input's size.
// Plain conv2d lays the weights out again in every call, which costs a third of the time where maps are small.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include "nn/plan.h"

namespace sr3 {

class ReadyConv {
 public:
  ReadyConv() = default;
  // weight (out, in, k, k) and bias (out; or undefined) on their device; they run in `type`.
  ReadyConv(const ConvPlan& plan, const at::Tensor& weight, const at::Tensor& bias, at::ScalarType type);
  int64_t in_channels() const { return in_channels_; }
  // Packs for inputs of this shape (N, C, H, W); others still work. Not thread-safe; the rest is.
  void pack(at::IntArrayRef input);
  // x: (N, in, H, W) channels_last, in `type`
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;  // weight_ is undefined once packed
  int64_t in_channels_ = 0, stride_ = 1, padding_ = 0;
  c10::IValue packed_;
};

}  // namespace sr3

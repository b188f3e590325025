// One pass through the plan, written once over the layers' operations: training (unet.cpp) and inference (runner.cpp) differ in
// how they run a convolution, not in what the network is.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/unet_plan.h"

namespace sr3 {

// Maps are (N, C, H, W) channels_last; layers are numbers of the Plan's lists.
class Layers {
 public:
  virtual ~Layers() = default;
  virtual at::Tensor conv(int number, const at::Tensor& x) = 0;
  // [SiLU](GroupNorm(x [+ embedding]) [* (1 + scale) + shift]); projection >= 0: with that projection of the embedding,
  // as scale and shift or as the sum (options.scale_shift).
  virtual at::Tensor norm(int number, const at::Tensor& x, int projection, bool activate) = 0;
  virtual at::Tensor dropout(int block, const at::Tensor& x) = 0;
  // (h + x) * skip_scale; may overwrite h, which nothing else refers to.
  virtual at::Tensor add(const at::Tensor& h, const at::Tensor& x) = 0;
};

// From the stem's result to the result of out.norm with SiLU (the input of out.conv).
at::Tensor run_plan(const Plan& plan, Layers& layers, const at::Tensor& stem);

}  // namespace sr3

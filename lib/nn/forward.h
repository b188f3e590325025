// The forward pass through a plan, written once over an interface of layer operations: training (unet.cpp) and inference
// (runner.cpp) differ in how they run a convolution, not in the architecture.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/unet_plan.h"

namespace sr3 {

// The operations of one pass. Maps are (N, C, H, W) channels_last; a layer is given by its index in the Plan's lists.
class Layers {
 public:
  virtual ~Layers() = default;
  virtual at::Tensor conv(int number, const at::Tensor& x) = 0;
  // [SiLU](GroupNorm(x [+ embedding]) [* (1 + scale) + shift]). SiLU only if `activate`. With projection >= 0, that projection
  // of the embedding is used: as scale and shift if options.scale_shift is set, else added to x.
  virtual at::Tensor norm(int number, const at::Tensor& x, int projection, bool activate) = 0;
  virtual at::Tensor dropout(int block, const at::Tensor& x) = 0;
  // (h + x) * skip_scale. May overwrite h, to which the caller must hold no other reference.
  virtual at::Tensor add(const at::Tensor& h, const at::Tensor& x) = 0;
};

// Runs the network from the output of its first convolution (the stem) to the input of its last one, out.conv.
at::Tensor run_plan(const Plan& plan, Layers& layers, const at::Tensor& stem);

}  // namespace sr3

// The forward pass through a plan, written once over an interface of operations: training (unet.cpp), inference (runner.cpp) and
// inference with fused convolutions (fused_layers.h) differ in how they run an operation, not in the architecture.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "nn/fused_conv.h"
#include "nn/unet_plan.h"

namespace sr3 {

// A feature map, or several that are concatenated along the channels.
using Maps = std::vector<FeatureMap>;

// [resample]([dropout]([SiLU](GroupNorm(x [+ embedding]) [* (1 + scale) + shift]))). A layer is given by its index in the Plan's
// lists.
struct NormUse {
  int number = -1;
  int projection =
      -1;  // of the embedding, used as scale and shift if options.scale_shift is set, else added to x; -1: none
  bool activate = true;  // SiLU
  Resample resample = Resample::kNone;
  int dropout = -1;  // the block that selects the mask; -1: no dropout
};

// A step of a plan as a function of its map, and of the map that it joins to it; no map otherwise.
using StepBody = std::function<Maps(Maps h, Maps kept)>;

// The operations of a forward pass, on channels_last maps (N, C, H, W).
class Layers {
 public:
  virtual ~Layers() = default;
  // Runs one step; training may have it run again for its gradients, by a copy of `body` that refers to these layers and their
  // plan.
  virtual Maps run_step(const StepBody& body, Maps h, Maps kept) { return body(std::move(h), std::move(kept)); }
  virtual Maps join(const Maps& h, const Maps& kept) = 0;
  virtual Maps resize(Resample to, const Maps& x) = 0;
  virtual Maps conv(int number, const Maps& x, Resample before) = 0;
  virtual Maps norm_conv(const NormUse& norm, int conv, const Maps& x) = 0;
  // (norm_conv(...) + skip) * skip_scale
  virtual Maps residual_conv(const NormUse& norm, int conv, const Maps& x, const Maps& skip) = 0;
  // (conv(plan.out, self_attention(qkv)) + skip) * skip_scale
  virtual Maps attend(const AttentionPlan& plan, const Maps& qkv, const Maps& skip) = 0;
};

// The same from single differentiable operations of libtorch.
class TensorLayers : public Layers {
 public:
  Maps join(const Maps& h, const Maps& kept) override;
  Maps resize(Resample to, const Maps& x) override;
  Maps conv(int number, const Maps& x, Resample before) override;
  Maps norm_conv(const NormUse& norm, int conv, const Maps& x) override;
  Maps residual_conv(const NormUse& norm, int conv, const Maps& x, const Maps& skip) override;
  Maps attend(const AttentionPlan& plan, const Maps& qkv, const Maps& skip) override;

  virtual at::Tensor conv(int number, const at::Tensor& x) = 0;

 protected:
  // Without resampling and dropout.
  virtual at::Tensor norm(const NormUse& use, const at::Tensor& x) = 0;
  virtual at::Tensor dropout(int block, const at::Tensor& x) = 0;
  // (h + x) * skip_scale. May overwrite h, to which the caller must hold no other reference.
  virtual at::Tensor add(const at::Tensor& h, const at::Tensor& x) = 0;
};

// Runs the network from the output of its first convolution (the stem) to that of its last one, out.conv.
at::Tensor run_plan(const Plan& plan, Layers& layers, const FeatureMap& stem);

// x resampled by 2: by nearest neighbour, or by the mean of 2 x 2.
at::Tensor resized(Resample to, const at::Tensor& x);

}  // namespace sr3

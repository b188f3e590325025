// GroupNorm (Wu & He 2018), scale and shift by the embedding (ADM, "adaptive group normalisation"), and SiLU in one operator:
// as separate operators they take as much time as the convolution between them.
//   z = (GroupNorm(x + offset) * weight + bias) * (1 + scale) + shift,  y = SiLU(z) or z
// N batch, C channels, G groups.
#pragma once

#include <ATen/core/Tensor.h>

namespace sr3 {

struct GroupNormInput {
  at::Tensor x;             // (N, C, H, W), any memory format; float, bfloat16 or double
  at::Tensor weight, bias;  // (C)
  at::Tensor scale, shift;  // (N, C), or both undefined
  at::Tensor offset;        // (N, C), added to x first; or undefined
  int64_t groups = 32;
  double eps = 1e-5;
  bool activate = true;

  // Sets scale and shift, or offset, from a block's projection of the embedding: (N, 2 C), scale first, or (N, C).
  void set_embedding(const at::Tensor& projection, bool scale_shift);
};

// Returns (N, C, H, W) in channels_last format and the dtype of x; with widen, float32 if x is bfloat16. Differentiable
// once with respect to every tensor.
at::Tensor group_norm_silu(const GroupNormInput& input, bool widen = false);

}  // namespace sr3

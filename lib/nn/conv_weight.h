// Casts the fp32 weights of a convolution for a training step: to the compute type, in the channels_last layout that oneDNN
// expects. For bf16 this is one pass: a cast and a permuting copy take twice as long, 4% of a training step of a large network.
#pragma once

#include <ATen/core/Tensor.h>

namespace sr3 {

// Returns weight (out, in, k, k) in `type` and channels_last. Differentiable.
at::Tensor conv_weight(const at::Tensor& weight, at::ScalarType type);

}  // namespace sr3

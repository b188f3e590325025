// The convolutions of a training step.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/unet_plan.h"

namespace sr3 {

// x: (N, in, H, W); weight: (out, in, k, k); bias: (out) or undefined, both float32. Returns the result in the dtype of x and
// channels_last format. Differentiable once with respect to every tensor. On CPUs with kernels of our own, 3x3 convolutions in
// float32 are computed by them, forward and for the gradient of x: 2 to 3 times as fast as oneDNN's in this layout.
at::Tensor training_conv(const ConvPlan& plan, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace sr3

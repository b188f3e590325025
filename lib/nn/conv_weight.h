// A convolution's weights on their way into a training step: fp32 as they are kept, to the compute type laid out channels_last
// as oneDNN wants them. For bf16 in one pass: a cast and a permuting copy take twice as long, 4% of a step of a large network.
#pragma once

#include <ATen/core/Tensor.h>

namespace sr3 {

// (out, in, k, k) -> the same in `type`, channels_last. Differentiable.
at::Tensor conv_weight(const at::Tensor& weight, at::ScalarType type);

}  // namespace sr3

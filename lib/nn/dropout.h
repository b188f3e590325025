// Dropout (Srivastava et al. 2014) whose mask is a function of (seed, layer, position) alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace sr3 {

// A mask of the shape, type and layout of x (N, C, H, W; channels_last): 0 with this probability, else 1 / (1 - probability).
at::Tensor dropout_mask(const at::Tensor& x, double probability, uint64_t seed, uint32_t layer);

}  // namespace sr3

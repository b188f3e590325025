// Self-attention of small maps on the CPU, for inference: as single operators on so few numbers, most of the time would go into
// calling them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace sr3 {

// Whether small_attention() supports this map: float32 on a CPU with AVX2, with at most 1024 positions.
bool has_small_attention(const at::Tensor& qkv);

// As self_attention (attention.h), without gradients. An image's result does not depend on the rest of its batch or on the number
// of threads.
at::Tensor small_attention(const at::Tensor& qkv, int64_t heads);

}  // namespace sr3

// Exact self-attention (Vaswani et al. 2017, eq. 1) over the pixels of a map, in chunks of queries: memory stays bounded in
// both passes, as the backward pass computes the weights again (Rabe & Staats 2021; Dao et al. 2022).
#pragma once

#include <ATen/core/Tensor.h>

namespace sr3 {

// qkv: (N, 3 C, H, W), channels [q|k|v][head][C / heads]. -> (N, C, H, W), both channels_last, in the dtype of qkv.
// Scores and softmax are in fp32 (double for double). Differentiable once.
at::Tensor self_attention(const at::Tensor& qkv, int64_t heads);

}  // namespace sr3

// Exact self-attention (Vaswani et al. 2017, eq. 1) over the pixels of a feature map, in chunks of queries: memory stays
// bounded in both passes, because the backward pass recomputes the attention weights (Rabe & Staats 2021; Dao et al. 2022).
#pragma once

#include <ATen/core/Tensor.h>

namespace sr3 {

// qkv: (N, 3 C, H, W), channels [q|k|v][head][C / heads]. Returns (N, C, H, W) in the dtype of qkv; both are channels_last.
// On a CPU the scores and the softmax are computed in fp32 (in double for double). Differentiable once.
at::Tensor self_attention(const at::Tensor& qkv, int64_t heads);

}  // namespace sr3

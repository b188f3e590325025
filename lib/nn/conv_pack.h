// Packs the weights of a convolution of FusedConv in the order in which its kernels read them. Used by fused_conv.cpp only.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "nn/fused_conv.h"

namespace sr3 {

struct ConvPack {
  int64_t chunk, chunks, lanes;
  std::span<const ConvBlock> blocks;
  int64_t tile;     // of Winograd's algorithm; 0: plain sums
  bool transposed;  // the convolution that takes gradients of the result to gradients of the input
};

// weight: (out, in, k, k) float32. Returns [chunk][block][row][column][channel of the chunk][channel of the block], float32, with
// zeros for the channels that fill up chunks and blocks; with a tile, rows and columns are those of its products.
at::Tensor packed_floats(const ConvPack& pack, const at::Tensor& weight);

// weight: (out, in, k, k) int8. Returns [chunk][block][row][column][channel of the chunk / 4][channel of the block][4].
at::Tensor packed_bytes(const ConvPack& pack, const at::Tensor& weight);

}  // namespace sr3

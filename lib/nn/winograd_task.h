// A part of a 3x3 convolution of FusedConv in float32 by Winograd's minimal filtering (winograd_kernels.h), which one thread
// computes. Used by fused_conv.cpp only.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "nn/conv_kernels.h"
#include "nn/conv_rows.h"
#include "nn/fused_conv.h"
#include "tensor/aten.h"

namespace sr3 {

// Like ConvTask. A group is some rows of tiles. Tiles begin at multiples of M, so that a result does not depend on
// how the rows are divided among tasks.
template <int M>
class WinogradTask {
 public:
  WinogradTask(const FusedConv& conv, const ConvInput& input, const ConvSizes& sizes, int64_t image, int64_t run,
               std::span<const ConvBlock> blocks)
      : conv_(conv),
        blocks_(blocks),
        sizes_(sizes),
        first_(run * sizes.length),
        pixels_(sizes.run_size(run)),
        across_((pixels_ + M - 1) / M),
        down_(std::clamp<int64_t>(kMaxTiles / across_, 1, (sizes.height + M - 1) / M)),
        room_(across_ * down_ + kConvSlack),
        rows_(conv, input, sizes, {}, image, first_, pixels_, down_ * M + 2),
        tiles_(at::zeros({kProducts * room_ * conv.chunk_}, at::kFloat)),
        sums_(at::empty({kProducts * room_ * width()}, at::kFloat)) {}

  int64_t group() const { return down_ * M; }

  // Like ConvTask::rows. y is a multiple of M.
  void rows(int64_t y, int64_t count, const float* residual, float scale, float* out) {
    const int64_t down = (count + M - 1) / M, tiles = across_ * down;
    rows_.load(y - 1, y + down * M + 1);
    std::memset(sums_.data_ptr(), 0, sums_.nbytes());
    for (int64_t chunk = 0; chunk < conv_.chunks_; ++chunk) {
      for (int64_t i = 0; i < down; ++i) transform(chunk, y + i * M, i);
      multiply(chunk, tiles);
    }
    for (int64_t i = 0; i < down; ++i)
      for (const ConvBlock& block : blocks_) {
        const int64_t at = (i * M * sizes_.width + first_) * conv_.out_ + block.first;
        const int64_t block_width = width(block);
        kernels().result({sums_of(block, 0) + i * across_ * block_width, floats(conv_.bias_) + block.first,
                          residual ? residual + at : nullptr, out + at, across_,
                          std::min(block_width, conv_.out_ - block.first), block_width, room_ * block_width,
                          count - i * M, pixels_, sizes_.width * conv_.out_, conv_.out_, scale});
      }
  }

 private:
  static constexpr int64_t kMaxTiles = 64;  // at once
  static constexpr int64_t kProducts = (M + 2) * (M + 2);

  const WinogradKernels& kernels() const { return conv_.kernels_->winograd_of<M>(); }

  int64_t width(const ConvBlock& block) const { return block.vectors * conv_.kernels_->lanes; }
  int64_t width() const { return blocks_.back().first + width(blocks_.back()) - blocks_.front().first; }

  float* tiles() { return static_cast<float*>(tiles_.data_ptr()); }

  float* sums_of(const ConvBlock& block, int64_t product) {
    return static_cast<float*>(sums_.data_ptr()) +
           room_ * (kProducts * (block.first - blocks_.front().first) + product * width(block));
  }

  // The tiles of one row of them, whose results begin in row y.
  void transform(int64_t chunk, int64_t y, int64_t row_of_tiles) {
    const float* rows[M + 2];
    for (int64_t i = 0; i < M + 2; ++i) rows[i] = rows_.row(chunk, y - 1 + i);
    kernels().input(
        {rows, tiles() + row_of_tiles * across_ * conv_.chunk_, across_, conv_.chunk_, room_ * conv_.chunk_});
  }

  // Adds the products of a chunk: for each of the kProducts, those of a matrix of tiles and one of weights.
  void multiply(int64_t chunk, int64_t tiles_now) {
    const float* const weights = floats(conv_.weights_);
    for (const ConvBlock& block : blocks_)
      for (int64_t product = 0; product < kProducts; ++product) {
        const float* const input = tiles() + product * room_ * conv_.chunk_;
        const float* const of_block = weights + kProducts * conv_.chunk_ * (chunk * conv_.width() + block.first);
        conv_.kernels_->floats.run[block.vectors]({&input, of_block + product * conv_.chunk_ * width(block),
                                                   sums_of(block, product), tiles_now, 1, conv_.chunk_, 1});
      }
  }

  const FusedConv& conv_;
  const std::span<const ConvBlock> blocks_;
  const ConvSizes& sizes_;
  const int64_t first_, pixels_;        // the run's first pixel and its pixels
  const int64_t across_, down_, room_;  // tiles of a row, rows of tiles of a group, and the room for its tiles
  ConvRows<float> rows_;
  at::Tensor tiles_;  // [product][tile][channel of the chunk]
  at::Tensor sums_;   // [block][product][tile][channel of the block]
};

}  // namespace sr3

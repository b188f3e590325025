// A part of a convolution of FusedConv, which one thread computes. Used by fused_conv.cpp only.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <type_traits>

#include "nn/conv_kernels.h"
#include "nn/conv_rows.h"
#include "nn/fused_conv.h"
#include "tensor/aten.h"

namespace sr3 {

// Some rows of one image, one run of each, and some blocks of the output channels. Groups of rows are computed together, because
// each of them needs all weights.
template <class X>
class ConvTask {
 public:
  ConvTask(const FusedConv& conv, const ConvInput& input, const ConvSizes& sizes, const ByteScales& scales,
           int64_t image, int64_t run, std::span<const ConvBlock> blocks)
      : conv_(conv),
        blocks_(blocks),
        sizes_(sizes),
        kernels_(conv.kernels_->of<X>()),
        first_(run * sizes.length),
        pixels_(sizes.run_size(run)),
        group_(std::clamp<int64_t>(kLongestRun / pixels_, 1, sizes.height)),
        rows_(conv, input, sizes, kBytes ? scales.input[image] : ByteScale(), image, first_, pixels_,
              (group_ - 1) * conv.stride_ + conv.kernel_),
        sums_(at::empty({group_ * (pixels_ + kConvSlack) * width()}, at::kFloat)) {
    if constexpr (kBytes) {
      factor_ = scales.factor.data() + image * conv.out_;
      bias_ = scales.bias.data() + image * conv.out_;
    } else {
      bias_ = floats(conv.bias_);
    }
  }

  // The number of rows that rows() should be called with.
  int64_t group() const { return group_; }

  // Output rows y .. y+count-1. out and residual: the first pixel of the image's row y; the result has the run's pixels only.
  void rows(int64_t y, int64_t count, const float* residual, float scale, float* out) {
    const int64_t top = y * conv_.stride_ - conv_.padding_;
    rows_.load(top, top + (count - 1) * conv_.stride_ + conv_.kernel_);
    std::memset(sums_.data_ptr(), 0, sums_.nbytes());
    const auto* weights = static_cast<const typename ConvTypes<X>::Weight*>(conv_.weights_.data_ptr());
    const int64_t lanes = conv_.kernels_->lanes, taps = conv_.kernel_ * conv_.kernel_ * conv_.chunk_;
    for (int64_t chunk = 0; chunk < conv_.chunks_; ++chunk)
      for (const ConvBlock& block : blocks_)
        for (int64_t i = 0; i < count; ++i) {
          const X* input[3];
          for (int64_t tap = 0; tap < conv_.kernel_; ++tap)
            input[tap] = rows_.row(chunk, top + i * conv_.stride_ + tap);
          kernels_.run[block.vectors]({input, weights + taps * (chunk * conv_.width() + block.first), sums_of(block, i),
                                       pixels_, conv_.kernel_, conv_.chunk_, conv_.stride_});
        }
    for (int64_t i = 0; i < count; ++i)
      for (const ConvBlock& block : blocks_) {
        const int64_t at = (i * sizes_.width + first_) * conv_.out_ + block.first, block_width = block.vectors * lanes;
        kernels_.finish({sums_of(block, i), factor_ ? factor_ + block.first : nullptr, bias_ + block.first,
                         residual ? residual + at : nullptr, out + at, pixels_,
                         std::min(block_width, conv_.out_ - block.first), block_width, conv_.out_, scale});
      }
  }

 private:
  static constexpr bool kBytes = std::is_same_v<X, uint8_t>;
  using Sum = typename ConvTypes<X>::Sum;

  // Channels of the blocks, with those that fill up the last one.
  int64_t width() const {
    return blocks_.back().first + blocks_.back().vectors * conv_.kernels_->lanes - blocks_.front().first;
  }

  // Of row i of the group.
  Sum* sums_of(const ConvBlock& block, int64_t i) {
    return static_cast<Sum*>(sums_.data_ptr()) +
           (i * width() + block.first - blocks_.front().first) * (pixels_ + kConvSlack);
  }

  const FusedConv& conv_;
  const std::span<const ConvBlock> blocks_;
  const ConvSizes& sizes_;
  const ConvKernelsOf<X>& kernels_;
  const int64_t first_, pixels_;  // the run's first pixel and its pixels
  const int64_t group_;           // output rows at once
  ConvRows<X> rows_;
  at::Tensor sums_;  // [row of the group][block][pixel][channel of the block]
  const float *factor_ = nullptr, *bias_ = nullptr;
};

}  // namespace sr3

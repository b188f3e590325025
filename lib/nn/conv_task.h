// A part of a convolution of FusedConv, which one thread computes: some rows of one image. Used by fused_conv.cpp only.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "nn/conv_kernels.h"
#include "nn/fused_conv.h"
#include "nn/group_norm_coefficients.h"
#include "tensor/aten.h"

namespace sr3 {

inline constexpr int64_t kLongestRun = 64;  // pixels of a row that are computed at once; of short rows, several are

inline const float* floats(const at::Tensor& t) { return static_cast<const float*>(t.data_ptr()); }

// What the byte 1 stands for in the input of an image, and the byte that stands for 0.
struct ByteScale {
  double scale = 1;
  int64_t zero = 0;
};

// The sizes of one call, in pixels. A row of the output is computed in `runs` runs of up to `length` pixels.
struct ConvSizes {
  int64_t n, source_height, source_width;  // of the maps that are given
  int64_t in_height, in_width;             // after resampling
  int64_t height, width;                   // of the output
  int64_t runs, length;

  int64_t run_size(int64_t run) const { return std::min(length, width - run * length); }
};

// Of each image: what its sums of bytes are multiplied with, and what is added to them, by output channel.
struct ByteScales {
  std::vector<ByteScale> input;
  std::vector<float> factor, bias;  // (N, out)
};

// Some rows of one image, one run of each, and some blocks of the output channels: the input rows that they need are kept in a
// ring. Groups of rows are computed together, because each of them needs all weights.
template <class X>
class ConvTask {
 public:
  ConvTask(const FusedConv& conv, const ConvInput& input, const ConvSizes& sizes, const ByteScales& scales,
           int64_t image, int64_t run, std::span<const FusedConv::Block> blocks)
      : conv_(conv),
        blocks_(blocks),
        input_(input),
        sizes_(sizes),
        kernels_(conv.kernels_->of<X>()),
        image_(image),
        first_(run * sizes.length),
        pixels_(sizes.run_size(run)),
        row_pixels_((pixels_ + kConvSlack - 1) * conv.stride_ + conv.kernel_),
        group_(std::clamp<int64_t>(kLongestRun / pixels_, 1, sizes.height)),
        ring_rows_((group_ - 1) * conv.stride_ + conv.kernel_),
        ring_(at::zeros({conv.chunks_ * ring_rows_ * row_pixels_ * conv.chunk_}, kType)),
        sums_(at::empty({group_ * (pixels_ + kConvSlack) * width()}, at::kFloat)) {
    if (input.resample != Resample::kNone) source_ = at::zeros({2, 2 * row_pixels_ * conv.chunk_}, kType);
    if constexpr (kBytes) {
      scale_ = scales.input[image];
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
    const int64_t top = y * conv_.stride_ - conv_.padding_, end = top + (count - 1) * conv_.stride_ + conv_.kernel_;
    for (int64_t in_y = std::max(top, next_); in_y < end; ++in_y) load(in_y);
    next_ = end;
    std::memset(sums_.data_ptr(), 0, sums_.nbytes());
    const auto* weights = static_cast<const typename ConvTypes<X>::Weight*>(conv_.weights_.data_ptr());
    const int64_t lanes = conv_.kernels_->lanes, taps = conv_.kernel_ * conv_.kernel_ * conv_.chunk_;
    for (int64_t chunk = 0; chunk < conv_.chunks_; ++chunk)
      for (const FusedConv::Block& block : blocks_)
        for (int64_t i = 0; i < count; ++i) {
          const X* input[3];
          for (int64_t tap = 0; tap < conv_.kernel_; ++tap) input[tap] = row_of(chunk, top + i * conv_.stride_ + tap);
          kernels_.run[block.vectors]({input, weights + taps * (chunk * conv_.width() + block.first), sums_of(block, i),
                                       pixels_, conv_.kernel_, conv_.chunk_, conv_.stride_});
        }
    for (int64_t i = 0; i < count; ++i)
      for (const FusedConv::Block& block : blocks_) {
        const int64_t at = (i * sizes_.width + first_) * conv_.out_ + block.first, block_width = block.vectors * lanes;
        kernels_.finish({sums_of(block, i), factor_ ? factor_ + block.first : nullptr, bias_ + block.first,
                         residual ? residual + at : nullptr, out + at, pixels_,
                         std::min(block_width, conv_.out_ - block.first), block_width, conv_.out_, scale});
      }
  }

 private:
  static constexpr bool kBytes = std::is_same_v<X, uint8_t>;
  static constexpr auto kType = kBytes ? at::kByte : at::kFloat;
  using Sum = typename ConvTypes<X>::Sum;

  // Channels of the blocks, with those that fill up the last one.
  int64_t width() const {
    return blocks_.back().first + blocks_.back().vectors * conv_.kernels_->lanes - blocks_.front().first;
  }

  // Of row i of the group.
  Sum* sums_of(const FusedConv::Block& block, int64_t i) {
    return static_cast<Sum*>(sums_.data_ptr()) +
           (i * width() + block.first - blocks_.front().first) * (pixels_ + kConvSlack);
  }

  X* row_of(int64_t chunk, int64_t in_y) {
    const int64_t slot = (in_y + ring_rows_) % ring_rows_;  // in_y is at least -padding
    return static_cast<X*>(ring_.data_ptr()) + (chunk * ring_rows_ + slot) * row_pixels_ * conv_.chunk_;
  }

  // Fills the ring's row of in_y, with zeros outside of the image.
  void load(int64_t in_y) {
    const int64_t begin = first_ * conv_.stride_ - conv_.padding_;
    const int64_t count = (pixels_ - 1) * conv_.stride_ + conv_.kernel_;
    const bool inside = in_y >= 0 && in_y < sizes_.in_height;
    const int64_t from = std::max<int64_t>(begin, 0), to = inside ? std::min(begin + count, sizes_.in_width) : from;
    for (int64_t chunk = 0; chunk < conv_.chunks_; ++chunk) {
      X* row = row_of(chunk, in_y);
      const X zero = static_cast<X>(scale_.zero);
      const int64_t left = (from - begin) * conv_.chunk_, right = (to - begin) * conv_.chunk_;
      std::fill(row, row + left, zero);
      std::fill(row + right, row + count * conv_.chunk_, zero);
      if (inside) fill(chunk, in_y, from, to, row + left);
    }
  }

  // The pixels from .. to of a row after resampling.
  void fill(int64_t chunk, int64_t y, int64_t from, int64_t to, X* row) {
    const int64_t size = conv_.chunk_;
    if (input_.resample == Resample::kNone) {
      source_row(chunk, y, from, to, row);
    } else if (input_.resample == Resample::kUp) {
      auto* source = static_cast<X*>(source_.data_ptr());
      source_row(chunk, y / 2, from / 2, (to + 1) / 2, source);
      for (int64_t x = from; x < to; ++x, row += size)
        std::memcpy(row, source + (x / 2 - from / 2) * size, size * sizeof(X));
    } else if constexpr (!kBytes) {
      auto *upper = static_cast<X*>(source_.data_ptr()), *lower = upper + 2 * row_pixels_ * size;
      source_row(chunk, 2 * y, 2 * from, 2 * to, upper);
      source_row(chunk, 2 * y + 1, 2 * from, 2 * to, lower);
      for (int64_t x = from; x < to; ++x, row += size, upper += 2 * size, lower += 2 * size)
        for (int64_t c = 0; c < size; ++c) row[c] = (upper[c] + upper[c + size] + lower[c] + lower[c + size]) * 0.25F;
    }
  }

  // The pixels from .. to of a row of the maps, normalised, of one chunk of their channels.
  void source_row(int64_t chunk, int64_t y, int64_t from, int64_t to, X* row) {
    const int64_t first = chunk * conv_.chunk_, last = std::min(first + conv_.chunk_, conv_.in_);
    int64_t begin = 0;
    for (const FeatureMap& map : input_.maps) {
      const int64_t channels = map.data.size(1), end = begin + channels;
      const int64_t a = std::max(first, begin), b = std::min(last, end);
      if (a < b) {
        const int64_t pixel = (image_ * sizes_.source_height + y) * sizes_.source_width + from;
        const float* x = floats(map.data) + pixel * channels + a - begin;
        if (input_.norm) {
          const Coefficients<float>& norm = *input_.norm;
          kernels_.normalise({x, sr3::row<float>(norm.center, image_) + a, sr3::row<float>(norm.slope, image_) + a,
                              sr3::row<float>(norm.base, image_) + a, row + a - first, to - from, b - a, channels,
                              conv_.chunk_, input_.activate, static_cast<float>(1 / scale_.scale),
                              static_cast<float>(scale_.zero)});
        } else if constexpr (!kBytes) {
          for (int64_t i = 0; i < to - from; ++i)
            std::memcpy(row + i * conv_.chunk_ + a - first, x + i * channels, (b - a) * sizeof(float));
        }
      }
      begin = end;
    }
  }

  const FusedConv& conv_;
  const std::span<const FusedConv::Block> blocks_;
  const ConvInput& input_;
  const ConvSizes& sizes_;
  const ConvKernelsOf<X>& kernels_;
  const int64_t image_, first_, pixels_;  // the run's first pixel and its pixels
  const int64_t row_pixels_;              // of a row of the ring
  const int64_t group_, ring_rows_;       // output rows at once, and the input rows that they need
  at::Tensor ring_;                       // [chunk][row % ring_rows][pixel][channel of the chunk]
  at::Tensor sums_;                       // [row of the group][block][pixel][channel of the block]
  at::Tensor source_;                     // two rows before resampling
  ByteScale scale_;                       // of bytes
  const float *factor_ = nullptr, *bias_ = nullptr;
  int64_t next_ = -2;  // the first row that is not in the ring
};

}  // namespace sr3

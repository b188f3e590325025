// The rows of the input of a convolution that one task needs, as its kernels read them: concatenated, normalised, resampled, with
// zeros outside of the image. Used by conv_task.h and winograd_task.h only.
#pragma once

#include <algorithm>
#include <cstring>
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

// Of one image, the columns that `pixels` pixels of the output from column `first` need, and kConvSlack more, which are zeros to
// the right of the image: a ring of `count` rows.
template <class X>
class ConvRows {
 public:
  ConvRows(const FusedConv& conv, const ConvInput& input, const ConvSizes& sizes, const ByteScale& scale, int64_t image,
           int64_t first, int64_t pixels, int64_t count)
      : conv_(conv),
        input_(input),
        sizes_(sizes),
        kernels_(conv.kernels_->of<X>()),
        scale_(scale),
        image_(image),
        first_(first),
        pixels_(pixels),
        row_pixels_((pixels + kConvSlack - 1) * conv.stride_ + conv.kernel_),
        count_(count),
        ring_(at::zeros({conv.chunks_ * count * row_pixels_ * conv.chunk_}, kType)) {
    if (input.resample != Resample::kNone) source_ = at::zeros({2, 2 * row_pixels_ * conv.chunk_}, kType);
  }

  // Loads the rows begin .. end, at most `count`, except those that are there. Calls go down the image. begin is at least -1.
  void load(int64_t begin, int64_t end) {
    for (int64_t y = std::max(begin, next_); y < end; ++y) load(y);
    next_ = end;
  }

  // The pixel of a loaded row that is below the kernel's first tap for the output pixel `first`.
  X* row(int64_t chunk, int64_t y) {
    const int64_t slot = (y + count_) % count_;
    return static_cast<X*>(ring_.data_ptr()) + (chunk * count_ + slot) * row_pixels_ * conv_.chunk_;
  }

 private:
  static constexpr bool kBytes = std::is_same_v<X, uint8_t>;
  static constexpr auto kType = kBytes ? at::kByte : at::kFloat;

  // Fills the row of in_y, with zeros outside of the image.
  void load(int64_t in_y) {
    const int64_t begin = first_ * conv_.stride_ - conv_.padding_;
    const int64_t count = (pixels_ - 1) * conv_.stride_ + conv_.kernel_;
    const bool inside = in_y >= 0 && in_y < sizes_.in_height;
    const int64_t from = std::max<int64_t>(begin, 0), to = inside ? std::min(begin + count, sizes_.in_width) : from;
    for (int64_t chunk = 0; chunk < conv_.chunks_; ++chunk) {
      X* const to_row = row(chunk, in_y);
      const X zero = static_cast<X>(scale_.zero);
      const int64_t left = (from - begin) * conv_.chunk_, right = (to - begin) * conv_.chunk_;
      std::fill(to_row, to_row + left, zero);
      std::fill(to_row + right, to_row + count * conv_.chunk_, zero);
      if (inside) fill(chunk, in_y, from, to, to_row + left);
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
                              static_cast<float>(scale_.zero), conv_.kernels_->range.input});
        } else if constexpr (!kBytes) {
          for (int64_t i = 0; i < to - from; ++i)
            std::memcpy(row + i * conv_.chunk_ + a - first, x + i * channels, (b - a) * sizeof(float));
        }
      }
      begin = end;
    }
  }

  const FusedConv& conv_;
  const ConvInput& input_;
  const ConvSizes& sizes_;
  const ConvKernelsOf<X>& kernels_;
  const ByteScale scale_;  // of bytes
  const int64_t image_, first_, pixels_, row_pixels_, count_;
  at::Tensor ring_;    // [chunk][y % count][pixel][channel of the chunk]
  at::Tensor source_;  // two rows before resampling
  int64_t next_ = -2;  // the first row that is not in the ring
};

}  // namespace sr3

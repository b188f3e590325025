#include "nn/fused_conv.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "base/error.h"
#include "nn/conv_kernels.h"
#include "nn/group_norm_coefficients.h"
#include "nn/group_norm_kernels.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

constexpr int64_t kLongestRun = 64;  // pixels of a row that are computed at once
constexpr int64_t kFewestRows = 8;   // of a task, because each loads the rows above and below

int64_t rounded_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// The weights of a chunk and a block should stay in the first-level cache. Chunks are even, and pad the channels least.
int64_t chunk_size(int64_t channels, int64_t kernel, ConvNumbers numbers) {
  const int64_t longest = kernel == 1 || numbers == ConvNumbers::kBytes ? 96 : 24;
  const int64_t multiple = numbers == ConvNumbers::kBytes ? 8 : 4;
  int64_t best = multiple;
  for (int64_t chunk = multiple; chunk <= longest; chunk += multiple)
    if (rounded_up(channels, chunk) <= rounded_up(channels, best)) best = chunk;
  return best;
}

const ConvKernels* fastest_kernels() {
  int count = 0;
  const ConvKernels* kernels = conv_kernels(&count);
  return count > 0 ? kernels : nullptr;
}

const float* floats(const at::Tensor& t) { return static_cast<const float*>(t.data_ptr()); }

// What the byte 1 stands for in the input of an image, and the byte that stands for 0.
struct ByteScale {
  double scale = 1;
  int64_t zero = 0;
};

Coefficients<float> identity_norm(int64_t n, int64_t channels) {
  Coefficients<float> norm(n, channels, 1);
  norm.center.zero_();
  norm.slope.fill_(1);
  norm.base.zero_();
  return norm;
}

// The range of channels that are within some standard deviations of their mean: what is beyond is clamped. SiLU's smallest value
// is -0.2785. Six deviations measured best of 4, 6, 8 and 12, for photographs.
ByteScale byte_scale(const ConvInput& input, int64_t image, double pixels) {
  constexpr double kDeviations = 6, kLeast = 1e-3;
  double lowest = input.activate ? -0.2785 : -kLeast, highest = kLeast;
  int64_t first = 0;
  for (const FeatureMap& map : input.maps) {
    const double *mean = row<double>(map.mean, image), *square = row<double>(map.square, image);
    const float *center = row<float>(input.norm->center, image), *slope = row<float>(input.norm->slope, image),
                *base = row<float>(input.norm->base, image);
    for (int64_t c = 0; c < map.data.size(1); ++c) {
      const int64_t k = first + c;
      const double middle = (mean[c] - center[k]) * slope[k] + base[k];
      const double reach = kDeviations * std::abs(slope[k]) * std::sqrt(square[c] / pixels);
      highest = std::max(highest, middle + reach);
      if (!input.activate) lowest = std::min(lowest, middle - reach);
    }
    first += map.data.size(1);
  }
  const double scale = (highest - lowest) / 127;
  return {scale, std::llround(-lowest / scale)};
}

}  // namespace

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

// Some rows of one image, one run of each: the input rows that an output row needs are kept in a ring.
template <class X>
class ConvTask {
 public:
  ConvTask(const FusedConv& conv, const ConvInput& input, const ConvSizes& sizes, const ByteScales& scales,
           int64_t image, int64_t run)
      : conv_(conv),
        input_(input),
        sizes_(sizes),
        kernels_(conv.kernels_->of<X>()),
        image_(image),
        first_(run * sizes.length),
        pixels_(sizes.run_size(run)),
        row_pixels_((pixels_ + kConvSlack - 1) * conv.stride_ + conv.kernel_),
        ring_(at::zeros({conv.chunks_ * conv.kernel_ * row_pixels_ * conv.chunk_}, kType)),
        sums_(at::empty({(pixels_ + kConvSlack) * width()}, at::kFloat)) {
    if (input.resample != Resample::kNone) source_ = at::zeros({2, 2 * row_pixels_ * conv.chunk_}, kType);
    if constexpr (kBytes) {
      scale_ = scales.input[image];
      factor_ = scales.factor.data() + image * conv.out_;
      bias_ = scales.bias.data() + image * conv.out_;
    } else {
      bias_ = floats(conv.bias_);
    }
  }

  // out and residual: the first pixel of the image's output row y; the result has the run's pixels only.
  void row(int64_t y, const float* residual, float scale, float* out) {
    const int64_t top = y * conv_.stride_ - conv_.padding_;
    for (int64_t in_y = std::max(top, next_); in_y < top + conv_.kernel_; ++in_y) load(in_y);
    next_ = top + conv_.kernel_;
    std::memset(sums_.data_ptr(), 0, sums_.nbytes());
    const auto* weights = static_cast<const typename ConvTypes<X>::Weight*>(conv_.weights_.data_ptr());
    const int64_t lanes = conv_.kernels_->lanes;
    for (int64_t chunk = 0; chunk < conv_.chunks_; ++chunk) {
      const X* rows[3];
      for (int64_t tap = 0; tap < conv_.kernel_; ++tap) rows[tap] = row_of(chunk, top + tap);
      for (const FusedConv::Block& block : conv_.blocks_) {
        kernels_.run[block.vectors](
            {rows, weights, sums_of(block), pixels_, conv_.kernel_, conv_.chunk_, conv_.stride_});
        weights += conv_.kernel_ * conv_.kernel_ * conv_.chunk_ * block.vectors * lanes;
      }
    }
    for (const FusedConv::Block& block : conv_.blocks_) {
      const int64_t at = first_ * conv_.out_ + block.first, block_width = block.vectors * lanes;
      kernels_.finish({sums_of(block), factor_ ? factor_ + block.first : nullptr, bias_ + block.first,
                       residual ? residual + at : nullptr, out + at, pixels_,
                       std::min(block_width, conv_.out_ - block.first), block_width, conv_.out_, scale});
    }
  }

 private:
  static constexpr bool kBytes = std::is_same_v<X, uint8_t>;
  static constexpr auto kType = kBytes ? at::kByte : at::kFloat;
  using Sum = typename ConvTypes<X>::Sum;

  int64_t width() const { return conv_.blocks_.back().first + conv_.blocks_.back().vectors * conv_.kernels_->lanes; }

  Sum* sums_of(const FusedConv::Block& block) {
    return static_cast<Sum*>(sums_.data_ptr()) + block.first * (pixels_ + kConvSlack);
  }

  X* row_of(int64_t chunk, int64_t in_y) {
    const int64_t slot = (in_y + conv_.kernel_) % conv_.kernel_;  // in_y is at least -padding
    return static_cast<X*>(ring_.data_ptr()) + (chunk * conv_.kernel_ + slot) * row_pixels_ * conv_.chunk_;
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
  const ConvInput& input_;
  const ConvSizes& sizes_;
  const ConvKernelsOf<X>& kernels_;
  const int64_t image_, first_, pixels_;  // the run's first pixel and its pixels
  const int64_t row_pixels_;              // of a row of the ring
  at::Tensor ring_;                       // [chunk][row % kernel][pixel][channel of the chunk]
  at::Tensor sums_;                       // [block][pixel][channel of the block]
  at::Tensor source_;                     // two rows before resampling
  ByteScale scale_;                       // of bytes
  const float *factor_ = nullptr, *bias_ = nullptr;
  int64_t next_ = -2;  // the first row that is not in the ring
};

bool FusedConv::supported() { return fastest_kernels() != nullptr; }

FusedConv::FusedConv(const ConvPlan& plan, const at::Tensor& weight, const at::Tensor& bias, ConvNumbers numbers,
                     const ConvKernels* kernels)
    : numbers_(numbers),
      kernels_(kernels ? kernels : fastest_kernels()),
      in_(weight.size(1)),
      out_(plan.out),
      kernel_(plan.kernel),
      stride_(plan.stride),
      padding_(plan.same ? 0 : plan.kernel / 2),
      end_padding_(plan.same ? 1 : plan.kernel / 2) {
  if (kernels_ == nullptr) throw std::logic_error("FusedConv: this CPU has no kernels");
  if (kernel_ != 1 && kernel_ != 3) throw std::logic_error("FusedConv: kernels are 1x1 or 3x3");
  chunk_ = chunk_size(in_, kernel_, numbers);
  chunks_ = (in_ + chunk_ - 1) / chunk_;
  const int64_t lanes = kernels_->lanes;
  for (int64_t left = (out_ + lanes - 1) / lanes, first = 0; left > 0;) {
    // Two blocks of two vectors are faster than one of three and one of one.
    const int64_t vectors = left == 4 ? 2 : std::min(left, kMaxVectors);
    blocks_.push_back({first, vectors});
    first += vectors * lanes;
    left -= vectors;
  }
  const int64_t all_out = rounded_up(out_, lanes), all_in = chunks_ * chunk_;
  bias_ = bias.defined() ? bias.to(at::kFloat).contiguous() : at::zeros({out_}, at::kFloat);
  at::Tensor values = weight.to(at::kFloat);
  if (numbers == ConvNumbers::kBytes) {
    const at::Tensor exact = values.to(at::kDouble);
    weight_scale_ = exact.abs().flatten(1).amax(1).clamp_min(1e-30) / 64;
    const at::Tensor bytes = (exact / weight_scale_.view({-1, 1, 1, 1})).round();
    weight_sum_ = bytes.flatten(1).sum(1);
    values = bytes.to(at::kChar);
  }
  // (out, in, k, k) -> [chunk][row][column][channel][out], with zeros for the channels that fill up chunks and vectors
  at::Tensor padded = at::zeros({all_out, all_in, kernel_, kernel_}, values.options());
  padded.narrow(0, 0, out_).narrow(1, 0, in_).copy_(values);
  padded = padded.view({all_out, chunks_, chunk_, kernel_, kernel_}).permute({1, 3, 4, 2, 0});
  std::vector<at::Tensor> parts;
  for (int64_t chunk = 0; chunk < chunks_; ++chunk)
    for (const Block& block : blocks_) {
      at::Tensor part = padded[chunk].narrow(3, block.first, block.vectors * lanes);
      if (numbers == ConvNumbers::kBytes)
        part = part.reshape({kernel_, kernel_, chunk_ / 4, 4, block.vectors * lanes}).transpose(3, 4);
      parts.push_back(part.reshape({-1}));
    }
  weights_ = at::cat(parts);
}

template <class X>
void FusedConv::run(const ConvInput& input, const ConvSizes& s, const ByteScales& scales, const float* residual,
                    float scale, float* out, float* partial) const {
  const auto& norms = group_norm_kernels<float, float>();
  // Enough tasks that threads end at about the same time.
  const int64_t bands = s.n * s.runs, wanted = 4 * at::get_num_threads();
  const int64_t rows = std::clamp(bands * s.height / wanted, std::min(kFewestRows, s.height), s.height);
  const int64_t tasks_of_band = (s.height + rows - 1) / rows;
  at::parallel_for(0, bands * tasks_of_band, 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t band = i / tasks_of_band, image = band / s.runs, run = band % s.runs;
      ConvTask<X> task(*this, input, s, scales, image, run);
      const int64_t top = i % tasks_of_band * rows;
      for (int64_t y = top; y < std::min(top + rows, s.height); ++y) {
        const int64_t at = (image * s.height + y) * s.width * out_;
        task.row(y, residual ? residual + at : nullptr, scale, out + at);
        if (!partial) continue;
        float* part = partial + 3 * ((image * s.height + y) * s.runs + run) * out_;
        norms.moments(out + at + run * s.length * out_, s.run_size(run), out_, part, part + out_, part + 2 * out_);
      }
    }
  });
}

FeatureMap FusedConv::operator()(const ConvInput& input, const at::Tensor& residual, double scale, bool moments) const {
  ConvInput contiguous = input;
  int64_t channels = 0;
  for (FeatureMap& map : contiguous.maps) {
    map.data = map.data.contiguous(at::MemoryFormat::ChannelsLast);
    channels += map.data.size(1);
  }
  if (channels != in_) throw std::logic_error(cat("FusedConv: ", channels, " channels for ", in_));
  const at::Tensor& x = contiguous.maps[0].data;
  const at::Tensor add = residual.defined() ? residual.contiguous(at::MemoryFormat::ChannelsLast) : residual;
  ConvSizes s = {};
  s.n = x.size(0), s.source_height = x.size(2), s.source_width = x.size(3);
  const auto resampled = [&](int64_t n) {
    return input.resample == Resample::kUp ? 2 * n : input.resample == Resample::kDown ? n / 2 : n;
  };
  s.in_height = resampled(s.source_height), s.in_width = resampled(s.source_width);
  s.height = (s.in_height + padding_ + end_padding_ - kernel_) / stride_ + 1;
  s.width = (s.in_width + padding_ + end_padding_ - kernel_) / stride_ + 1;
  s.runs = (s.width + kLongestRun - 1) / kLongestRun;
  s.length = rounded_up((s.width + s.runs - 1) / s.runs, 8);
  s.runs = (s.width + s.length - 1) / s.length;

  FeatureMap result;
  result.data = at::empty({s.n, out_, s.height, s.width}, x.options(), at::MemoryFormat::ChannelsLast);
  auto* out = static_cast<float*>(result.data.data_ptr());
  std::vector<float> partial(moments ? 3 * s.n * s.height * s.runs * out_ : 0);
  const float* added = add.defined() ? floats(add) : nullptr;
  float* parts = moments ? partial.data() : nullptr;
  if (numbers_ == ConvNumbers::kFloats) {
    run<float>(contiguous, s, {}, added, static_cast<float>(scale), out, parts);
  } else {
    if (input.resample == Resample::kDown) throw std::logic_error("FusedConv: bytes are not averaged");
    const Coefficients<float> identity = identity_norm(s.n, in_);
    if (!input.norm) contiguous.norm = &identity;
    ByteScales scales;
    const double* weight_scale = row<double>(weight_scale_, 0);
    for (int64_t image = 0; image < s.n; ++image) {
      scales.input.push_back(byte_scale(contiguous, image, static_cast<double>(s.source_height * s.source_width)));
      const ByteScale& of = scales.input.back();
      for (int64_t c = 0; c < out_; ++c) {
        const double factor = of.scale * weight_scale[c];
        scales.factor.push_back(static_cast<float>(factor));
        scales.bias.push_back(static_cast<float>(floats(bias_)[c] - factor * static_cast<double>(of.zero) *
                                                                        row<double>(weight_sum_, 0)[c]));
      }
    }
    run<uint8_t>(contiguous, s, scales, added, static_cast<float>(scale), out, parts);
  }
  if (!moments) return result;
  result.mean = at::empty({s.n, out_}, at::kDouble);
  result.square = at::empty({s.n, out_}, at::kDouble);
  for (int64_t image = 0; image < s.n; ++image)
    merge_moments(
        s.height * s.runs, out_, [&](int64_t i) { return s.run_size(i % s.runs); },
        partial.data() + 3 * image * s.height * s.runs * out_, numbers_of<double>(result.mean) + image * out_,
        numbers_of<double>(result.square) + image * out_);
  return result;
}

}  // namespace sr3

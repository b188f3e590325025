#include "nn/fused_conv.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <span>
#include <utility>

#include "base/error.h"
#include "nn/conv_kernels.h"
#include "nn/conv_pack.h"
#include "nn/conv_task.h"
#include "nn/group_norm_coefficients.h"
#include "nn/group_norm_kernels.h"
#include "nn/winograd_task.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

constexpr int64_t kFewestRows = 8;    // of a task, because each loads the rows above and below
constexpr int64_t kFewestTiles = 32;  // of a task of Winograd's algorithm, because each reads all weights

constexpr int64_t kFewestChannels = 16;  // of Winograd's algorithm

// From here on Winograd's algorithm has tiles of 2 x 2: those of 4 x 4 have four times the weights of a plain sum.
constexpr int64_t kManyWeights = 400 * 400;

int64_t rounded_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// The weights of a chunk and a block should stay in the first-level cache. Chunks are even, and pad the channels least; of bytes,
// then have the fewest vectors.
int64_t chunk_size(int64_t channels, int64_t kernel, ConvNumbers numbers, bool winograd, int64_t lanes) {
  const bool bytes = numbers == ConvNumbers::kBytes;
  const int64_t longest = kernel == 1 || bytes || winograd ? 96 : 24, multiple = winograd ? 16 : bytes ? 8 : 4;
  const auto cost = [&](int64_t chunk) {
    const int64_t padded = rounded_up(channels, chunk);
    return std::pair(padded, bytes ? padded / chunk * rounded_up(chunk, lanes) : 0);
  };
  int64_t best = multiple;
  for (int64_t chunk = multiple; chunk <= longest; chunk += multiple)
    if (cost(chunk) <= cost(best)) best = chunk;
  return best;
}

std::atomic<int> narrow = 0;

const ConvKernels* fastest_kernels(bool bytes) {
  int count = 0;
  const ConvKernels* kernels = conv_kernels(&count);
  for (int i = 0; i < count; ++i)
    if (!bytes || narrow == 0 || kernels[i].range.input == ByteRange{}.input) return &kernels[i];
  return nullptr;
}

Coefficients<float> identity_norm(int64_t n, int64_t channels) {
  Coefficients<float> norm(n, channels, 1);
  norm.center.zero_();
  norm.slope.fill_(1);
  norm.base.zero_();
  return norm;
}

// The range of channels that are within some standard deviations of their mean: what is beyond is clamped. SiLU's smallest value
// is -0.2785. Six deviations measured best of 4, 6, 8 and 12, for photographs, in 7 bits and in 8.
ByteScale byte_scale(const ConvInput& input, int64_t image, double pixels, int64_t highest_byte) {
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
  const double scale = (highest - lowest) / static_cast<double>(highest_byte);
  return {scale, std::llround(-lowest / scale)};
}

}  // namespace

int64_t FusedConv::width() const { return blocks_.back().first + blocks_.back().vectors * kernels_->lanes; }

NarrowBytes::NarrowBytes() { ++narrow; }
NarrowBytes::~NarrowBytes() { --narrow; }

bool FusedConv::supported() { return fastest_kernels(/*bytes=*/false) != nullptr; }

bool FusedConv::has_winograd(const ConvPlan& plan, int64_t in) {
  return plan.kernel == 3 && plan.stride == 1 && !plan.same && std::min(in, plan.out) >= kFewestChannels;
}

FusedConv::FusedConv(const ConvPlan& plan, const at::Tensor& weight, const at::Tensor& bias, ConvNumbers numbers,
                     const ConvKernels* kernels, ConvDirection direction)
    : numbers_(numbers),
      kernels_(kernels ? kernels : fastest_kernels(numbers == ConvNumbers::kBytes)),
      in_(weight.size(direction == ConvDirection::kForward ? 1 : 0)),
      out_(weight.size(direction == ConvDirection::kForward ? 0 : 1)),
      kernel_(plan.kernel),
      stride_(plan.stride),
      padding_(plan.same ? 0 : plan.kernel / 2),
      end_padding_(plan.same ? 1 : plan.kernel / 2) {
  if (kernels_ == nullptr) throw std::logic_error("FusedConv: this CPU has no kernels");
  if (kernel_ != 1 && kernel_ != 3) throw std::logic_error("FusedConv: kernels are 1x1 or 3x3");
  const bool transposed = direction == ConvDirection::kTransposed;
  if (transposed && (stride_ != 1 || plan.same || numbers == ConvNumbers::kBytes))
    throw std::logic_error("FusedConv: this convolution is not transposed");
  if (numbers == ConvNumbers::kFloats && has_winograd(plan, weight.size(1))) tile_ = in_ * out_ < kManyWeights ? 4 : 2;
  chunk_ = chunk_size(in_, kernel_, numbers, tile_ > 0, kernels_->lanes);
  chunks_ = (in_ + chunk_ - 1) / chunk_;
  const int64_t lanes = kernels_->lanes;
  for (int64_t left = (out_ + lanes - 1) / lanes, first = 0; left > 0;) {
    // Two blocks of two vectors are faster than one of three and one of one.
    const int64_t vectors = left == 4 ? 2 : std::min(left, kMaxVectors);
    blocks_.push_back({first, vectors});
    first += vectors * lanes;
    left -= vectors;
  }
  bias_ = bias.defined() ? bias.to(at::kFloat).contiguous() : at::zeros({out_}, at::kFloat);
  const ConvPack pack = {chunk_, chunks_, lanes, blocks_, tile_, transposed};
  if (numbers == ConvNumbers::kFloats) {
    weights_ = packed_floats(pack, weight);
    return;
  }
  const at::Tensor exact = weight.to(at::kDouble);
  weight_scale_ = exact.abs().flatten(1).amax(1).clamp_min(1e-30) / kernels_->range.weight;
  const at::Tensor bytes = (exact / weight_scale_.view({-1, 1, 1, 1})).round();
  weight_sum_ = bytes.flatten(1).sum(1);
  weights_ = packed_bytes(pack, bytes.to(at::kChar));
}

template <class X>
void FusedConv::run(const ConvInput& input, const ConvSizes& s, const ByteScales& scales, const float* residual,
                    float scale, float* out, float* partial) const {
  if (tile_ == 2)
    run_tasks(
        s, [&](auto... part) { return WinogradTask<2>(*this, input, s, part...); }, residual, scale, out, partial);
  else if (tile_ == 4)
    run_tasks(
        s, [&](auto... part) { return WinogradTask<4>(*this, input, s, part...); }, residual, scale, out, partial);
  else
    run_tasks(
        s, [&](auto... part) { return ConvTask<X>(*this, input, s, scales, part...); }, residual, scale, out, partial);
}

template <class MakeTask>
void FusedConv::run_tasks(const ConvSizes& s, const MakeTask& make_task, const float* residual, float scale, float* out,
                          float* partial) const {
  const auto& norms = group_norm_kernels<float, float>();
  // Enough tasks that threads end at about the same time, of whole rows of tiles.
  const int64_t threads = at::in_parallel_region() ? 1 : at::get_num_threads(), tile = std::max<int64_t>(tile_, 1);
  const int64_t bands = s.n * s.runs, wanted = threads == 1 ? 1 : 4 * threads;
  const int64_t fewest = tile_ > 0 ? (kFewestTiles * tile * tile + s.length - 1) / s.length : kFewestRows;
  const int64_t rows = rounded_up(std::clamp(bands * s.height / wanted, std::min(fewest, s.height), s.height), tile);
  const int64_t tasks_of_band = (s.height + rows - 1) / rows, tasks = bands * tasks_of_band;
  // Of a map that is too small for all threads, the output channels are divided, too.
  const auto all_blocks = static_cast<int64_t>(blocks_.size());
  const int64_t parts = std::clamp<int64_t>(threads / tasks, 1, all_blocks);
  const auto moments_of = [&](int64_t image, int64_t y, int64_t run) {
    float* part = partial + 3 * ((image * s.height + y) * s.runs + run) * out_;
    norms.moments(out + ((image * s.height + y) * s.width + run * s.length) * out_, s.run_size(run), out_, part,
                  part + out_, part + 2 * out_);
  };
  at::parallel_for(0, tasks * parts, 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t part = i % parts, band = i / parts / tasks_of_band, image = band / s.runs, run = band % s.runs;
      const auto first = static_cast<size_t>(all_blocks * part / parts),
                 last = static_cast<size_t>(all_blocks * (part + 1) / parts);
      auto task = make_task(image, run, std::span(blocks_).subspan(first, last - first));
      const int64_t top = i / parts % tasks_of_band * rows, bottom = std::min(top + rows, s.height);
      for (int64_t y = top; y < bottom; y += task.group()) {
        const int64_t at = (image * s.height + y) * s.width * out_, count = std::min(task.group(), bottom - y);
        task.rows(y, count, residual ? residual + at : nullptr, scale, out + at);
        for (int64_t j = y; partial && parts == 1 && j < y + count; ++j) moments_of(image, j, run);
      }
    }
  });
  if (!partial || parts == 1) return;
  for (int64_t image = 0; image < s.n; ++image)
    for (int64_t y = 0; y < s.height; ++y)
      for (int64_t run = 0; run < s.runs; ++run) moments_of(image, y, run);
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
      const auto pixels = static_cast<double>(s.source_height * s.source_width);
      scales.input.push_back(byte_scale(contiguous, image, pixels, kernels_->range.input));
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

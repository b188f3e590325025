#include "nn/resnet.h"

#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr double kMomentum = 0.1, kEpsilon = 1e-5;  // of the batch norms

// Random values of N(0, deviation^2), which depend on the seed and the parameter's number alone; the same for every device.
at::Tensor drawn(at::IntArrayRef shape, uint64_t seed, uint64_t number, double deviation) {
  at::Tensor values = at::empty(shape);
  RandomStream random(seed, number, kRandomInit);
  float* to = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) to[i] = static_cast<float>(random.normal() * deviation);
  return values;
}

// He et al. 2016, table 1: the blocks of each stage; empty for other depths.
std::vector<int64_t> bottleneck_blocks(int64_t depth) {
  if (depth == 50) return {3, 4, 6, 3};
  if (depth == 101) return {3, 4, 23, 3};
  if (depth == 152) return {3, 8, 36, 3};
  return {};
}

at::Tensor convolved(const at::Tensor& x, const at::Tensor& weight, int64_t stride) {
  return at::conv2d(x, weight, {}, stride, weight.size(2) / 2);
}

}  // namespace

ResNet::ResNet(const ResNetOptions& options, uint64_t seed, at::Device device)
    : options_(options), seed_(seed), device_(device) {
  const std::vector<int64_t> of_imagenet = bottleneck_blocks(options.depth);
  const bool large = !of_imagenet.empty();
  if (!large && (options.depth < 8 || options.depth % 6 != 2))
    throw UsageError(cat("a residual network of ", options.depth,
                         " layers is not supported: use 50, 101, 152, or 6n+2 such as 20 or 56"));
  stem_ = add_conv("conv1", 3, large ? 64 : 16, large ? 7 : 3, large ? 2 : options.stem_stride);
  stem_norm_ = add_norm("bn1", large ? 64 : 16);
  int64_t channels = large ? 64 : 16;
  const std::vector<int64_t> counts = large ? of_imagenet : std::vector<int64_t>(3, (options.depth - 2) / 6);
  for (size_t stage = 0; stage < counts.size(); ++stage)
    for (int64_t i = 0; i < counts[stage]; ++i) {
      const int64_t inner = (large ? 64 : 16) << stage, out = large ? inner * 4 : inner;
      add_block(cat("layer", stage + 1, ".", i, "."), channels, inner, out, stage > 0 && i == 0 ? 2 : 1, large);
      channels = out;
    }
  fc_weight_ = drawn({options.classes, channels}, seed, parameters_.size(),
                     large ? 0.01 : std::sqrt(1.0 / static_cast<double>(channels)));
  fc_weight_ = fc_weight_.to(device);
  fc_bias_ = at::zeros({options.classes}, at::TensorOptions().device(device));
  parameters_.emplace_back("fc.weight", fc_weight_);
  parameters_.emplace_back("fc.bias", fc_bias_);
  for (auto& [name, tensor] : parameters_) tensor.requires_grad_(true);
}

ResNet::Conv ResNet::add_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  // Scaled by the fan-out (He et al. 2015), as in torchvision.
  const double deviation = std::sqrt(2.0 / static_cast<double>(out * kernel * kernel));
  at::Tensor weight = drawn({out, in, kernel, kernel}, seed_, parameters_.size(), deviation)
                          .to(device_)
                          .contiguous(at::MemoryFormat::ChannelsLast);
  parameters_.emplace_back(name + ".weight", weight);
  return {weight, stride};
}

ResNet::Norm ResNet::add_norm(const std::string& name, int64_t channels, double weight) {
  const auto filled = [&](double value) { return at::full({channels}, value, at::TensorOptions().device(device_)); };
  Norm norm{filled(weight), filled(0), filled(0), filled(1)};
  parameters_.emplace_back(name + ".weight", norm.weight);
  parameters_.emplace_back(name + ".bias", norm.bias);
  buffers_.emplace_back(name + ".running_mean", norm.mean);
  buffers_.emplace_back(name + ".running_var", norm.variance);
  return norm;
}

void ResNet::add_block(const std::string& name, int64_t in, int64_t inner, int64_t out, int64_t stride,
                       bool bottleneck) {
  Block block;
  block.stride = stride;
  block.channels = out;
  const auto layer = [&](int number, int64_t from, int64_t to, int64_t kernel, int64_t step, bool last) {
    Conv conv = add_conv(cat(name, "conv", number), from, to, kernel, step);
    block.layers.emplace_back(conv, add_norm(cat(name, "bn", number), to, last && bottleneck ? 0 : 1));
  };
  if (bottleneck) {
    layer(1, in, inner, 1, 1, false);
    layer(2, inner, inner, 3, stride, false);
    layer(3, inner, out, 1, 1, true);
    block.projects = in != out || stride != 1;
  } else {
    layer(1, in, out, 3, stride, false);
    layer(2, out, out, 3, 1, true);
  }
  if (block.projects) {
    block.shortcut = add_conv(name + "downsample.0", in, out, 1, stride);
    block.shortcut_norm = add_norm(name + "downsample.1", out);
  }
  blocks_.push_back(std::move(block));
}

at::Tensor ResNet::normalized(const Norm& norm, const at::Tensor& x, bool training) const {
  return at::batch_norm(x, norm.weight, norm.bias, norm.mean, norm.variance, training, kMomentum, kEpsilon,
                        /*cudnn_enabled=*/true);
}

at::Tensor ResNet::run(const Block& block, const at::Tensor& x, bool training) const {
  at::Tensor h = x;
  for (size_t i = 0; i < block.layers.size(); ++i) {
    const auto& [conv, norm] = block.layers[i];
    if (i > 0) h = at::relu(h);
    h = normalized(norm, convolved(h, conv.weight, conv.stride), training);
  }
  at::Tensor shortcut = x;
  if (block.projects) {
    shortcut = normalized(block.shortcut_norm, convolved(x, block.shortcut.weight, block.stride), training);
  } else if (block.stride != 1) {
    shortcut = x.slice(2, 0, x.size(2), block.stride).slice(3, 0, x.size(3), block.stride);
    shortcut = at::constant_pad_nd(shortcut, {0, 0, 0, 0, 0, block.channels - x.size(1)});
  }
  return at::relu(h + shortcut);
}

at::Tensor ResNet::operator()(const at::Tensor& images, bool training) const {
  at::Tensor x = images.contiguous(at::MemoryFormat::ChannelsLast);
  x = at::relu(normalized(stem_norm_, convolved(x, stem_.weight, stem_.stride), training));
  if (!bottleneck_blocks(options_.depth).empty()) x = at::max_pool2d(x, 3, 2, 1);
  for (const Block& block : blocks_) x = run(block, x, training);
  return at::linear(x.mean({2, 3}), fc_weight_, fc_bias_);
}

}  // namespace sr3

// Residual networks for classification (He et al. 2016): depths 20 and 56 as for CIFAR-10 (section 4.2: three stages of
// 16, 32 and 64 channels, shortcuts without parameters), and 50, 101 and 152 as for ImageNet (table 1, with the stride
// in the 3x3 convolution, as is usual today). The names of the weights are torchvision's.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tensor/named_tensors.h"

namespace sr3 {

struct ResNetOptions {
  int64_t depth = 20;  // 50, 101 or 152, or 6n+2 such as 20 or 56
  int64_t classes = 10;
  int64_t stem_stride = 1;  // of the first convolution for depth 6n+2: 2 quarters the work where images are simple
};

class ResNet {
 public:
  // A network with He's initial values, which depend on `seed` alone; in ImageNet's depths the last norm of each block begins at
  // 0 (Goyal et al. 2017). Throws UsageError for an unsupported depth.
  ResNet(const ResNetOptions& options, uint64_t seed, at::Device device);

  // The logits (N,classes) of x (N,3,H,W). With `training` the norms use the statistics of the batch and update their running
  // statistics; without, they use the running statistics.
  at::Tensor operator()(const at::Tensor& x, bool training) const;

  // The trainable weights, and the running means and variances, by name. Callers may write to the tensors.
  const NamedTensors& parameters() const { return parameters_; }
  const NamedTensors& buffers() const { return buffers_; }

 private:
  struct Conv {
    at::Tensor weight;
    int64_t stride = 1;
  };
  struct Norm {
    at::Tensor weight, bias, mean, variance;
  };
  struct Block {
    std::vector<std::pair<Conv, Norm>> layers;
    bool projects = false;
    Conv shortcut;  // if `projects`; else the identity, or every other pixel padded with channels of zeros
    Norm shortcut_norm;
    int64_t stride = 1, channels = 0;
  };
  Conv add_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride);
  Norm add_norm(const std::string& name, int64_t channels, double weight = 1);
  void add_block(const std::string& name, int64_t in, int64_t inner, int64_t out, int64_t stride, bool bottleneck);
  at::Tensor normalized(const Norm& norm, const at::Tensor& x, bool training) const;
  at::Tensor run(const Block& block, const at::Tensor& x, bool training) const;

  ResNetOptions options_;
  uint64_t seed_;
  at::Device device_;
  NamedTensors parameters_, buffers_;
  Conv stem_;
  Norm stem_norm_;
  std::vector<Block> blocks_;
  at::Tensor fc_weight_, fc_bias_;
};

}  // namespace sr3

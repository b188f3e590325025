// FID's Inception: the network of TensorFlow's inception-2015-12-05 graph, which FID, IS, KID and sFID are defined on.
// It differs from torchvision's Inception v3 (Szegedy et al. 2016): average pools leave padding out, the last block
// pools by maximum, 1008 classes. Names of the weights are those of pytorch-fid's state dict. Batch norms are folded
// into the convolutions before them.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fid/features.h"
#include "format/safetensors.h"

namespace sr3 {

class Inception {
 public:
  // Accepts files with and without num_batches_tracked. DataError (origin is for it) names what is missing, misshapen
  // or unexpected.
  Inception(const TensorFile& weights, const std::string& origin, at::Device device);

  // x: (N,3,H,W) in [-1,1], H and W at least 75 (FID: 299). spatial: ReLU of Mixed_6d.branch1x1, its first 7 channels,
  // flattened as (y,x,channel): TensorFlow's mixed_6/conv.
  Features operator()(const at::Tensor& x, const FeatureWants& wants) const;

  // All that a state dict must hold, in no particular order.
  static std::vector<std::pair<std::string, std::vector<int64_t>>> parameters();

 private:
  // Convolution, folded batch norm, ReLU.
  struct Unit {
    at::Tensor weight, bias;
    std::vector<int64_t> stride, padding;
  };
  at::Tensor unit(const std::string& name, const at::Tensor& x) const;
  at::Tensor chain(const std::string& block, const std::vector<const char*>& names, at::Tensor x) const;
  at::Tensor block_a(const std::string& name, const at::Tensor& x) const;
  at::Tensor block_b(const std::string& name, const at::Tensor& x) const;
  at::Tensor block_c(const std::string& name, const at::Tensor& x, at::Tensor* first) const;
  at::Tensor block_d(const std::string& name, const at::Tensor& x) const;
  at::Tensor block_e(const std::string& name, const at::Tensor& x, bool by_maximum) const;

  std::map<std::string, Unit> units_;
  at::Tensor classes_;  // (1008,2048)
};

// pt_inception-2015-12-05-6726825d.pth, legacy or zip: 299x299, resize and scale by the options. spec().inception when
// its SHA-256 is the published one, or with options.trust.
std::unique_ptr<FeatureNetwork> open_inception(const std::string& path, const FeatureOptions& options);

}  // namespace sr3

// FID's Inception: the network of TensorFlow's inception-2015-12-05 graph, which FID, IS, KID and sFID are defined on.
// It differs from torchvision's Inception v3 (Szegedy et al. 2016): average pooling does not count padding, the last
// block uses maximum pooling, and there are 1008 classes. The weights have the names of pytorch-fid's state dict. Batch
// norms are folded into the convolutions before them.
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
  // Accepts files with and without num_batches_tracked. DataError, naming `origin` and the tensor, if a tensor is
  // missing, unexpected or of the wrong shape.
  Inception(const TensorFile& weights, const std::string& origin, at::Device device);

  // The features of x (N,3,H,W) in [-1,1], H and W at least 75 (FID: 299). The spatial features are the first 7 channels
  // of Mixed_6d.branch1x1 after its ReLU, flattened as (y,x,channel): TensorFlow's mixed_6/conv.
  Features operator()(const at::Tensor& x, const FeatureOutputs& outputs) const;

  // The names and shapes of all tensors that a state dict must contain, in no particular order.
  static std::vector<std::pair<std::string, std::vector<int64_t>>> parameters();

 private:
  // A convolution with its batch norm folded in, followed by a ReLU.
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

// Opens pt_inception-2015-12-05-6726825d.pth, in either format of torch.save. Images are prepared at 299x299 with the
// resize and scale of the options. spec().inception is true if the SHA-256 is the published one, or with options.trust.
std::unique_ptr<FeatureNetwork> open_inception(const std::string& path, const FeatureOptions& options);

}  // namespace sr3

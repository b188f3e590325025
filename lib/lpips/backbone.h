// The networks whose features LPIPS compares: the convolutions of torchvision's AlexNet (Krizhevsky 2014, "One weird trick"),
// VGG16 (Simonyan & Zisserman 2015, configuration D) and SqueezeNet 1.1 (Iandola et al. 2016), with the names of torchvision's
// weights ("features.0.weight"). Features are taken after ReLUs, as the published linear layers of LPIPS expect them:
//   alex     after each of the five convolutions
//   vgg      relu1_2, relu2_2, relu3_3, relu4_3, relu5_3
//   squeeze  after the first convolution, and after the 2nd, 4th, 5th, 6th, 7th and 8th fire module
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "format/safetensors.h"

namespace sr3 {

// A convolution with the ReLU after it, a maximum pooling, or a fire module: a 1x1 convolution to `squeeze` channels, then a
// 1x1 and a 3x3 convolution to half of `out` each, whose outputs are joined; a ReLU after each.
struct BackboneLayer {
  enum class Kind { kConvolution, kPool, kFire };
  Kind kind;
  int64_t index = 0;  // in torchvision's "features"
  int64_t in = 0, out = 0, kernel = 3, stride = 1, padding = 0, squeeze = 0;
  bool tap = false;       // its output is a feature
  bool round_up = false;  // pooling: a window may extend beyond the border
};

class Backbone {
 public:
  // Recognises the network by its tensors. Others that do not belong to "features", such as the classifier's, are ignored.
  // DataError, naming `origin` and what is missing or not expected.
  Backbone(const TensorFile& weights, const std::string& origin, at::Device device);

  const std::string& name() const { return name_; }  // alex|vgg|squeeze
  std::vector<int64_t> channels() const;             // of the features
  // Calls use(k, feature) with each feature (N,C_k,h_k,w_k) of x (N,3,H,W) in turn. DataError if the image is too small.
  void operator()(at::Tensor x, const std::function<void(size_t, const at::Tensor&)>& use) const;

  // The layers of a network, and the names and shapes of its tensors.
  static std::vector<BackboneLayer> layers(const std::string& name);
  static std::vector<std::pair<std::string, std::vector<int64_t>>> parameters(const std::string& name);

 private:
  void require_size(int64_t height, int64_t width) const;
  at::Tensor convolved(const std::string& tensor, const at::Tensor& x, int64_t stride, int64_t padding) const;

  std::string name_;
  std::vector<BackboneLayer> layers_;
  std::map<std::string, at::Tensor> weights_;
  at::Device device_;
};

}  // namespace sr3

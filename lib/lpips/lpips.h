// LPIPS version 0.1, the learned perceptual image patch similarity (Zhang et al. 2018): of each feature of a network
// (lpips/backbone.h), the squared differences of the two images' channels, normalised to unit length at each pixel, are weighted
// by a learned linear layer and averaged over the pixels; the features' values are added,
//   d = sum_k mean_hw sum_c w_kc (y_kchw / (|y_khw| + 1e-10) - z_kchw / (|z_khw| + 1e-10))^2.
// Images enter as (x - shift) / scale with x in [-1,1]: the means and deviations of ImageNet.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "image/image.h"
#include "lpips/backbone.h"

namespace sr3 {

class Lpips {
 public:
  // The weights of the linear layers have the names of the published files, "lin0.model.1.weight" (1,C,1,1). DataError,
  // naming the origin, if they are not those of the backbone's features, or not finite.
  Lpips(Backbone backbone, const TensorFile& linear, const std::string& origin);

  const std::string& network() const { return backbone_.name(); }
  // The distance of two images of one size, 0 for equal ones. 16-bit samples keep their precision. DataError, without the
  // images' names, when sizes differ or the images are too small for the network.
  double operator()(const Image& a, const Image& b) const;

 private:
  Backbone backbone_;
  std::vector<at::Tensor> linear_;  // (1,C_k,1,1)
};

// Reads the two files, as torch.save writes them: torchvision's weights, and those of lpips/weights/v0.1. Error or DataError.
Lpips open_lpips(const std::string& backbone, const std::string& linear, at::Device device);

}  // namespace sr3

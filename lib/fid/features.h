// Feature networks: what fid(1) and its relatives look at images through. A file is either FID's Inception as people
// have it (a state dict, run by our own network of fid/inception.h), or any TorchScript with the call of NVIDIA's
// translation of it:
//   forward(img (N,3,H,W) float, RGB in 0..255, return_features=True) -> (N,D); =False -> softmax (N,C)
// A TorchScript file is a program: it is run, not only read. Trust where it comes from.
//
//   auto network = open_features(path, options);
//   at::Tensor x = network->prepare(image);                   // one image, in any thread
//   Features f = (*network)(at::stack(equally_large), wants);  // any number of them
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <memory>
#include <string>

#include "image/image.h"

namespace sr3 {

// What is asked for: only that is computed.
struct FeatureWants {
  bool pool = true;
  bool probabilities = false;
  bool spatial = false;  // Error when the network has none (only our own Inception has)
};

// fp32, on the CPU, contiguous; what was not asked for is undefined.
struct Features {
  at::Tensor pool;           // (N,D); D = 2048: Inception's pool_3
  at::Tensor probabilities;  // (N,C): softmax; of Inception without the logits' bias (C = 1008), as the Inception score
                             // takes it
  at::Tensor spatial;        // (N,2023): 7 channels of Inception's mixed_6/conv, 17x17 (sFID, Nash et al. 2021)
};

struct FeatureOptions {
  // How images come to the network's size; "": the file's own way (Inception: tf1). The words:
  // fid/feature_resize.h.
  std::string resize;
  // "128": (x - 128) / 128, as TensorFlow's graph does; "127.5": (x - 127.5) / 127.5, as pytorch-fid does; "": the
  // file's own (Inception: 128).
  std::string scale;
  // Take a file for the published Inception though its SHA-256 is another (the same weights saved again).
  bool trust = false;
  int64_t batch =
      16;  // images in one pass, always: fewer are padded, so that no result depends on its neighbours' number
  at::Device device = at::kCPU;
};

// What a result must name to be compared with another.
struct FeatureSpec {
  std::string file;        // base name
  std::string sha256;      // of the file
  bool inception = false;  // the published FID network: results may be called FID, IS, ...
  std::string resize;      // tf1|torch|clean|aa-bilinear|none; "own": inside the TorchScript
  std::string scale;       // 128|127.5; "own"
};

class FeatureNetwork {
 public:
  virtual ~FeatureNetwork() = default;

  // An image as the network takes it: (3,H,W) float32, RGB in 0..255, resized where the network's size is known. For
  // any thread. 16-bit images come as levels of 8 bits with a fraction.
  virtual at::Tensor prepare(const Image& image) const = 0;
  // x: (N,3,H,W), N >= 1, of prepared images of one size. One caller at a time. Error when the network refuses the size,
  // or gives a value that is not finite, or probabilities that are below 0 or do not sum to 1 within 0.001.
  Features operator()(const at::Tensor& x, const FeatureWants& wants) const;

  const FeatureSpec& spec() const { return spec_; }
  bool has_spatial() const { return has_spatial_; }
  int64_t batch() const { return options_.batch; }

 protected:
  FeatureNetwork(FeatureSpec spec, const FeatureOptions& options, bool has_spatial);
  // Exactly batch() images, on the device, gradients off.
  virtual Features run(const at::Tensor& x, const FeatureWants& wants) const = 0;

  FeatureSpec spec_;
  FeatureOptions options_;
  bool has_spatial_;
};

// By the file's content. Error: not such a file (says which file is wanted, its SHA-256, and where people get it when
// `path` is empty), or options that do not fit it.
std::unique_ptr<FeatureNetwork> open_features(const std::string& path, const FeatureOptions& options = {});

}  // namespace sr3

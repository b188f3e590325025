// Feature networks, which turn images into the features that fid(1) compares. A file contains either the usual state
// dict of FID's Inception, which our own implementation runs (fid/inception.h), or any TorchScript program with the
// interface of NVIDIA's port of that network:
//   forward(img (N,3,H,W) float, RGB in 0..255, return_features=True) -> (N,D); =False -> softmax (N,C)
// A TorchScript file is a program that is run, not only read. It is run only if it uses no other operators than a network needs.
//
//   auto network = open_features(path, options);
//   at::Tensor x = network->prepare(image);                 // one image, in any thread
//   Features f = (*network)(at::stack(prepared), outputs);    // any number of prepared images of one size
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <memory>
#include <string>

#include "base/watchdog.h"
#include "image/image.h"

namespace sr3 {

// The outputs to compute; others are not computed.
struct FeatureOutputs {
  bool pool = true;
  bool probabilities = false;
  bool spatial = false;  // only our own Inception has spatial features
};

// fp32, on the CPU, contiguous. Outputs that were not requested are undefined.
struct Features {
  at::Tensor pool;           // (N,D); Inception: pool_3, D = 2048
  at::Tensor probabilities;  // (N,C): softmax; Inception: C = 1008, without the logits' bias, as the Inception score
                             // is defined
  at::Tensor spatial;        // (N,2023): 7 channels of Inception's mixed_6/conv, 17x17 (sFID, Nash et al. 2021)
};

struct FeatureOptions {
  // How images are resized to the network's input size (fid/feature_resize.h); "": the file's default (Inception: tf1).
  std::string resize;
  // "128": (x - 128) / 128, as in TensorFlow's graph; "127.5": (x - 127.5) / 127.5, as in pytorch-fid; "": the file's
  // default (Inception: 128).
  std::string scale;
  // Treat the file as the published Inception although its SHA-256 differs (the same weights saved again).
  bool trust = false;
  // Run a TorchScript program whatever operators it uses, for any time and in any memory.
  bool trust_program = false;
  // What a TorchScript program may take to process a batch, or to be read; otherwise it ends our program.
  WorkLimits pass_limits{.seconds = 600, .bytes = int64_t{8192} << 20};
  // Images in each pass. A smaller batch is padded to this size, so that no result depends on the size of its batch.
  int64_t batch = 16;
  at::Device device = at::kCPU;
};

// The properties of the network that results depend on; they must agree if results are to be compared.
struct FeatureSpec {
  std::string file;        // base name
  std::string sha256;      // of the file
  bool inception = false;  // whether it is the published FID network: only then are results called FID, IS, ...
  std::string resize;      // tf1|torch|clean|aa-bilinear|none; "own": done by the TorchScript program
  std::string scale;       // 128|127.5; "own"
};

class FeatureNetwork {
 public:
  virtual ~FeatureNetwork() = default;

  // The image as the network's input: (3,H,W) float32, RGB in 0..255, resized if the network's input size is known.
  // 16-bit samples are divided by 257 and keep their fraction. Thread-safe.
  virtual at::Tensor prepare(const Image& image) const = 0;
  // The features of x (N,3,H,W), N >= 1: prepared images of one size. Not thread-safe. Error if the network does not
  // have the requested outputs or does not accept the size, or if it returns a value that is not finite, a probability
  // below 0 or probabilities whose sum is not 1 within 0.001.
  Features operator()(const at::Tensor& x, const FeatureOutputs& outputs) const;

  const FeatureSpec& spec() const { return spec_; }
  bool has_spatial() const { return has_spatial_; }
  int64_t batch() const { return options_.batch; }

 protected:
  FeatureNetwork(FeatureSpec spec, const FeatureOptions& options, bool has_spatial);
  // The features of exactly batch() images, which are on the device. Called without gradients.
  virtual Features run(const at::Tensor& x, const FeatureOutputs& outputs) const = 0;

  FeatureSpec spec_;
  FeatureOptions options_;
  bool has_spatial_;
};

// Opens a feature network; the type of the file follows from its content. UsageError if `path` is empty (the message
// names FID's file, its SHA-256 and its source) or an option is unknown; Error or DataError if the file is not a feature
// network, or if the options do not apply to it.
std::unique_ptr<FeatureNetwork> open_features(const std::string& path, const FeatureOptions& options = {});

}  // namespace sr3

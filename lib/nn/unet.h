// Parameters and forward pass of the U-Net. No torch::nn: a list of named tensors and functions over them.
// Legend: N batch, C channels, H W height and width.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/unet_options.h"

namespace sr3 {

// Ordered name -> tensor, as in the weights file. Names are ours (stage-manifest(5)): "time.0.weight",
// "down.3.norm1.weight", "down.3.conv1.weight", "down.3.embed.weight", "down.3.norm2.weight", "down.3.conv2.weight",
// "down.3.skip.weight", "down.3.attention.norm.weight", ".qkv.weight", ".out.weight", "middle.0...", "up.0...", "out.norm", "out.conv"
class Parameters {
 public:
  void add(std::string name, at::Tensor value);
  const at::Tensor& operator[](const std::string& name) const;  // std::logic_error when absent
  const std::vector<std::pair<std::string, at::Tensor>>& all() const { return list_; }
  int64_t count() const;  // numbers in all

 private:
  std::vector<std::pair<std::string, at::Tensor>> list_;
};

// The names and shapes that these options ask for, in order.
std::vector<std::pair<std::string, std::vector<int64_t>>> parameter_shapes(const UNetOptions& options);
// Fresh ones: torch's defaults by Philox(seed); zero for each block's last convolution, attention outputs, the last convolution.
Parameters initial_parameters(const UNetOptions& options, uint64_t seed);

struct UNetInput {
  at::Tensor x;                   // (N, in_channels, H, W)
  at::Tensor condition;           // (N, condition_channels, H, W), or undefined
  at::Tensor level;               // (N) float32: the embedding's input before `scale`; undefined with level.input "none"
  at::Tensor labels;              // (N) int64, or undefined
  at::Tensor augmentation_level;  // (N) float32, or undefined
};

// H and W may be any size: padded (reflected) to what patch and the levels need, and cut again.
// Differentiable; for training. compute: at::kFloat or at::kBFloat16 (weights cast, activations in bf16, norms summed in fp32).
// dropout_seed: counter for dropout masks; only with train.
at::Tensor unet_forward(const UNetOptions& options, const Parameters& parameters, const UNetInput& input,
                        at::ScalarType compute, bool train, uint64_t dropout_seed);

// Inference: weights prepacked once, embeddings of all levels and the condition's half of the first convolution computed
// before the loop. One network, many images.
class UNetRunner {
 public:
  UNetRunner(const UNetOptions& options, const Parameters& parameters, at::Device device, at::ScalarType compute);
  ~UNetRunner();

  // The levels a sampler will visit, once for all images.
  void set_levels(const std::vector<double>& level);

  // What stays the same over the steps for a batch of images.
  class Prepared;
  std::shared_ptr<const Prepared> prepare(const at::Tensor& condition, const at::Tensor& labels,
                                          const at::Tensor& augmentation_level) const;
  // (N, out_channels, H, W) float32 of x (N, in_channels, H, W) float32 at level k of set_levels. Thread-safe.
  at::Tensor operator()(const Prepared& prepared, const at::Tensor& x, int64_t k) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3

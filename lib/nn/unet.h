// Parameters and forward pass of the U-Net. No torch::nn: a list of named tensors and functions over them.
// Legend: N batch, C channels, H W height and width.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "nn/unet_options.h"
#include "tensor/named_tensors.h"

namespace sr3 {

// Ordered name -> tensor, as in the weights file. Names are ours (stage-manifest(5)):
//   time.0 time.2                the level's MLP: weight (out, in), bias; absent with level.input "none"
//   classes.weight               (classes, embedding)
//   augment.0 augment.2          the MLP of the augmentation level
//   down.K up.K                  encoder and decoder, K counting blocks and resamplings alike from the outermost of each on
//                                (down.0 is the first convolution): a lone convolution has only
//     .conv                      weight (out, in, 3, 3), bias; a block has
//     .norm1 .conv1 .norm2 .conv2
//     .embed                     weight (2 out, embedding): rows of the scale, then of the shift; (out, embedding) when additive
//     .skip                      weight (out, in, 1, 1), bias; only where channels change
//     .attention.norm .qkv .out  qkv: weight (3 C, C, 1, 1), rows [q|k|v][head][d], bias unless attention_bias is false
//   middle.0 middle.1            blocks, the first with the attention
//   out.norm out.conv
class Parameters {
 public:
  void add(std::string name, at::Tensor value);
  const at::Tensor& operator[](const std::string& name) const;  // std::logic_error when absent
  const NamedTensors& all() const { return list_; }
  int64_t count() const;  // numbers in all

 private:
  NamedTensors list_;
  std::unordered_map<std::string, size_t> index_;
};

// The names and shapes that these options ask for, in order.
std::vector<std::pair<std::string, std::vector<int64_t>>> parameter_shapes(const UNetOptions& options);
// Fresh ones: torch's defaults by Philox(seed); zero for each block's last convolution, attention outputs, the last convolution.
Parameters initial_parameters(const UNetOptions& options, uint64_t seed);
// Floating-point operations (a multiplication and an addition are 2) of the convolutions and matrix products of one image.
double forward_flops(const UNetOptions& options, int64_t height, int64_t width);

struct UNetInput {
  at::Tensor x;          // (N, in_channels, H, W)
  at::Tensor condition;  // (N, condition_channels, H, W), or undefined
  at::Tensor level;      // (N) float32: the embedding's input before `scale`; undefined with level.input "none"
  at::Tensor labels;     // (N) int64, or undefined
  at::Tensor augmentation_level;  // (N) float32, or undefined
};

// H and W may be any size: padded (reflected) to what patch and the levels need, and cut again.
// Differentiable; for training. compute: at::kFloat, at::kBFloat16 (weights cast, activations in bf16, norms summed in fp32;
// the embeddings, the first and the last convolution stay fp32) or at::kDouble (all of it, for checks).
// dropout_seed: counter for dropout masks; only with train. (N, out_channels, H, W) float32 (double with kDouble).
// Error when an input is missing, not asked for, or misshaped.
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

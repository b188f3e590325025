// Parameters and forward pass of the U-Net. It does without torch::nn: a list of named tensors and functions over them.
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

// A list of named tensors, in the order of the weights file. stage-manifest(5) defines the names:
//   time.0 time.2                the MLP of the noise level: weight (out, in), bias; absent with level.input "none"
//   classes.weight               (classes, embedding)
//   augment.0 augment.2          the MLP of the augmentation level
//   down.K up.K                  encoder and decoder; K counts blocks and resampling layers together, in the order in which they
//                                run (down.0 is the first convolution). A single convolution has
//     .conv                      weight (out, in, 3, 3), bias; a block has
//     .norm1 .conv1 .norm2 .conv2
//     .embed                     weight (2 out, embedding): rows of the scale, then of the shift; (out, embedding) if it is added
//     .skip                      weight (out, in, 1, 1), bias; only where channels change
//     .attention.norm .qkv .out  qkv: weight (3 C, C, 1, 1), rows [q|k|v][head][d], bias unless attention_bias is false
//   middle.0 middle.1            blocks, the first with the attention
//   out.norm out.conv
class Parameters {
 public:
  void add(std::string name, at::Tensor value);
  const at::Tensor& operator[](const std::string& name) const;  // throws std::logic_error when absent
  const NamedTensors& all() const { return list_; }
  int64_t count() const;  // numbers in all tensors together

 private:
  NamedTensors list_;
  std::unordered_map<std::string, size_t> index_;
};

// The names and shapes of a network's parameters, in order. This function and the next two throw Error for invalid options.
std::vector<std::pair<std::string, std::vector<int64_t>>> parameter_shapes(const UNetOptions& options);
// Initial values from Philox(seed), distributed as torch's defaults; zero for the last convolution of each block, the output
// projections of attention, and the network's last convolution.
Parameters initial_parameters(const UNetOptions& options, uint64_t seed);
// The floating-point operations (a multiplication and an addition are 2) of the convolutions and matrix products for one image.
double forward_flops(const UNetOptions& options, int64_t height, int64_t width);

struct UNetInput {
  at::Tensor x;                   // (N, in_channels, H, W)
  at::Tensor condition;           // (N, condition_channels, H, W), or undefined
  at::Tensor level;               // (N) float32: network_level's noise levels; undefined with level.input "none"
  at::Tensor labels;              // (N) int64, or undefined
  at::Tensor augmentation_level;  // (N) float32, or undefined
};

// The forward pass for training; differentiable. Returns (N, out_channels, H, W) in float32 (in double with at::kDouble).
// H and W may be any size: the input is padded by reflection to what patch and the levels need, and the output cropped.
// compute: at::kFloat, at::kBFloat16 (weights are cast, activations are bf16, norms are summed in fp32; the embeddings and the
// first and last convolution stay in fp32) or at::kDouble (everything, for tests). dropout_seed selects the dropout masks, which
// are applied only with `train`. checkpoint: keep only the inputs of each step of the plan for the backward pass, which
// computes the rest again: gradients have the same bits, and Tensor::backward must be used to get them (nn/checkpointed.h).
// Throws Error when an input is missing, not taken by this network, or of the wrong shape.
at::Tensor unet_forward(const UNetOptions& options, const Parameters& parameters, const UNetInput& input,
                        at::ScalarType compute, bool train, uint64_t dropout_seed, bool checkpoint = false);

// Inference with one network for many images: weights are packed once, and the embeddings of all levels and the condition's
// part of the first convolution are computed before the sampling loop.
class UNetRunner {
 public:
  // Throws Error for invalid options and for parameters of the wrong shape.
  UNetRunner(const UNetOptions& options, const Parameters& parameters, at::Device device, at::ScalarType compute);
  ~UNetRunner();

  // Sets the noise levels that a sampler visits (network_level), for all images. Call it before operator().
  void set_levels(const std::vector<double>& level);

  // The part of a batch of images that is constant over the steps. Inputs as in UNetInput, with the same errors.
  class Prepared;
  std::shared_ptr<const Prepared> prepare(const at::Tensor& condition, const at::Tensor& labels,
                                          const at::Tensor& augmentation_level) const;
  // The output (N, out_channels, H, W) float32 for x (N, in_channels, H, W) float32 at the k-th of the levels set. Throws Error
  // when x does not match what was prepared. Thread-safe.
  at::Tensor operator()(const Prepared& prepared, const at::Tensor& x, int64_t k) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3

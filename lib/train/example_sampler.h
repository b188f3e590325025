// Runs the sampler of a stage in training on examples, in few steps: for previews and validation.
#pragma once

#include <ATen/core/Tensor.h>

#include "data/loader.h"
#include "nn/unet.h"
#include "stage/manifest.h"

namespace sr3 {

class ExampleSampler {
 public:
  // `manifest` is copied.
  ExampleSampler(const StageManifest& manifest, const NamedTensors& weights, at::Device device, at::ScalarType compute);

  // The results of a batch: (N,C,S,S) on the CPU, clamped to [-1,1]. At most 10 steps, or a distilled stage's own. `seed` is that
  // of the noise, in which example i has the number first + i.
  at::Tensor operator()(const Batch& batch, uint64_t seed, int64_t first = 0);

 private:
  at::Tensor sampled(const Batch& batch, const at::Tensor& condition, uint64_t seed, int64_t first);

  StageManifest manifest_;
  at::Device device_;
  UNetRunner network_;
};

}  // namespace sr3

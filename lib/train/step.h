// The loss of one batch of examples: what SR3's training step (Algorithm 1 of Saharia et al. 2021) does before the
// gradient, and the regression baseline's. Levels, noise and dropout of example e depend on (seed, e) alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/loader.h"
#include "nn/unet.h"
#include "store/manifest.h"

namespace sr3 {

class StageLoss {
 public:
  // Error for what cannot be trained (learned variance, conditioning augmentation).
  StageLoss(const StageManifest& manifest, uint64_t seed, at::Device device, at::ScalarType compute);

  // The mean over examples, channels and pixels: a differentiable scalar.
  at::Tensor operator()(const Parameters& parameters, const Batch& batch) const;
  // What is diffused, or regressed: the image, or the scaled residual over the condition. (N,3,S,S)
  at::Tensor clean(const Batch& batch) const;
  // The batch's classes, some of them dropped (-1) for guidance: Ho & Salimans 2021, Algorithm 1.
  at::Tensor labels(const Batch& batch) const;

 private:
  StageManifest manifest_;
  std::vector<double> alpha_bar_;
  uint64_t seed_, noise_seed_;
  at::Device device_;
  at::ScalarType compute_;
};

// A seed of its own for a purpose (base/rng.h), so that training noise is not the noise of sampling with the same seed.
uint64_t seed_for(uint64_t seed, uint32_t purpose, uint64_t number = 0);

}  // namespace sr3

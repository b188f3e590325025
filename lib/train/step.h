// The loss of one batch of examples: what SR3's training step (Algorithm 1 of Saharia et al. 2021) does before the
// gradient, the hybrid loss of a learned variance (Nichol & Dhariwal 2021, eq. 16), conditioning augmentation (CDM,
// section 4), and the regression baseline's. Levels and noise of example e depend on (seed, e)
// alone; dropout on the seed and the first example of the batch, so that in parts it is another one.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/loader.h"
#include "nn/unet.h"
#include "stage/manifest.h"

namespace sr3 {

class StageLoss {
 public:
  // vlb_weight: lambda of the hybrid loss. Error for what cannot be trained.
  StageLoss(const StageManifest& manifest, uint64_t seed, at::Device device, at::ScalarType compute,
            double vlb_weight = 0.001);

  // The mean over examples, channels and pixels: a differentiable scalar. With a learned variance, `bits` gets the
  // estimate of the variational bound, in bits a dimension, but for the share of the prior, which is next to nothing.
  at::Tensor operator()(const Parameters& parameters, const Batch& batch, double* bits = nullptr) const;
  // What the network is given: with augmentation, noise or blur for each example, and the level of the noise (N), as
  // the network is told; else the batch's own.
  struct Condition {
    at::Tensor image, level;
  };
  Condition condition(const Batch& batch) const;
  // What is diffused, or regressed: the image, or the scaled residual over the condition. (N,C,S,S)
  at::Tensor clean(const Batch& batch, const at::Tensor& condition) const;
  // Standard normal noise of the shape of high_res, for each example by its number.
  at::Tensor noise(const Batch& batch) const;
  // The batch's classes, some of them dropped (-1) for guidance: Ho & Salimans 2021, Algorithm 1.
  at::Tensor labels(const Batch& batch) const;

 private:
  StageManifest manifest_;
  double vlb_weight_;
  std::vector<double> alpha_bar_;
  uint64_t seed_, noise_seed_;
  at::Device device_;
  at::ScalarType compute_;
};

// A seed of its own for a purpose (base/rng.h), so that training noise is not the noise of sampling with the same seed.
uint64_t seed_for(uint64_t seed, uint32_t purpose, uint64_t number = 0);

}  // namespace sr3

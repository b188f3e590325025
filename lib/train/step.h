// The training loss of one batch of examples: SR3's training step up to the gradient (Saharia et al. 2021, algorithm 1),
// with a learned variance the hybrid loss (Nichol & Dhariwal 2021, eq. 16), conditioning augmentation (CDM, section 4),
// and the loss of the regression baseline. The noise level and the noise of example e depend only on the seed and e.
// Dropout depends on the seed and the first example of the batch, so it differs if a batch is split.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/loader.h"
#include "diffusion/loss.h"
#include "diffusion/residual.h"
#include "nn/unet.h"
#include "stage/manifest.h"

namespace sr3 {

class StageLoss {
 public:
  // `vlb_weight` is lambda of the hybrid loss. Error if the manifest describes a stage that cannot be trained. A manifest that
  // lacks_statistics() (stage/conditioning.h) can be given, but no loss be computed. checkpoint: of unet_forward.
  StageLoss(const StageManifest& manifest, uint64_t seed, at::Device device, at::ScalarType compute,
            double vlb_weight = 0.001, bool checkpoint = false);

  // The loss, a differentiable scalar: the mean over examples, channels and pixels. With a learned variance, `bits`
  // receives an estimate of the variational bound in bits per dimension, a scalar on the device, without the prior's term, which is
  // next to nothing. To a device everything goes in one copy, and nothing comes back.
  at::Tensor operator()(const Parameters& parameters, const Batch& batch, at::Tensor* bits = nullptr) const;
  // The loss of each example (N) at these levels and with this noise, which is on the device and which a regression has none of:
  // without gradients, dropout and dropped labels, and with a learned variance without the bound.
  at::Tensor at_levels(const Parameters& parameters, const Batch& batch, const DrawnLevels& levels,
                       const at::Tensor& noise) const;
  // The image that the network is conditioned on (N,C,S,S), and with Gaussian conditioning augmentation the noise level
  // of each example (N), as the network's input expects it. Without augmentation, the batch's own image.
  struct Condition {
    at::Tensor image, level;
    std::vector<Residual> residuals;  // of each example; empty: with no noise in the condition
  };
  Condition condition(const Batch& batch) const;
  // x0, which is diffused or regressed on: the image, or the scaled residual over the condition. (N,C,S,S)
  at::Tensor clean(const Batch& batch, const Condition& condition) const;
  // Standard normal noise of the shape of high_res, for each example by its number; on the device.
  at::Tensor noise(const Batch& batch) const;
  // The batch's labels, some of them dropped (-1) for classifier-free guidance (Ho & Salimans 2021, algorithm 1).
  at::Tensor labels(const Batch& batch) const;

 private:
  // A batch on the device. input: without x_t, except for a regression, whose x is the condition; bound: vlb_coefficients().
  struct Examples {
    at::Tensor x0, alpha_bar, bound;
    UNetInput input;
  };
  Examples on_device(const Batch& batch, const DrawnLevels& levels, const at::Tensor& labels) const;

  StageManifest manifest_;
  double vlb_weight_;
  std::vector<double> alpha_bar_;
  ResidualStatistics residual_;
  uint64_t seed_, noise_seed_;
  at::Device device_;
  at::ScalarType compute_;
  bool checkpoint_;
};

// Derives a separate seed for a purpose (base/rng.h), so that training noise differs from the noise of sampling with
// the same seed.
uint64_t seed_for(uint64_t seed, uint32_t purpose, uint64_t number = 0);

}  // namespace sr3

// Reverse processes. A sampler works on noise levels and tensors; the network and the noise are callbacks.
//   ddpm      ancestral: posterior mean, variance "beta" (SR3), "posterior" (beta-tilde) or "learned" (improved DDPM)
//   ddim      Song et al. 2021, eq. 12 and 16 with eta; eta 1 is ancestral sampling with variance beta-tilde
//   dpmpp-2m  DPM-Solver++(2M), Lu et al. 2022, Algorithm 2
// The last step goes to alpha_bar = 1, where every sampler returns the predicted x0 without noise, or to the level at which
// sampling is truncated.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <string>

#include "diffusion/process.h"
#include "diffusion/schedule.h"

namespace sr3 {

struct SamplerOptions {
  std::string sampler = "ddpm";        // ddpm|ddim|dpmpp-2m
  std::string steps = "25";            // a number, or guided-diffusion's sections "10,10,20"
  std::string spacing = "uniform";     // uniform|ddim|log-snr|trailing
  double eta = 0;                      // ddim: share of fresh noise, 0 (deterministic) to 1
  std::string variance = "posterior";  // ddpm: beta|posterior|learned
  bool clip = true;                    // clamp the predicted x0 to [-1,1] at each step, before correct_x0
};

void validate(const SamplerOptions& options);  // Error for an unknown word or an eta outside [0,1]

// The network's prediction for x_t (N,C,H,W) at step k.
struct Denoised {
  at::Tensor x0;                 // (N,C,H,W), unclipped
  at::Tensor variance_fraction;  // learned variance: (N,C,H,W), v of improved DDPM eq. 15 in [-1,1]; else undefined
};
using DenoiseStep = std::function<Denoised(const at::Tensor& x_t, int64_t k)>;
// Standard normal noise (N,C,H,W) on the network's device: k = 0 is x_T itself, k >= 1 is added by the k-th step.
using NoiseStep = std::function<at::Tensor(int64_t k)>;

struct SampleHooks {
  std::function<at::Tensor(const at::Tensor& x0, int64_t k)>
      correct_x0;                             // changes the predicted x0 (clamping, consistency); may be empty
  std::function<void(int64_t k)> after_step;  // reports progress, k from 0; may be empty
};

// The steps of the reverse process, on any part of an image: each is a function of single pixels.
class ReverseSteps {
 public:
  // Throws Error for invalid options. `levels` must outlive it.
  ReverseSteps(const SamplerOptions& options, const SamplingLevels& levels);

  int64_t count() const;
  // Whether a step needs the x0 of the step before.
  bool uses_previous() const { return options_.sampler == "dpmpp-2m"; }
  // x after step k. prediction: at x_t, with the corrected x0; previous_x0: the corrected one of step k-1, if it is used;
  // noise: called if the step adds noise. Error when the variance "learned" is requested but not predicted.
  at::Tensor operator()(int64_t k, const at::Tensor& x_t, const Denoised& prediction, const at::Tensor& previous_x0,
                        const std::function<at::Tensor()>& noise) const;

 private:
  SamplerOptions options_;
  const SamplingLevels& levels_;
};

// Runs the reverse process from x_T = noise(0) through all levels, and returns x at levels.end (x_0 when that is 1). Computes
// no gradients, and never waits for the device. Throws Error for invalid options, and when variance "learned" is requested
// but the network predicts no variance.
at::Tensor sample_loop(const SamplerOptions& options, const SamplingLevels& levels, const DenoiseStep& denoise,
                       const NoiseStep& noise, const SampleHooks& hooks);

}  // namespace sr3

// Reverse processes. A sampler knows levels and tensors; the network is a callback, noise is a callback.
//   ddpm      ancestral: posterior mean, variance "beta" (SR3), "posterior" (beta-tilde) or "learned" (improved DDPM)
//   ddim      Song et al. 2021, eq. 12 and 16 with eta; eta 1 is the ancestral process with beta-tilde
//   dpmpp-2m  DPM-Solver++(2M), Lu et al. 2022, Algorithm 2
// The last step goes to alpha_bar = 1, where all of them give the predicted x0, without noise, or to the level at which the
// process is cut off.
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
  double eta = 0;                      // ddim only
  std::string variance = "posterior";  // ddpm: beta|posterior|learned
  bool clip = true;                    // clamp the predicted x0 to [-1,1] at each step, before correct_x0
};

void validate(const SamplerOptions& options);  // Error: an unknown word, eta outside [0,1]

// What the network says at step k of x_t (N,C,H,W).
struct Denoised {
  at::Tensor x0;                 // (N,C,H,W), unclipped
  at::Tensor variance_fraction;  // learned: (N,C,H,W), v of improved DDPM eq. 15 in [-1,1]; else undefined
};
using DenoiseStep = std::function<Denoised(const at::Tensor& x_t, int64_t k)>;
// Standard normal (N,C,H,W) on the network's device: k = 0 is x_T itself, k >= 1 is added by the k-th step.
using NoiseStep = std::function<at::Tensor(int64_t k)>;

struct SampleHooks {
  std::function<at::Tensor(const at::Tensor& x0, int64_t k)>
      correct_x0;                             // clamping of residuals, consistency; may be empty
  std::function<void(int64_t k)> after_step;  // k from 0; progress; may be empty
};

// From x_T = noise(0) through all levels to x_0, or to x at levels.end. Gradients are off; nothing waits for the device.
at::Tensor sample_loop(const SamplerOptions& options, const SamplingLevels& levels, const DenoiseStep& denoise,
                       const NoiseStep& noise, const SampleHooks& hooks);

}  // namespace sr3

// Training: the random noise level of each example, the form in which the network is conditioned on it, and the loss.
// The level of an example depends on the seed and on its number alone, so neither the batch size nor gradient accumulation
// changes it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "diffusion/schedule.h"

namespace sr3 {

struct DrawnLevels {
  at::Tensor alpha_bar;  // (N) float64
  // (N) float64: the 0-based timestep; fractional for a level between two steps of the schedule.
  at::Tensor timestep;
};

// Draws the noise levels of the examples first .. first+n-1. Throws Error if `draw` is not one of:
//   gamma       t uniform in 1..T, then alpha_bar uniform between alpha_bar_t and alpha_bar_{t-1} (SR3)
//   sqrt-gamma  the same, but uniform in sqrt(alpha_bar) (Janspiry)
//   discrete    alpha_bar_t with t uniform in 1..T
//   continuous  t uniform in (0, T]; the log-SNR is interpolated linearly between the steps, 1 - alpha_bar before the first
DrawnLevels draw_levels(const std::string& draw, const std::vector<double>& alpha_bar, uint64_t seed, int64_t first,
                        int64_t n);

// The levels in the form that LevelEmbedding.input names: timestep | sqrt-alpha-bar | alpha-bar | log-snr (half the log-SNR,
// clamped to [-10,10]) | none. Returns (N) float32, or an undefined tensor with "none". Throws Error for another word.
at::Tensor network_level(const std::string& input, const DrawnLevels& levels);
// The same for the levels that a sampler visits, one number for each step; zeros with "none".
std::vector<double> network_level(const std::string& input, const SamplingLevels& levels);

struct Loss {
  at::Tensor per_example;  // (N) float32: the mean over (C,H,W) of each example
  at::Tensor mean;         // the mean over the examples
};
// The loss between output and target, both (N,C,H,W). kind: l1|l2; Error for another word.
Loss training_loss(const std::string& kind, const at::Tensor& output, const at::Tensor& target);

}  // namespace sr3

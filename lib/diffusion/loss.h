// What the trainer draws and minimises: noise levels, one an example; what the network is told of them; the loss.
// An example's level depends on (seed, number of the example) alone: neither batch nor accumulation changes it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "diffusion/schedule.h"

namespace sr3 {

struct DrawnLevels {
  at::Tensor alpha_bar;  // (N) float64
  // (N) float64: the 0-based training index, a fraction between the indexes of the two ends of an interval.
  at::Tensor timestep;
};

// Levels of examples first .. first+n-1. draw:
//   gamma       t uniform in 1..T, then alpha_bar uniform between alpha_bar_t and alpha_bar_{t-1} (SR3)
//   sqrt-gamma  the same, uniform in sqrt(alpha_bar) (Janspiry)
//   discrete    alpha_bar_t, t uniform in 1..T
//   continuous  the schedule read as a curve over (0, T]: log-SNR linear between the steps, 1 - alpha_bar before the first
DrawnLevels draw_levels(const std::string& draw, const std::vector<double>& alpha_bar, uint64_t seed, int64_t first,
                        int64_t n);

// What a LevelEmbedding.input asks for: timestep | sqrt-alpha-bar | alpha-bar | log-snr (half of it, within [-10,10]) | none.
// (N) float32; undefined with none.
at::Tensor network_level(const std::string& input, const DrawnLevels& levels);
// The same for the steps of a sampler; zeros with none.
std::vector<double> network_level(const std::string& input, const SamplingLevels& levels);

struct Loss {
  at::Tensor per_example;  // (N) float32, means over (C,H,W)
  at::Tensor mean;         // their mean
};
// kind: l1|l2. Shapes of output and target are the same.
Loss training_loss(const std::string& kind, const at::Tensor& output, const at::Tensor& target);

}  // namespace sr3

// Conditioning augmentation (CDM, Ho et al. 2021, section 4): in training, the low-resolution condition of a super-resolution
// stage is corrupted by noise or blur, so that the stage tolerates the errors of the previous stage. Noise is added at the low
// resolution: the result is what the previous stage would produce if its sampling stopped at timestep s. Blur is applied to the
// upsampled condition. The augmentation of an example depends on the seed and on its number alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sr3 {

struct AugmentedCondition {
  at::Tensor condition;  // of the same shape and type as the input
  at::Tensor level;      // (N) float32: s of each example; undefined with blur
};

// Adds Gaussian noise: z_s = sqrt(alpha_bar_s) z + sqrt(1 - alpha_bar_s) eps with s uniform in 0..max_level for each example;
// s = 0 leaves z as it is. condition: (N,C,H,W), the examples first .. first+N-1. Throws Error unless max_level is in 0..T.
AugmentedCondition add_condition_noise(const at::Tensor& condition, const std::vector<double>& alpha_bar,
                                       int64_t max_level, uint64_t seed, int64_t first);
// The same with one given s for all, as in sampling ("non-truncated" conditioning). Entry i of the batch is image index + i,
// from which its noise follows. Throws Error unless s is in 0..T.
AugmentedCondition add_condition_noise_at(const at::Tensor& condition, const std::vector<double>& alpha_bar, int64_t s,
                                          uint64_t seed, int64_t index);
// The augmentation levels s (N) in the form that the network is conditioned on, as network_level does it for the main level;
// with "timestep" it is s itself. s = 0 means no noise, alpha_bar = 1.
at::Tensor augmentation_input(const std::string& input, const std::vector<double>& alpha_bar, const at::Tensor& s);
// With this probability blurs an example by a Gaussian whose sigma is uniform in [low, high], in pixels of the condition;
// borders are mirrored. For training only: there is no blur at inference.
AugmentedCondition blur_condition(const at::Tensor& condition, double probability, double low, double high,
                                  uint64_t seed, int64_t first);

}  // namespace sr3

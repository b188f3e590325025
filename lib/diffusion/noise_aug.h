// Conditioning augmentation (CDM, Ho et al. 2021, section 4): the low-resolution condition of a super-resolution stage is
// damaged in training, by noise or blur, so that the stage bears the faults of the stage before it. Noise is added at the low
// resolution, where the stage before would have left it had it stopped at s; blur at the size of the condition.
// What is drawn for an example depends on (seed, number of the example) alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sr3 {

struct AugmentedCondition {
  at::Tensor condition;  // like the one given
  at::Tensor level;      // (N) float32: s of each example; undefined with blur
};

// Gaussian: s uniform in 0..max_level, z_s = sqrt(alpha_bar_s) z + sqrt(1 - alpha_bar_s) eps; s = 0 leaves z as it is.
// condition: (N,C,H,W), examples first .. first+N-1. max_level at most T.
AugmentedCondition add_condition_noise(const at::Tensor& condition, const std::vector<double>& alpha_bar,
                                       int64_t max_level, uint64_t seed, int64_t first);
// One known s for all, as in sampling ("non-truncated" conditioning); condition i is image index + i.
AugmentedCondition add_condition_noise_at(const at::Tensor& condition, const std::vector<double>& alpha_bar, int64_t s,
                                          uint64_t seed, int64_t index);
// What the network is told of levels s (N): as network_level tells of the main one ("timestep": s itself); s = 0 is no noise.
at::Tensor augmentation_input(const std::string& input, const std::vector<double>& alpha_bar, const at::Tensor& s);
// Blur: with this probability a Gaussian of sigma uniform in [low, high], in pixels of the condition, borders mirrored.
// Never at inference.
AugmentedCondition blur_condition(const at::Tensor& condition, double probability, double low, double high,
                                  uint64_t seed, int64_t first);

}  // namespace sr3

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

// How the level s of a training example is drawn.
struct LevelDraw {
  int64_t max_level = 0;  // S, in steps of the schedule
  bool squared = false;   // s = 1 + floor(S u^2) with u uniform in [0,1), instead of uniform in 0..S
  double clean = 0;       // share of the examples that get s = 0 whatever the rest
  int64_t ramp = 0;       // the number of the first examples of a training over which S rises from 0 to max_level
};
// The level of example number `example`.
int64_t draw_augmentation_level(const LevelDraw& draw, uint64_t seed, int64_t example);

// Adds Gaussian noise: z_s = sqrt(alpha_bar_s) z + sqrt(1 - alpha_bar_s) eps with a level s drawn for each example; s = 0 leaves z
// as it is. condition: (N,C,H,W), the examples first .. first+N-1. Throws Error unless draw.max_level is in 0..T.
AugmentedCondition add_condition_noise(const at::Tensor& condition, const std::vector<double>& alpha_bar,
                                       const LevelDraw& draw, uint64_t seed, int64_t first);
// The same with one given s for all, as in sampling ("non-truncated" conditioning). Entry i of the batch is image index + i,
// from which its noise follows. Throws Error unless s is in 0..T.
AugmentedCondition add_condition_noise_at(const at::Tensor& condition, const std::vector<double>& alpha_bar, int64_t s,
                                          uint64_t seed, int64_t index);
// The augmentation levels s (N) in the form that the network is conditioned on, as network_level does it for the main level;
// with "timestep" it is s itself. s = 0 means no noise, alpha_bar = 1. Levels below `least` are given as `least`: the log-SNR of
// s = 0 is infinite, so its embedding, that of a clamped 10, is far from that of s = 1, although the images are nearly the same.
at::Tensor augmentation_input(const std::string& input, const std::vector<double>& alpha_bar, const at::Tensor& s,
                              int64_t least = 0);
// With this probability blurs an example by a Gaussian whose sigma is uniform in [low, high], in pixels of the condition;
// borders are mirrored. For training only: there is no blur at inference.
AugmentedCondition blur_condition(const at::Tensor& condition, double probability, double low, double high,
                                  uint64_t seed, int64_t first);

}  // namespace sr3

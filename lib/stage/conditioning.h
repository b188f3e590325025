// What a stage's manifest says about its condition: how it was noised in training, the form in which the network is given the level
// of that noise, and the residual over the condition.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "diffusion/noise_aug.h"
#include "diffusion/residual.h"
#include "stage/manifest.h"

namespace sr3 {

// Whether the training of a stage measures its data's statistics first: the stage diffuses the residual over a noisy condition,
// and its manifest does not have them.
bool lacks_statistics(const StageManifest& manifest);

// Whether the stage is sampled without noise in its condition unless a level is chosen: one that diffuses the image was trained
// on such conditions too seldom.
bool has_default_level(const StageManifest& manifest);

// The draw of the augmentation level of a training example. alpha_bar: of the schedule.
LevelDraw level_draw(const StageManifest& manifest, const std::vector<double>& alpha_bar);

// The augmentation levels s (N) as the network is conditioned on them, (N) float32. A stage of the residual is given s = 1 for
// s = 0.
at::Tensor augmentation_input(const StageManifest& manifest, const std::vector<double>& alpha_bar, const at::Tensor& s);

// What residual_over() needs.
ResidualStatistics residual_statistics(const StageManifest& manifest);

}  // namespace sr3

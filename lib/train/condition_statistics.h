// What the training of a stage with Gaussian conditioning augmentation finds out when it begins: the statistics of its data, on
// which the residual over a noisy condition depends (diffusion/residual.h), and how a stage that was trained without augmentation
// gets accustomed to it.
#pragma once

#include <string>

#include "data/loader.h"
#include "stage/manifest.h"
#include "train/trainer_options.h"

namespace sr3 {

// For a manifest that lacks_statistics() (stage/conditioning.h); others are left as they are. Measures, on the first 1,024
// examples, the mean and deviation of the low-resolution pixels and the scale of the residual, to 4 digits. The scale stays the
// manifest's with options.keep_residual_scale, and that of options.init_from, whose weights were trained with it. If that stage
// had no noise in its condition, the largest level rises over the first third of the examples. Throws Error if all pixels of the
// low-resolution images are equal, or the images have nothing that their upsampled ones lack.
void measure_condition(StageManifest& manifest, Loader& loader, const TrainerOptions& options);

// The same from the manifest of the training that is resumed.
void take_measured(StageManifest& manifest, const StageManifest& former, const TrainerOptions& options);

}  // namespace sr3

#include "stage/conditioning.h"

#include <cmath>

#include "tensor/aten.h"

namespace sr3 {

bool lacks_statistics(const StageManifest& manifest) {
  return manifest.augmentation.kind == "gaussian" && manifest.diffusion.target == "residual" &&
         manifest.augmentation.statistics.deviation == 0;
}

bool has_default_level(const StageManifest& manifest) { return manifest.diffusion.target == "residual"; }

LevelDraw level_draw(const StageManifest& manifest, const std::vector<double>& alpha_bar) {
  const ConditioningAugmentation& augmentation = manifest.augmentation;
  return {std::llround(augmentation.max_level * static_cast<double>(alpha_bar.size())),
          augmentation.levels.draw == "squared", augmentation.levels.clean, augmentation.levels.ramp};
}

at::Tensor augmentation_input(const StageManifest& manifest, const std::vector<double>& alpha_bar,
                              const at::Tensor& s) {
  return augmentation_input(manifest.network.level.input, alpha_bar, s,
                            manifest.diffusion.target == "residual" ? 1 : 0);
}

ResidualStatistics residual_statistics(const StageManifest& manifest) {
  const ConditionStatistics& statistics = manifest.augmentation.statistics;
  const bool noisy = manifest.augmentation.kind == "gaussian";
  return {manifest.diffusion.residual_scale, statistics.mean, statistics.deviation,
          noisy ? noise_gain(enlargement_named(manifest.low_res.upsample), manifest.image.scale()) : 1};
}

}  // namespace sr3

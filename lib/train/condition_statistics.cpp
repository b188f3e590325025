#include "train/condition_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/log.h"
#include "stage/conditioning.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr int64_t kExamples = 1024, kAtOnce = 64;

// Sums of numbers, in the order of memory: they are the same whatever the number of threads.
struct PixelSums {
  double count = 0, sum = 0, squares = 0;

  void add(const at::Tensor& values) {
    const at::Tensor here = values.to(at::kFloat).contiguous();
    const float* value = here.data_ptr<float>();
    for (int64_t i = 0; i < here.numel(); ++i) {
      sum += double{value[i]};
      squares += double{value[i]} * double{value[i]};
    }
    count += static_cast<double>(here.numel());
  }
  double mean() const { return sum / count; }
  double variance() const { return squares / count - mean() * mean(); }
};

double four_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return std::strtod(text, nullptr);
}

}  // namespace

void measure_condition(StageManifest& manifest, Loader& loader, const TrainerOptions& options) {
  if (!lacks_statistics(manifest)) return;
  PixelSums low_res, residual;
  for (int64_t first = 0; first < kExamples; first += kAtOnce) {
    const Batch batch = loader.next(first, kAtOnce);
    low_res.add(batch.low_res);
    residual.add(batch.high_res - batch.condition);
  }
  ConditionStatistics& statistics = manifest.augmentation.statistics;
  statistics.mean = four_digits(low_res.mean());
  statistics.deviation = four_digits(std::sqrt(std::max(0.0, low_res.variance())));
  if (statistics.deviation == 0)
    throw Error("cannot train with noise in the condition: all low-resolution pixels have one value");
  double& scale = manifest.diffusion.residual_scale;
  bool keep = options.keep_residual_scale;
  if (!options.init_from.empty()) {
    const StageManifest from = read_manifest(options.init_from);
    if (from.diffusion.target == "residual") scale = from.diffusion.residual_scale, keep = true;
    if (from.augmentation.kind != "gaussian") manifest.augmentation.levels.ramp = options.steps * options.batch / 3;
  }
  if (!keep) {
    const double square = residual.squares / residual.count;
    if (square == 0) throw Error("cannot train: the upsampled low-resolution images are the images themselves");
    scale = four_digits(1 / std::sqrt(square));
  }
  info(cat("low-resolution pixels have a mean of ", statistics.mean, " and a standard deviation of ",
           statistics.deviation, "; the residual's scale is ", scale));
}

void take_measured(StageManifest& manifest, const StageManifest& former, const TrainerOptions& options) {
  if (!lacks_statistics(manifest)) return;
  manifest.augmentation.statistics = former.augmentation.statistics;
  manifest.augmentation.levels.ramp = former.augmentation.levels.ramp;
  if (!options.keep_residual_scale) manifest.diffusion.residual_scale = former.diffusion.residual_scale;
}

}  // namespace sr3

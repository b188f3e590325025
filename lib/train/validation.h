// What a stage in training is worth on held-out images: its loss by bands of noise levels, the PSNR of its samples, and with a
// feature network their Frechet distance. Examples, levels and noise are the same at every validation, and depend on the
// training's seed alone; the training uses none of them, so that its bytes are those of a training without validation.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "data/loader.h"
#include "fid/features.h"
#include "fid/frechet.h"
#include "stage/manifest.h"
#include "tensor/named_tensors.h"
#include "train/journal.h"
#include "train/validation_options.h"

namespace sr3 {

// Throws what the constructor below would throw of the images, before the training.
void check_validation(const StageManifest& manifest, const ValidationOptions& options, const DataOptions& training);

class Validation {
 public:
  static constexpr int64_t kBands = 4;  // of the training schedule's timesteps, each a quarter of them

  // Lists the images, and computes the features of the examples. A base stage has no PSNR: UsageError if the best is kept by it.
  // `training` says how examples are cut; its images are not used, except for a warning if they are those of the validation. Errors
  // as of Loader and open_features.
  Validation(const StageManifest& manifest, const ValidationOptions& options, DataOptions training,
             const ImagesDigest& trained_on, uint64_t seed, at::Device device, at::ScalarType compute);

  // The scores of the weights; nothing if interrupted() became true in between.
  std::optional<ValidationLine> operator()(const NamedTensors& weights, const std::function<bool()>& interrupted) const;

  // What the scores depend on beside the weights, as text: scores are comparable if it is the same.
  const std::string& conditions() const { return conditions_; }

 private:
  StageManifest manifest_;
  ValidationOptions options_;
  uint64_t seed_;
  at::Device device_;
  at::ScalarType compute_;
  std::unique_ptr<Loader> loader_;
  std::unique_ptr<FeatureNetwork> features_;
  std::optional<Gaussian> reference_;
  std::string conditions_;
};

}  // namespace sr3

#include "train/validation_options.h"

#include "base/error.h"
#include "base/options.h"

namespace sr3 {

void ValidationOptions::declare(Options& options) {
  options.group(groups::kValidation);
  options.add("validate", 0, &data, "DATA", "held-out images to measure the stage on, a folder, list or archive");
  options.add("validate-every", 0, &every, "N", at_least(1), "steps between two validations");
  options.add("validate-images", 0, &images, "K", within(2, 1 << 20), "examples of a validation");
  options.add("features", 0, &features, "FILE", "also measure the Frechet distance of samples, by this network");
  options.choice("keep-best", 0, &keep_best, {"loss", "psnr", "frechet"},
                 "keep the stage with the best value, as NAME.best.json");
}

void ValidationOptions::validate() const {
  if (!wanted() && !features.empty()) throw UsageError("--features is for --validate");
  if (!wanted() && !keep_best.empty()) throw UsageError("--keep-best is for --validate");
  if (!wanted() && every != ValidationOptions().every) throw UsageError("--validate-every is for --validate");
  if (!wanted() && images != ValidationOptions().images) throw UsageError("--validate-images is for --validate");
  if (keep_best == "frechet" && features.empty()) throw UsageError("--keep-best frechet needs --features");
}

}  // namespace sr3

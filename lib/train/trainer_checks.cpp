// What is known of a training before its first step.
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "nn/precision.h"
#include "tensor/device.h"
#include "train/condition_statistics.h"
#include "train/trainer_impl.h"

namespace sr3 {

DataOptions without_pictures(DataOptions data, const StagePaths& paths) {
  data.leave_out.push_back(paths.preview);
  data.leave_out.push_back(paths.loss);
  return data;
}

TrainerOptions with_resolved(TrainerOptions options, at::ScalarType compute) {
  options.precision = compute == at::kBFloat16 ? "bf16" : "fp32";  // what `auto` resolved to
  options.threads = at::get_num_threads();
  return options;
}

void check_outputs(const StagePaths& paths, const TrainerOptions& options) {
  check_stage_writable(paths);
  for (const StagePaths& beside : stages_beside(paths, options)) check_stage_writable(beside);
  check_writable(paths.loss);
  check_writable(paths.journal);
  if (options.preview_every > 0) check_writable(paths.preview);
  for (int64_t step = options.keep_every; step > 0 && step <= options.steps; step += options.keep_every) {
    const StagePaths kept = stage_beside(paths, cat("step-", step));
    for (const std::string& path : {kept.manifest, kept.weights})
      if (std::filesystem::is_directory(path)) throw Error(cat("cannot write '", path, "': it is a folder"));
  }
}

void check_previews(const StageManifest& manifest, const TrainerOptions& options, const DataOptions& data) {
  if (options.preview_every > 0)
    check_preview(options.preview_images, data.crop > 0 ? data.crop : manifest.image.high_res, manifest.kind != "base");
}

void check_training(const StageManifest& manifest, const TrainerOptions& options, const DataOptions& data,
                    const std::string& output) {
  const StagePaths paths = stage_paths(output);
  check_previews(manifest, options, data);
  if (options.processes->first()) check_outputs(paths, options);
  const Loader loader(without_pictures(data, paths), manifest);
  if (options.validation.wanted() && options.processes->first()) check_validation(manifest, options.validation, data);
  const std::string path = paths.state + "/progress.json";
  if (!options.processes->first() || options.restart || access(path.c_str(), F_OK) != 0) return;
  TrainingProgress progress;
  TrainingSettings started;
  parse_progress(read_text(path), path, progress, started);
  const TrainerOptions full = with_resolved(options, precision_named(options.precision, open_device(options.device)));
  StageManifest stage = manifest;
  if (const auto former = state_manifest(paths)) take_measured(stage, *former, options);
  TrainingSettings now = settings_of(stage, full, data, loader.images(), loader.digest());
  now.trainer = started.trainer;  // its changes are reported when it is resumed
  check_settings(started, now, paths.manifest, options.command);
}

}  // namespace sr3

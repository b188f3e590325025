#include "train/new_cascade.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/log.h"
#include "base/options.h"
#include "data/class_names.h"
#include "data/dataset.h"
#include "stage/stage_files.h"

namespace sr3 {

void NewCascadeFlags::declare(Options& options) {
  options.group(groups::kNewCascade);
  options.add("new", 0, &sizes, "SIZES", within(1, 1 << 16),
              "write the manifests of stages of these sizes, as 16,32,64");
  options.add("preset", 0, &spec.preset, "NAME",
              "networks and training: " + cascade_preset_names() + "; list: show them");
  options.add("show-preset", 0, &show_preset, "NAME", "print how a preset trains stages of 32 and 64 pixels, and exit");
  options.add("sr-only", 0, &spec.sr_only, "no base stage: the first size is that of given images");
  options.add("grey", 0, &grey, "images of one channel");
  options.add("unconditional", 0, &unconditional, "no classes, whatever folders the images are in");
  options.choice("augmentation", 0, &spec.augmentation, {"auto", "none", "gaussian", "blur"},
                 "conditioning augmentation; auto: gaussian up to 64 pixels, blur above");
  options.add("learned-variance", 0, &spec.learned_variance, "the base stage learns its variance by the hybrid loss");
  options.choice("predict", 0, &spec.predict, {"eps", "x0", "v"}, "prediction target of the base stage");
  options.choice("schedule", 0, &spec.schedule, {"linear", "quadratic", "cosine", "sigmoid"},
                 "noise schedule of the base stage");
  options.add("label-dropout", 0, &spec.label_dropout, "P", within(0, 1),
              "share of the base stage's examples without class, for guidance; default: 0.1, cdm: 0");
  options.add("sr-label-dropout", 0, &spec.sr_label_dropout, "P", within(0, 1),
              "the same for the super-resolution stages");
  options.add("pad", 0, &pad, "N", within(0, kLargestPad),
              "pad smaller images to N x N pixels by repeating their border");
  options.add("no-flip", 0, &no_flip, "do not mirror half of the examples");
  options.add("description", 0, &description, "TEXT", "for the manifests");
  options.add("data-name", 0, &data_name, "TEXT", "for the manifests, instead of the operands");
  options.add("attribution", 0, &attribution, "TEXT", "for the manifests: whose images these are");
}

void NewCascadeFlags::write(const std::vector<std::string>& operands, const std::string& output, bool history) const {
  CascadeSpec full = spec;
  if (spec.sr_only && (spec.learned_variance || !spec.predict.empty() || !spec.schedule.empty() || spec.label_dropout))
    throw UsageError(
        "--sr-only leaves out the base stage, which --learned-variance, --predict, --schedule and "
        "--label-dropout are of");
  if (sizes->size() == 1 && !spec.sr_only && (spec.augmentation != "auto" || spec.sr_label_dropout > 0))
    throw UsageError(cat(spec.augmentation != "auto" ? "--augmentation" : "--sr-label-dropout",
                         ": there is no super-resolution stage"));
  if (unconditional && (spec.label_dropout || spec.sr_label_dropout > 0))
    throw UsageError("--unconditional: there are no classes for --label-dropout and --sr-label-dropout");
  full.sizes = *sizes;
  full.channels = grey ? 1 : 3;
  const std::string manifest = stage_paths(output).manifest, folder = directory_of(manifest);
  check_folder_of(manifest, manifest);
  const FileLock lock(lock_path(manifest), cat("'", manifest, "' is being written by another process"));
  // What does not depend on the classes is known before the images are searched.
  CascadeSpec plain = full;
  if (!unconditional) plain.classes = {"a", "b"};
  const auto free = [&](const NewCascade& made) {
    std::vector<std::string> paths = {manifest};
    for (const CascadeStage& stage : made.cascade.stages) paths.push_back(folder + stage.manifest);
    for (const std::string& path : paths)
      if (access(path.c_str(), F_OK) == 0) throw Error(cat("'", path, "' is there already"));
    return paths;
  };
  free(new_cascade(plain, stem_of(output)));
  if (!operands.empty()) {
    DataOptions data;
    data.operands = operands;
    data.pad = pad;
    data.preprocess = "resize";
    data.keep_going = keep_going;
    const Dataset images(data, *std::max_element(full.sizes.begin(), full.sizes.end()));
    std::vector<int64_t> counts;
    if (!unconditional)
      for (const auto& [name, count] : images.class_counts()) full.classes.push_back(name), counts.push_back(count);
    info(cat(images.size(), images.size() == 1 ? " image, " : " images, ", classes_text(full.classes, counts)));
  } else if (!unconditional) {
    throw UsageError("no images to find the classes in: name folders, archives or lists, or say --unconditional");
  }
  if (!unconditional && full.classes.empty())
    throw UsageError(
        "the images are in no folders to be their classes: use a list with classes, or say --unconditional");
  if (!unconditional)
    require_classes(full.classes, "--new",
                    "name the folder above those of the classes, use a list, or say --unconditional");

  NewCascade made = new_cascade(full, stem_of(output));
  made.cascade.description = description;
  made.cascade.data = {pad, !no_flip};
  if (history) made.cascade.history.push_back(this_run());
  const std::vector<std::string> paths = free(made);
  // All is known to hold before anything is written.
  const std::string text = cascade_text(made.cascade);
  for (size_t i = 0; i < made.stages.size(); ++i) {
    StageManifest& stage = made.stages[i];
    stage.description = description;
    stage.training.data = data_name;
    stage.training.attribution = attribution;
    stage.history = made.cascade.history;
    write_manifest(paths[i + 1], stage);
  }
  write_file(manifest, text);
}

}  // namespace sr3

#include "import/import_stage.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/history.h"
#include "base/log.h"
#include "base/options.h"
#include "data/class_names.h"
#include "format/digest.h"
#include "import/adm.h"
#include "import/diffusers.h"
#include "import/published.h"
#include "import/sr3.h"
#include "stage/stage_files.h"
#include "stage/weights.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

[[noreturn]] void refuse(const CheckpointFile& file, const std::string& why) {
  throw DataError(cat("cannot import '", file.path(), "': ", why));
}

// The first of the file's networks; reports its prefix if there are several.
NetworkView chosen_network(const CheckpointFile& file, const char* marker, const char* project) {
  const auto prefixes = prefixes_of(file, marker);
  if (prefixes.empty()) refuse(file, cat("it has no tensor '", marker, "', so it is not a network of ", project));
  if (prefixes.size() > 1)
    info(cat("'", file.path(), "' has ", prefixes.size(), " networks; using '", prefixes[0], "'"));
  return {file, prefixes[0]};
}

void attribute(StageManifest& stage, const PublishedCheckpoint& known) {
  info(cat("these are the tensors of ", known.file));
  stage.training.data = known.data;
  stage.training.attribution = known.project;
}

// Warns of flags that fit the shapes of a published checkpoint but differ from its own (heads, noise, sizes): more likely a
// mistake than another network.
void compare_with_readme(const CheckpointFile& file, const PublishedCheckpoint& known, const AdmFlags& flags,
                         StageManifest stage) {
  const AdmFlags its = parse_adm_flags(known.settings);
  StageManifest published = adm_manifest(its, known.classes);
  published.sampling = stage.sampling = {.steps = "1"};  // which each may choose
  published.network.dropout = stage.network.dropout;
  published.image.low_res = stage.image.low_res;
  if (manifest_text(published) != manifest_text(stage) || its.use_new_attention_order != flags.use_new_attention_order)
    warn(cat("'", file.path(), "' has the tensors of ", known.file, ", whose flags are others: ", known.settings));
}

ImportPlan plan_adm(const CheckpointFile& file, const ImportOptions& options) {
  NetworkView net = chosen_network(file, kAdmMarker, "guided-diffusion or improved-diffusion");
  const PublishedCheckpoint* known = recognised(net);
  if ((known && known->kind == PublishedCheckpoint::kClassifier) || net.find("out.2.c_proj.weight"))
    refuse(file, "it is a classifier, which cannot be a stage: classifier guidance is not supported");
  const auto inferred = infer_adm_flags(net);
  if (!options.flags && (!known || known->kind != PublishedCheckpoint::kAdm))
    throw UsageError(cat("'", file.path(), "' is not one of the published files, so --flags are required",
                         inferred ? cat("; inferred from its tensors: ", adm_flags_text(*inferred),
                                        " (without heads and noise schedule, and sizes are a guess)")
                                  : ""));
  const AdmFlags flags = parse_adm_flags(options.flags ? *options.flags : known->settings);
  const CheckpointTensor* labels = net.find("label_emb.weight");
  const int64_t classes = labels && !labels->shape.empty() ? labels->shape[0] : 1000;
  StageManifest stage = adm_manifest(flags, std::max<int64_t>(classes, 1));
  Layout layout = adm_layout(stage.network, /*legacy=*/!flags.use_new_attention_order);
  check_fit(net, layout, "the flags", inferred ? contradictions(flags, *inferred) : std::vector<std::string>{});
  if (options.flags && flags.diffusion_steps != 1000 && !flags.given.contains("rescale_timesteps"))
    warn(cat("--rescale_timesteps is not among the flags: using ", flags.rescale_timesteps ? "True" : "False",
             ", the default of ", flags.rescale_timesteps ? "improved" : "guided", "-diffusion"));
  if (known && options.flags) compare_with_readme(file, *known, flags, stage);
  if (known) attribute(stage, *known);
  return {std::move(net), std::move(layout), std::move(stage), {}};
}

ImportPlan plan_sr3(const CheckpointFile& file, const ImportOptions& options) {
  NetworkView net = chosen_network(file, kSr3Marker, "Janspiry's SR3");
  const PublishedCheckpoint* known = recognised(net);
  const auto inferred = infer_sr3_config(net);
  if (options.config.empty() && !known)
    throw UsageError(cat("'", file.path(),
                         "' is not one of the published files, so its configuration is required (--config)",
                         inferred ? cat("; inferred from its tensors: ", sr3_config_text(*inferred)) : ""));
  Sr3Config config = read_sr3_config(options.config.empty() ? parse_config(known->settings, known->file, false)
                                                            : read_config(options.config, true));
  if (options.low_res) config.low_res = options.low_res;
  if (config.conditional && config.low_res == 0)
    throw UsageError(cat("'", options.config, "' does not state the size of low-resolution images: --low-res N"));
  StageManifest stage = sr3_manifest(config);
  Layout layout = sr3_layout(stage.network);
  check_fit(net, layout, "the configuration",
            inferred ? contradictions(config, *inferred) : std::vector<std::string>{});
  check_sr3_schedule(net, config, stage);
  if (known) attribute(stage, *known);
  return {std::move(net), std::move(layout), std::move(stage), {options.config}};
}

ImportPlan plan_diffusers(const CheckpointFile& file, const ImportOptions& options) {
  NetworkView net = chosen_network(file, kDiffusersMarker, "diffusers' UNet2DModel");
  const DiffusersFolder folder = diffusers_folder(directory_of(file.path()).empty() ? "." : directory_of(file.path()));
  if (folder.scheduler.empty())
    warn(cat("'", folder.config,
             "': there is no scheduler_config.json; using DDPMScheduler's defaults (linear, 1000 steps)"));
  const DiffusersScheduler scheduler = diffusers_scheduler(
      folder.scheduler.empty() ? parse_config("{}", "", false) : read_config(folder.scheduler, false));
  const DiffusersModel model =
      diffusers_model(read_config(folder.config, false), scheduler.diffusion.variance == "learned");
  StageManifest stage;
  stage.kind = model.super_resolution ? "super-resolution" : "base";
  stage.image.channels = model.image_channels;
  stage.image.high_res = options.high_res ? options.high_res : model.sample_size;
  stage.image.low_res = options.low_res;
  if (options.low_res && !model.super_resolution)
    throw UsageError(cat("--low-res: '", folder.config, "' takes no condition"));
  if (stage.image.high_res == 0)
    throw UsageError(cat("'", folder.config, "' does not state the size of images: --high-res N"));
  if (model.super_resolution && options.low_res == 0)
    throw UsageError(cat("'", folder.config, "' takes a condition, but does not state its size: --low-res N"));
  stage.network = model.network;
  stage.diffusion = scheduler.diffusion;
  stage.sampling = scheduler.sampling;
  const bool old_names = std::any_of(net.tensors().begin(), net.tensors().end(),
                                     [](const auto& tensor) { return tensor.name.ends_with(".query.weight"); });
  Layout layout = diffusers_layout(stage.network, old_names);
  check_fit(net, layout, cat("'", folder.config, "'"), {});
  return {std::move(net), std::move(layout), std::move(stage), {folder.config, folder.scheduler}};
}

// Of a checkpoint in several files, the digest of the lines of all their digests.
std::string digest_of(const CheckpointFile& file) {
  const std::vector<std::string> files = file.files();
  if (files.size() == 1) return sha256_file(file.path());
  std::string lines;
  for (const std::string& part : files) lines += sha256_file(part) + "\n";
  return sha256_bytes(lines);
}

}  // namespace

void ImportOptions::declare(Options& options) {
  options.group(groups::kCheckpoint);
  options.add("flags", 0, &flags, "FLAGS", "adm: the project's own flags, as its README gives them");
  options.add("config", 0, &config, "FILE", "sr3: the project's configuration (JSON, with comments)");
  options.add("class-names", 0, &class_names, "FILE", "names of the classes, one a line");
  options.add("low-res", 0, &low_res, "N", at_least(0), "side of the low-resolution images; 0: as the settings state");
  options.add("high-res", 0, &high_res, "N", at_least(0), "diffusers: side of the images; 0: as config.json states");
  options.group(groups::kStage);
  options.add("output", 'o', &output, "STAGE.json", "the manifest to write; the weights go beside it");
  options.choice("weights-type", 0, &weights_type, {"fp32", "fp16", "bf16"}, "number format of the weights' file");
  options.add("no-history", 0, &no_history, "do not record when and how it was imported");
}

std::string weights_of_folder(const std::string& folder) { return diffusers_folder(folder).weights; }

ImportPlan plan_import(const std::string& format, const CheckpointFile& file, const ImportOptions& options) {
  const auto only = [&](const char* option, bool given, const char* of) {
    if (given && format != of) throw UsageError(cat("--", option, " is for ", of, ", not for ", format));
  };
  only("flags", options.flags.has_value(), "adm");
  only("config", !options.config.empty(), "sr3");
  only("high-res", options.high_res != 0, "diffusers");
  if (options.low_res && format == "adm") throw UsageError("--low-res: adm has --small_size among its flags");
  ImportPlan plan = format == "adm"   ? plan_adm(file, options)
                    : format == "sr3" ? plan_sr3(file, options)
                                      : plan_diffusers(file, options);
  for (const std::string& part : file.files()) plan.inputs.push_back(part);
  plan.inputs.push_back(options.class_names);
  if (!options.class_names.empty()) {
    if (plan.stage.network.classes == 0) throw UsageError(cat("--class-names: '", file.path(), "' has no classes"));
    plan.stage.classes = read_class_names(options.class_names, plan.stage.network.classes);
  }
  validate(plan.stage);
  return plan;
}

void write_stage(ImportPlan& plan, const ImportOptions& options, const std::function<void(int64_t)>& progress) {
  const StagePaths paths = stage_paths(options.output);
  for (const std::string& input : plan.inputs)
    for (const std::string& output : {paths.manifest, paths.weights}) {
      std::error_code none;
      if (!input.empty() && std::filesystem::equivalent(input, output, none))
        throw UsageError(cat("'", output, "' is an input: the stage needs another name (-o)"));
    }
  const FileLock lock(lock_path(paths.manifest), cat("'", paths.manifest, "' is being written by another process"));
  remove_leftovers(paths);
  const CheckpointFile& file = plan.network.file();
  const std::string digest = digest_of(file);
  plan.stage.description = cat("imported from ", base_name(file.path()), ", sha256 ", digest);
  if (!options.no_history) plan.stage.history.push_back(this_run());

  // In the order of the checkpoint, which is fastest to read.
  std::vector<ImportedTensor> tensors = plan.layout.tensors;
  const auto place = [&](const ImportedTensor& tensor) {
    return plan.network.find(tensor.sources.at(0).name)->position;
  };
  std::stable_sort(tensors.begin(), tensors.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  const at::ScalarType type = weights_scalar_type(options.weights_type);
  std::vector<TensorShape> shapes;
  shapes.reserve(tensors.size());
  for (const ImportedTensor& tensor : tensors) shapes.push_back({tensor.name, type, tensor.shape});
  publish_stage(plan.stage, paths, [&](const std::string& path) {
    SafetensorsWriter out(path, shapes, {{"source", base_name(file.path())}, {"source_sha256", digest}});
    int64_t done = 0;
    for (const ImportedTensor& tensor : tensors) {
      out.write(as_stored(imported(plan.network, tensor), type, tensor.name, paths.weights));
      progress(++done);
    }
    out.close();
  });
}

}  // namespace sr3

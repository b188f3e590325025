#include "stage/cascade_manifest.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "diffusion/schedule.h"
#include "format/json.h"
#include "stage/binder.h"

namespace sr3 {
namespace {

void bind_data(Binder& b, CascadeData& o) {
  b.field("pad", o.pad, within(0, kLargestPad));
  b.field("flip", o.flip);
}

void bind_sampling(Binder& b, CascadeSampling& o) {
  b.text_or_integer("steps", o.steps);
  b.field("sampler", o.sampler, {"ddpm", "ddim", "dpmpp-2m"});
  b.field("guidance", o.guidance, within(0, 1000));
  b.field("noise_level", o.noise_level, within(0, 1));
  b.field("truncate", o.truncate);
}

void bind_training(Binder& b, CascadeTraining& o) {
  b.field("steps", o.steps, at_least(1));
  b.field("batch", o.batch, at_least(1));
  b.field("learning_rate", o.learning_rate, at_least(0));
  b.field("warmup", o.warmup, at_least(0));
  b.field("decay", o.decay, {"none", "cosine", "linear"});
  b.field("ema", o.ema, {.low = 0, .high = 1, .high_open = true});
  b.field("vlb_weight", o.vlb_weight, at_least(0));
}

void bind_stage(Binder& b, CascadeStage& o) {
  b.field("manifest", o.manifest);
  b.section("sampling", o.sampling, bind_sampling);
  b.section("training", o.training, bind_training);
}

void check(const CascadeManifest& cascade, const std::string& prefix) {
  CascadeManifest visited = cascade;
  check_keys(declaration_of(visited), prefix);
  if (cascade.stages.empty()) throw DataError(cat(prefix, "it has no stages"));
  for (size_t i = 0; i < cascade.stages.size(); ++i) {
    const CascadeStage& stage = cascade.stages[i];
    if (stage.manifest.empty() || stage.manifest.starts_with("/"))
      throw DataError(cat(prefix, "'stages[", i, "].manifest' must be a path relative to the cascade's manifest"));
    if (stage.sampling.truncate && (i == 0 || stage.sampling.noise_level == 0))
      throw DataError(
          cat(prefix, "'stages[", i, "].sampling.truncate' needs a stage before it and a noise_level above 0"));
  }
}

}  // namespace

void bind(Binder& b, CascadeManifest& o) {
  b.field("schema", o.schema, within(kCascadeSchema, kCascadeSchema));
  b.field("description", o.description);
  b.section("data", o.data, bind_data);
  b.list("stages", o.stages, bind_stage);
  b.list("history", o.history, bind_history);
}

CascadeManifest parse_cascade(const std::string& text, const std::string& origin) {
  const std::string prefix = cat("cannot use '", origin, "': ");
  const JsonObject document = JsonObject::parse(text, origin, /*max_depth=*/8, "use");
  if (document.contains("network"))
    throw document.error("it is a single stage, not a cascade (cascade takes single stages with -m)");
  CascadeManifest cascade;
  read_keys(document, declaration_of(cascade));
  check(cascade, prefix);
  return cascade;
}

std::string cascade_text(const CascadeManifest& cascade) {
  check(cascade, "cannot write the cascade: ");
  CascadeManifest visited = cascade;
  return readable_json(write_keys(declaration_of(visited)));
}

CascadeManifest read_cascade(const std::string& path) {
  return parse_cascade(read_text(path, /*max_bytes=*/uint64_t{1} << 26), path == "-" ? "standard input" : path);
}

std::string stage_path(const std::string& path, const CascadeManifest& cascade, size_t i) {
  return directory_of(link_target(path)) + cascade.stages.at(i).manifest;
}

std::vector<StageManifest> read_stages(const std::string& path, const CascadeManifest& cascade) {
  std::vector<StageManifest> stages;
  for (size_t i = 0; i < cascade.stages.size(); ++i) stages.push_back(read_manifest(stage_path(path, cascade, i)));
  const StageManifest* classed = nullptr;  // the last one with classes
  for (size_t i = 0; i < stages.size(); ++i) {
    const StageManifest& stage = stages[i];
    const StageManifest* former = classed;
    if (stage.network.classes > 0) classed = &stage;
    const auto refuse = [&](const auto&... parts) {
      const std::string whole =
          path.empty() ? "cannot join these stages: " : cat("cannot use '", path, "': its stage ");
      throw DataError(cat(whole, "'", cascade.stages[i].manifest, "' ", parts...));
    };
    if (i > 0 && stage.kind == "base") refuse("is a base stage, but not the first");
    const CascadeSampling& sampling = cascade.stages[i].sampling;
    if (sampling.guidance != 1 && stage.diffusion.label_dropout == 0)
      refuse("was trained without label dropout, but its guidance is ", sampling.guidance);
    if (stage.kind != "regression") {
      try {
        sampling_levels(make_alpha_bar(make_betas(stage.diffusion.schedule)), sampling.steps, stage.sampling.spacing);
      } catch (const Error& error) {
        refuse("cannot be sampled with these settings: ", error.what());
      }
    }
    const double level = cascade.stages[i].sampling.noise_level, most = stage.augmentation.max_level;
    const bool gaussian = stage.augmentation.kind == "gaussian";
    if (level > 0 && !gaussian) refuse("was trained without noise in its condition, but its noise_level is ", level);
    if (gaussian && level > most)
      refuse("was trained with noise levels up to ", most, ", but its noise_level is ", level);
    if (i == 0) continue;
    const StageManifest& before = stages[i - 1];
    if (before.image.high_res != stage.image.low_res)
      refuse("takes images of ", stage.image.low_res, " pixels, but the previous stage makes ", before.image.high_res);
    if (before.image.channels != stage.image.channels)
      refuse("has images of ", stage.image.channels, " channels, but the previous stage has ", before.image.channels);
    // A stage without classes may follow any other, and passes the class on.
    if (former && stage.network.classes > 0 &&
        (stage.network.classes != former->network.classes || stage.classes != former->classes))
      refuse("has different classes from the previous stage");
  }
  return stages;
}

}  // namespace sr3

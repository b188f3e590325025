#include "train/progress_state.h"

#include <torch/version.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/history.h"
#include "base/log.h"
#include "format/json.h"
#include "stage/presets.h"

namespace sr3 {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr const char *kNames = "names", *kSizes = "sizes in bytes", *kRecipe = "--recipe",
                     *kTeacher = "the teacher of --distill";
constexpr int kMaxDepth = kManifestDepth + 2;

// The option that sets each value of the settings, by the value's JSON pointer.
const std::map<std::string, std::string> kOptionOf = {
    {"/kind", "--regression"},
    {"/image/low_res", "--low-res"},
    {"/image/high_res", "--high-res"},
    {"/network/channels", "--channels"},
    {"/network/multipliers", "--multipliers"},
    {"/network/blocks", "--blocks"},
    {"/network/attention", "--attention"},
    {"/network/patch", "--patch"},
    {"/network/groups", "--groups"},
    {"/network/dropout", "--dropout"},
    {"/diffusion/predict", "--predict"},
    {"/diffusion/target", "--target"},
    {"/diffusion/residual_scale", "--residual-scale"},
    {"/augmentation/kind", "--augmentation"},
    {"/augmentation/max_level", "--max-noise-level"},
    {"/diffusion/loss", "--loss"},
    {"/diffusion/level_draw", "--level-draw"},
    {"/diffusion/schedule/kind", "--schedule"},
    {"/diffusion/schedule/steps", "--diffusion-steps"},
    {"/distillation/steps", "--sampling-steps"},
    {"/distillation/guidance", "--guidance"},
    {"/distillation/teacher", kTeacher},
    {"/low_res/recipe/kernel", "--kernel"},
    {"/low_res/recipe/convention", "--convention"},
    {"/low_res/recipe/blur", "--blur"},
    {"/low_res/recipe/noise", "--noise"},
    {"/low_res/recipe/jpeg", "--jpeg"},
    {"/low_res/recipe/operations", kRecipe},
    {"/batch", "--batch"},
    {"/accumulate", "--accumulate"},
    {"/learning_rate", "--learning-rate"},
    {"/warmup", "--warmup"},
    {"/decay", "--decay"},
    {"/ema", "--ema"},
    {"/more_ema", "the further --ema"},
    {"/clip_norm", "--clip-norm"},
    {"/ground_truth", "--ground-truth"},
    {"/weight_decay", "--weight-decay"},
    {"/precision", "--precision"},
    {"/threads", "--threads"},
    {"/no_flip", "--no-flip"},
    {"/min_detail", "--min-detail"},
    {"/preprocess", "--preprocess"},
    {"/pad", "--pad"},
    {"/images", "the number of images"},
    {"/names", kNames},
    {"/sizes", kSizes},
    {"/seed", "--seed"},
    {"/steps", "--steps"},
    {"/version", "the version of these programs"},
    {"/libtorch", "the version of libtorch"},
};

// Other options from which these values follow.
const std::map<std::string, std::vector<std::string>> kFollowsFrom = {
    {"/image/low_res", {"--scale", "--high-res", "--crop"}},
    {"/image/high_res", {"--crop", "--scale", "--low-res"}},
    {"/low_res/recipe/kernel", {kRecipe}},
    {"/low_res/recipe/convention", {kRecipe}},
    {"/low_res/recipe/blur", {kRecipe}},
    {"/low_res/recipe/noise", {kRecipe}},
    {"/low_res/recipe/jpeg", {kRecipe}},
    {"/network/groups", {"--channels", "--multipliers"}},
    {"/network/blocks", {"--multipliers"}},
    {"/diffusion/schedule/beta_end", {"--diffusion-steps", "--schedule"}},
    {"/diffusion/schedule/beta_start", {"--schedule"}},
};

struct Difference {
  std::string option, started, now;
  std::string path = "";  // of the setting
};

// A list counts as one value, so that a message shows "1,2,4" and not only its third element.
bool is_leaf(const json& value) { return !value.is_object(); }

void compare(const json& started, const json& now, const std::string& path, std::vector<Difference>& out) {
  if (!is_leaf(started) && !is_leaf(now)) {
    json keys = started;
    keys.update(now);
    for (const auto& [key, unused] : keys.items())
      compare(started.value(key, json()), now.value(key, json()), cat(path, "/", key), out);
    return;
  }
  if (started == now) return;
  const auto known = kOptionOf.find(path);
  const std::string option = known != kOptionOf.end() ? known->second : cat("'", path.substr(1), "'");
  const auto text = [](const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  // Stages of different kinds differ in much else too, which would explain nothing: the kind comes first.
  out.insert(path == "/kind" ? out.begin() : out.end(), {option, text(started), text(now), path});
}

std::vector<Difference> differences(const std::string& started, const std::string& now) {
  std::vector<Difference> out;
  compare(json::parse(started), json::parse(now), "", out);
  return out;
}

}  // namespace

TrainingSettings settings_of(const StageManifest& manifest, const TrainerOptions& trainer, const DataOptions& data,
                             int64_t images, const ImagesDigest& digest) {
  const json all = json::parse(manifest_text(manifest));
  json stage = json::object();
  for (const auto& [key, value] : all.items())
    if (key != "description" && key != "sampling" && key != "weights" && key != "training" && key != "history")
      stage[key] = value;
  json trainer_json = {{"batch", trainer.batch},
                       {"accumulate", trainer.accumulate},
                       {"learning_rate", trainer.learning_rate},
                       {"warmup", trainer.warmup},
                       {"decay", trainer.decay},
                       {"ema", trainer.ema},
                       {"clip_norm", trainer.clip_norm},
                       {"weight_decay", trainer.weight_decay},
                       {"precision", trainer.precision},
                       {"threads", trainer.threads}};
  // Settings that only some trainings have are left out of the others', so that states of older versions still match.
  if (manifest.diffusion.variance == "learned") trainer_json["vlb_weight"] = trainer.vlb_weight;
  if (trainer.ground_truth > 0) trainer_json["ground_truth"] = trainer.ground_truth;
  if (!trainer.more_ema.empty()) trainer_json["more_ema"] = trainer.more_ema;
  json data_json = {
      {"images", images}, {"no_flip", data.no_flip}, {"min_detail", data.min_detail}, {"preprocess", data.preprocess}};
  if (data.pad > 0) data_json["pad"] = data.pad;
  if (!digest.names.empty()) data_json["names"] = digest.names;
  // An image that has been damaged or repaired since the start has another size; --keep-going resumes nevertheless.
  if (!digest.sizes.empty() && !data.keep_going) data_json["sizes"] = digest.sizes;
  const TrainingCommand& command = trainer.command;
  return {stage.dump(), trainer.seed, data_json.dump(), trainer_json.dump(),
          command.folder.empty() ? "" : command_json(command)};
}

std::string progress_text(const TrainingProgress& progress, const TrainingSettings& settings) {
  ordered_json out;
  out["format"] = 1;
  out["step"] = progress.step;
  out["updates"] = progress.updates;
  out["examples"] = progress.examples;
  out["skipped"] = progress.skipped;
  out["skipped_in_row"] = progress.skipped_in_row;
  out["seconds"] = progress.seconds;
  out["last_loss"] = progress.last_loss;
  out["journalled"] = progress.journalled;
  out["window"] = {
      {"loss", progress.window_loss}, {"gradient_norm", progress.window_norm}, {"steps", progress.window_steps}};
  if (progress.window_bits != 0) out["window"]["bits"] = progress.window_bits;  // only with a learned variance
  // Only with validations, so that other trainings have the states of older versions.
  if (progress.validated > 0) out["validated"] = progress.validated;
  if (const auto& best = progress.best)
    out["best"] = {{"metric", best->metric},        {"value", best->value}, {"step", best->step},
                   {"images", best->images},        {"loss", best->loss},   {"seconds", best->seconds},
                   {"conditions", best->conditions}};
  out["seed"] = settings.seed;
  out["stage"] = ordered_json::parse(settings.stage);
  out["data"] = ordered_json::parse(settings.data);
  out["trainer"] = ordered_json::parse(settings.trainer);
  if (!settings.command.empty()) out["command"] = ordered_json::parse(settings.command);
  return out.dump(2) + "\n";
}

void parse_progress(const std::string& text, const std::string& origin, TrainingProgress& progress,
                    TrainingSettings& settings) {
  const JsonObject in = JsonObject::parse(text, origin, kMaxDepth, "use");
  if (in.get<int64_t>("format") != 1) throw in.error("written by another version");
  progress.step = in.get<int64_t>("step");
  progress.updates = in.get<int64_t>("updates");
  progress.examples = in.get<int64_t>("examples");
  progress.skipped = in.get<int64_t>("skipped");
  progress.skipped_in_row = in.get<int64_t>("skipped_in_row");
  progress.seconds = in.get<double>("seconds");
  progress.last_loss = in.get<double>("last_loss");
  progress.journalled = in.get("journalled", progress.step);  // older versions saved only at full journal lines
  const auto window = in.get<JsonObject>("window");
  progress.window_loss = window.get<double>("loss");
  progress.window_norm = window.get<double>("gradient_norm");
  progress.window_steps = window.get<int64_t>("steps");
  progress.window_bits = window.get("bits", 0.0);
  progress.validated = in.get("validated", int64_t{0});
  progress.best.reset();
  if (in.is_object("best")) {
    const auto best = in.get<JsonObject>("best");
    progress.best = {best.get<std::string>("metric"), best.get<std::string>("conditions"), best.get<double>("value"),
                     best.get<int64_t>("step"),       best.get<int64_t>("images"),         best.get<double>("loss"),
                     best.get<double>("seconds")};
  }
  settings.seed = in.get<uint64_t>("seed");
  settings.stage = in.get<JsonObject>("stage").value().dump();
  settings.data = in.get<JsonObject>("data").value().dump();
  settings.trainer = in.get<JsonObject>("trainer").value().dump();
  if (in.is_object("command")) settings.command = in.get<JsonObject>("command").value().dump();
  for (const int64_t count : {progress.step, progress.updates, progress.examples, progress.skipped, progress.journalled,
                              progress.window_steps, progress.validated, progress.best ? progress.best->step : 0})
    if (count < 0) throw in.error("a count is below 0");
}

std::string process_text(const TrainingSettings& settings, int64_t steps) {
  json all = json::object();
  for (const std::string* part : {&settings.stage, &settings.data, &settings.trainer}) all.update(json::parse(*part));
  all["seed"] = settings.seed;
  all["steps"] = steps;
  all["version"] = kVersion;
  all["libtorch"] = TORCH_VERSION;
  return all.dump();
}

std::string difference_of_processes(const std::string& first, const std::string& other) {
  const auto shown = [](const std::string& value) {
    return value == json().dump() ? "0" : value;
  };  // of what is not stored
  for (const Difference& d : differences(first, other)) {
    if (d.option == kNames || d.option == kSizes) return cat("the ", d.option, " of its images are others");
    if (d.path == "/threads") return cat(d.now, " threads, not ", d.started, ": give all the same --threads");
    return cat(d.option, " ", shown(d.now), ", not ", shown(d.started));
  }
  return "";
}

namespace {

// Names what contradicts a setting of the training: an option that was given, "--channels 32", or else the setting itself.
std::string contradiction(const Difference& d, const TrainingCommand& command) {
  const std::string none = json().dump();
  if (d.option == kRecipe)  // recipes are too long to be shown
    return d.started == none ? "--recipe contradicts that it was started without one"
           : d.now == none   ? "no --recipe contradicts the one that it was started with"
                             : "--recipe is not the one that it was started with";
  if (d.option == kTeacher) return cat(kTeacher, " is not the one that it was started with");
  if (d.started == "true" || d.started == "false")
    return cat(d.option, d.started == "true" ? " was given" : " was not given", " when it was started");
  const auto shown = [&](const std::string& value) { return value == none ? "0" : value; };  // a pad of 0 is not stored
  const std::string contradicts = cat(" contradicts the ", shown(d.started), " it was started with");
  const auto given = [&](const std::string& option) {
    return option.starts_with("--") ? command.given.find(option.substr(2)) : command.given.end();
  };
  if (command.folder.empty() || d.path.empty() || !d.option.starts_with("--") || given(d.option) != command.given.end())
    return cat(d.option, " ", shown(d.now), contradicts);
  std::string setting = d.path.substr(1);
  std::replace(setting.begin(), setting.end(), '/', '.');
  const auto others = kFollowsFrom.find(d.path);
  std::vector<std::string> causes = others == kFollowsFrom.end() ? std::vector<std::string>{} : others->second;
  causes.emplace_back("--preset");
  for (const std::string& option : causes)
    if (const auto cause = given(option); cause != command.given.end())
      return cat(option, " ", cause->second, " makes '", setting, "' ", shown(d.now), ", which", contradicts);
  return cat("'", setting, "' ", shown(d.now), contradicts);
}

}  // namespace

void check_settings(const TrainingSettings& started, const TrainingSettings& now, const std::string& stage,
                    const TrainingCommand& command) {
  const std::string none = json().dump();
  const auto refuse = [&](const Difference& d) {
    throw UsageError(cat("cannot resume '", stage, "': ", contradiction(d, command), " (--restart starts anew)"));
  };
  if (started.seed != now.seed) refuse({"--seed", std::to_string(started.seed), std::to_string(now.seed)});
  // Sections that the manifest of an older version did not have stand for their defaults.
  json former = json::parse(settings_of(preset_named(kDefaultPreset).manifest, {}, {}, 0).stage);
  former.merge_patch(json::parse(started.stage));
  for (const auto& d : differences(former.dump(), now.stage)) refuse(d);
  // States of older versions have no digests: what is missing counts as equal.
  for (const auto& d : differences(started.data, now.data)) {
    const bool digest = d.option == kNames || d.option == kSizes;
    if (digest && (d.started == none || d.now == none)) continue;
    if (digest)
      throw UsageError(cat("cannot resume '", stage, "': the ", d.option, " of the images are not those it was ",
                           "started with (--init-from starts a training on other images, --restart starts anew",
                           d.option == kSizes ? ", --keep-going resumes anyway" : "", ")"));
    refuse(d);
  }
  for (const auto& d : differences(started.trainer, now.trainer))
    if (d.started != none) info(cat(d.option, " is now ", d.now, ", was ", d.started));
}

}  // namespace sr3

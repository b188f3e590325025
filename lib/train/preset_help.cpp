#include "train/preset_help.h"

#include <algorithm>

#include "base/error.h"
#include "base/options.h"

namespace sr3 {

namespace {

std::string list_text(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ",") + number_text(value);
  return text;
}

std::string list_text(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t value : values) text += cat(text.empty() ? "" : ",", value);
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> preset_values(const Preset& preset) {
  const StageManifest& m = preset.manifest;
  const UNetOptions& net = m.network;
  const DiffusionOptions& diffusion = m.diffusion;
  const RecipeOptions& recipe = m.low_res.recipe;
  return {
      {"steps", std::to_string(preset.steps)},
      {"batch", std::to_string(preset.batch)},
      {"learning-rate", number_text(preset.learning_rate)},
      {"warmup", std::to_string(preset.warmup)},
      {"ema", number_text(preset.ema)},
      {"clip-norm", number_text(preset.clip_norm)},
      {"low-res", std::to_string(m.image.low_res)},
      {"high-res", std::to_string(m.image.high_res)},
      {"predict", diffusion.predict},
      {"target", diffusion.target},
      {"residual-scale", number_text(diffusion.residual_scale)},
      {"augmentation", m.augmentation.kind},
      {"loss", diffusion.loss},
      {"schedule", diffusion.schedule.kind},
      {"diffusion-steps", std::to_string(diffusion.schedule.steps)},
      {"level-draw", diffusion.level_draw},
      {"channels", std::to_string(net.channels)},
      {"multipliers", list_text(net.multipliers)},
      {"blocks", list_text(net.blocks)},
      {"attention", net.attention.empty() ? "none" : list_text(net.attention)},
      {"patch", std::to_string(net.patch)},
      {"groups", std::to_string(net.groups)},
      {"dropout", number_text(net.dropout)},
      {"kernel", recipe.kernel},
      {"convention", recipe.convention},
      {"blur", number_text(recipe.blur)},
      {"noise", number_text(recipe.noise)},
      {"jpeg", std::to_string(recipe.jpeg)},
      {"preprocess", preset.preprocess},
  };
}

std::string preset_list() {
  std::string text = "preset\tsteps\tbatch\tstage\n";
  for (const Preset& preset : presets())
    text += cat(preset.name, "\t", preset.steps, "\t", preset.batch, "\t", preset.text, "\n");
  return text;
}

std::string preset_table(const std::string& name) {
  std::string text = "option\tvalue\n";
  for (const auto& [option, value] : preset_values(preset_named(name))) text += cat("--", option, "\t", value, "\n");
  return text;
}

void explain_defaults(const std::string& name, const std::string& otherwise, Options& options) {
  const bool exists =
      std::any_of(presets().begin(), presets().end(), [&](const Preset& preset) { return preset.name == name; });
  const Preset& preset = preset_named(exists ? name : otherwise);
  for (const auto& [option, value] : preset_values(preset))
    options.extend_text(option, cat("; ", preset.name, ": ", value));
}

}  // namespace sr3

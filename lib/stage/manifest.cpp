#include "stage/manifest.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "degrade/random_recipe.h"
#include "format/json.h"
#include "stage/binder.h"

namespace sr3 {
namespace {

using nlohmann::json;

template <class Require>
void check_classes(const StageManifest& m, Require require) {
  require(m.classes.empty() || static_cast<int64_t>(m.classes.size()) == m.network.classes,
          cat("'classes' has ", m.classes.size(), " names, but 'network.classes' is ", m.network.classes));
  require(std::set<std::string>(m.classes.begin(), m.classes.end()).size() == m.classes.size(),
          "'classes' contains a name twice");
  require(std::find(m.classes.begin(), m.classes.end(), "") == m.classes.end(), "'classes' contains an empty name");
  require(m.diffusion.label_dropout == 0 || m.network.classes > 0,
          "'diffusion.label_dropout' must be 0 without classes");
}

template <class Require>
void check_augmentation(const StageManifest& m, Require require) {
  const ConditioningAugmentation& augmentation = m.augmentation;
  const bool gaussian = augmentation.kind == "gaussian", blur = augmentation.kind == "blur";
  require(m.kind == "super-resolution" || augmentation.kind == "none",
          cat("'augmentation.kind' must be 'none' with kind '", m.kind, "'"));
  require(m.network.augmentation_level == gaussian,
          "'network.augmentation_level' must be true with 'augmentation.kind' 'gaussian', and only there");
  require(!gaussian || augmentation.max_level > 0, "'augmentation.max_level' must be above 0 with kind 'gaussian'");
  const bool noisy_residual = gaussian && m.diffusion.target == "residual";
  require(!noisy_residual || m.weights_file.empty() || augmentation.statistics.deviation > 0,
          "'augmentation.statistics.deviation' must be above 0: the residual over a noisy condition depends on it");
  require(!blur || (augmentation.blur_probability > 0 && augmentation.blur_low <= augmentation.blur_high &&
                    augmentation.blur_high > 0),
          "'augmentation' of kind 'blur' needs a probability above 0 and blur_low <= blur_high");
}

// Checks what the sections of a manifest require of each other. `require` throws unless its condition holds.
template <class Require>
void check_sections(const StageManifest& m, Require require) {
  const bool base = m.kind == "base", regression = m.kind == "regression", learned = m.diffusion.variance == "learned";
  const UNetOptions& net = m.network;
  const ImageOptions& image = m.image;

  require(image.channels != 2, "'image.channels' must be 1 or 3");
  require(!base || image.low_res == 0, "'image.low_res' must be 0 with kind 'base'");
  require(base || (image.low_res >= 1 && image.low_res <= image.high_res && image.high_res % image.low_res == 0),
          cat("'image.high_res' (", image.high_res, ") must be a multiple of 'image.low_res' (", image.low_res, ")"));
  const int64_t least = net.patch << (net.multipliers.size() - 1);
  require(image.high_res % least == 0,
          cat("'image.high_res' is ", image.high_res, ", but a network of ", net.multipliers.size(),
              " levels and patch ", net.patch, " needs a multiple of ", least));

  require(net.in_channels == image.channels,
          cat("'network.in_channels' must be ", image.channels, ", like 'image.channels'"));
  const int64_t condition = base || regression ? 0 : image.channels;
  require(net.condition_channels == condition,
          cat("'network.condition_channels' must be ", condition, " with kind '", m.kind, "'"));
  const int64_t out = image.channels * (learned ? 2 : 1);
  require(net.out_channels == out,
          cat("'network.out_channels' must be ", out, " with 'diffusion.variance' '", m.diffusion.variance, "'"));
  require(!regression || net.classes == 0, "'network.classes' must be 0 with kind 'regression'");
  require(!regression || m.diffusion.predict == "x0", "'diffusion.predict' must be 'x0' with kind 'regression'");
  require(!learned || m.diffusion.schedule.steps >= 2,
          "'diffusion.variance' 'learned' needs a schedule of 2 steps or more");
  require(!regression || !learned, "'diffusion.variance' cannot be 'learned' with kind 'regression'");
  require((net.level.input == "none") == regression,
          "'network.level.input' must be 'none' with kind 'regression', and only there");

  require(!base || m.diffusion.target == "image", "'diffusion.target' must be 'image' with kind 'base'");
  require((m.diffusion.schedule.kind == "betas") != m.diffusion.schedule.betas.empty(),
          "'diffusion.schedule.betas' must be given with schedule kind 'betas', and only there");
  require(m.diffusion.schedule.betas.empty() ||
              static_cast<int64_t>(m.diffusion.schedule.betas.size()) == m.diffusion.schedule.steps,
          "the number of 'diffusion.schedule.betas' must be 'diffusion.schedule.steps'");
  require(m.sampling.variance != "learned" || learned,
          "'sampling.variance' cannot be 'learned' when 'diffusion.variance' is not");

  const RecipeOptions& recipe = m.low_res.recipe;
  require(recipe.operations.empty() || (recipe.kernel == "bicubic" && recipe.convention == "pillow" &&
                                        recipe.blur == 0 && recipe.noise == 0 && recipe.jpeg == 0),
          "'low_res.recipe' with 'operations' must have kernel 'bicubic', convention 'pillow', and no blur, noise and "
          "jpeg");
  require(!base || recipe.operations.empty(), "'low_res.recipe.operations' cannot be given with kind 'base'");
  check_classes(m, require);
  check_augmentation(m, require);

  const bool hexadecimal = m.weights_sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  require(m.weights_file.empty() ? m.weights_sha256.empty() : (m.weights_sha256.size() == 64 && hexadecimal),
          "'weights.sha256' must be 64 lower-case hexadecimal digits, or empty with an empty 'weights.file'");
  require(!m.weights_file.starts_with("/"), "'weights.file' must be relative to the manifest");
}

RandomRecipe recipe_of(const StageManifest& manifest, const std::string& prefix) {
  return RandomRecipe::parse(manifest.low_res.recipe.operations, prefix, "low_res.recipe.operations");
}

void check(const StageManifest& manifest, const std::string& prefix) {
  StageManifest visited = manifest;
  check_keys(declaration_of(visited), prefix);
  try {
    validate(manifest.network);
    validate(manifest.sampling);
    const std::vector<double> alpha_bar = make_alpha_bar(make_betas(manifest.diffusion.schedule));
    sampling_levels(alpha_bar, manifest.sampling.steps, manifest.sampling.spacing);
  } catch (const Error& e) {
    throw DataError(prefix + e.what());
  }
  if (!manifest.low_res.recipe.operations.empty()) recipe_of(manifest, prefix);
  check_sections(manifest, [&](bool holds, const std::string& text) {
    if (!holds) throw DataError(prefix + text);
  });
}

}  // namespace

void validate(const StageManifest& manifest) { check(manifest, "cannot use the stage: "); }

StageManifest parse_manifest(const std::string& text, const std::string& origin) {
  const std::string prefix = cat("cannot use '", origin, "': ");
  const JsonObject document = JsonObject::parse(text, origin, kManifestDepth, "use");
  // First, because a file of another schema has other keys.
  if (const auto schema = document.get<int64_t>("schema", kManifestSchema); schema != kManifestSchema)
    throw document.error(cat("its schema is ", schema, ", but this program supports ", kManifestSchema));
  if (document.contains("stages")) throw document.error("it is a cascade of stages, not a single stage");
  StageManifest manifest;
  read_keys(document, declaration_of(manifest));
  check(manifest, prefix);
  if (std::string& recipe = manifest.low_res.recipe.operations; !recipe.empty())
    recipe = recipe_of(manifest, prefix).text();
  return manifest;
}

std::string manifest_text(const StageManifest& manifest) {
  check(manifest, "cannot write the stage: ");
  StageManifest visited = manifest;
  return readable_json(write_keys(declaration_of(visited)));
}

StageManifest read_manifest(const std::string& path) {
  if (extension_of(path) == "safetensors")
    throw DataError(
        cat("cannot use '", path, "' as a stage: these are weights; name the manifest beside them, a .json file"));
  if (std::error_code none; std::filesystem::is_fifo(path, none))
    throw DataError(cat("cannot use '", path, "' as a stage: it is a pipe, beside which there are no weights"));
  return parse_manifest(read_text(path, /*max_bytes=*/uint64_t{1} << 26), path == "-" ? "standard input" : path);
}

void write_manifest(const std::string& path, const StageManifest& manifest) {
  write_file(path, manifest_text(manifest));
}

std::vector<std::string> manifest_keys() {
  std::vector<std::string> names;
  StageManifest any;
  for (const KeyDescription& key : describe_keys(declaration_of(any))) names.push_back(key.name);
  return names;
}

std::string weights_path(const std::string& manifest_path, const StageManifest& manifest) {
  return directory_of(link_target(manifest_path)) + manifest.weights_file;
}

}  // namespace sr3

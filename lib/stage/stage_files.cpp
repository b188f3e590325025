#include "stage/stage_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "format/digest.h"
#include "nn/deepen.h"
#include "nn/unet.h"
#include "stage/weights.h"

namespace sr3 {

StagePaths stage_paths(const std::string& given) {
  const std::string output = link_target(given);
  if (base_name(output) == ".json")
    throw UsageError(cat("'", output, "' is not a valid name for a stage: .json is all of it"));
  if (extension_of(output) != "json" || stem_of(output).empty())
    throw UsageError(cat("'", output, "' is not a valid name for a stage: it must end in .json"));
  const std::string stem = directory_of(output) + stem_of(output);
  return {output,
          stem + ".safetensors",
          stem + ".state",
          stem + ".journal.jsonl",
          stem + ".preview.png",
          stem + ".loss.png"};
}

StagePaths stage_beside(const StagePaths& paths, const std::string& word) {
  return stage_paths(cat(directory_of(paths.manifest), stem_of(paths.manifest), ".", word, ".json"));
}

void check_stage_writable(const StagePaths& paths) {
  check_writable(paths.weights);
  check_writable(paths.manifest);
}

std::optional<StageManifest> state_manifest(const StagePaths& paths) {
  const std::string path = paths.state + "/manifest.json";
  if (!std::filesystem::exists(path)) return std::nullopt;
  return parse_manifest(read_text(path), path);
}

std::string lock_path(const std::string& manifest) {
  const std::string path = link_target(manifest);
  return directory_of(path) + stem_of(path) + ".lock";
}

void remove_leftovers(const StagePaths& paths) {
  const std::string folder = directory_of(paths.manifest), fresh = base_name(paths.weights) + ".new";
  const std::string written[] = {base_name(paths.manifest), fresh, base_name(paths.preview), base_name(paths.loss)};
  // "NAME.json.1234.tmp", the temporary files of older versions.
  const auto temporary = [&](const std::string& name) {
    return std::any_of(std::begin(written), std::end(written), [&](const std::string& begin) {
      if (!name.starts_with(begin + ".") || !name.ends_with(".tmp") || name.size() < begin.size() + 6) return false;
      const std::string number = name.substr(begin.size() + 1, name.size() - begin.size() - 5);
      return number.find_first_not_of("0123456789") == std::string::npos;
    });
  };
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name == fresh || temporary(name)) std::filesystem::remove(entry.path(), ignored);
  }
}

void publish_stage(StageManifest& manifest, const StagePaths& paths,
                   const std::function<void(const std::string& path)>& write) {
  const std::string fresh = paths.weights + ".new";
  write(fresh);
  manifest.weights_file = base_name(paths.weights);
  manifest.weights_sha256 = sha256_file(fresh);
  if (std::rename(fresh.c_str(), paths.weights.c_str()) != 0)
    throw Error(cat("cannot write '", paths.weights, "': ", std::strerror(errno)));
  write_manifest(paths.manifest, manifest);
}

void publish_stage(StageManifest& manifest, const StagePaths& paths, const NamedTensors& weights,
                   const std::string& type) {
  TensorFile file;
  for (const auto& [name, tensor] : weights)
    file.tensors.emplace_back(name, as_stored(tensor, weights_scalar_type(type), name, paths.weights));
  publish_stage(manifest, paths, [&](const std::string& path) { write_safetensors(path, file); });
}

std::string data_name(const std::vector<std::string>& operands) {
  std::string result;
  for (std::string operand : operands) {
    while (operand.size() > 1 && operand.ends_with('/')) operand.pop_back();
    std::error_code none;
    result += cat(result.empty() ? "" : ", ",
                  std::filesystem::is_directory(operand, none) ? base_name(operand) : stem_of(operand));
  }
  return result;
}

namespace {

// Lists the manifest keys in which two networks differ, as "its 'network.channels' is 8, not 16".
void compare_keys(const nlohmann::json& from, const nlohmann::json& to, const std::string& path, std::string& text) {
  if (from.is_object()) {
    for (const auto& [key, value] : from.items()) compare_keys(value, to.at(key), cat(path, ".", key), text);
  } else if (from != to) {
    text += cat(text.empty() ? "its '" : ", '", path, "' is ", from.dump(), ", not ", to.dump());
  }
}

std::string networks_apart(const StageManifest& from, const StageManifest& to) {
  std::string text;
  if (parameter_shapes(from.network) == parameter_shapes(to.network)) return text;
  const auto network = [](const StageManifest& stage) {
    return nlohmann::json::parse(manifest_text(stage)).at("network");
  };
  compare_keys(network(from), network(to), "network", text);
  const bool deeper = from.network.blocks != to.network.blocks && to.network.skip_scale != 1;
  return deeper ? text + " (more blocks need a 'network.skip_scale' of 1)" : text;
}

// Adds the embedding of the augmentation level to the tensors of a stage that has none: `fresh` initial values, but zeros in its
// last layer, so that the network computes the same function.
void grow_augmentation(NamedTensors& tensors, const NamedTensors& fresh) {
  for (const auto& [name, value] : fresh)
    if (name.starts_with("augment."))
      tensors.emplace_back(name, name.starts_with("augment.2.") ? at::zeros_like(value.detach()) : value.detach());
}

}  // namespace

std::vector<HistoryEntry> init_from_stage(const std::string& path, const StageManifest& stage, const NamedTensors& to) {
  const StageManifest trained = read_manifest(path);
  if (trained.weights_file.empty()) throw DataError(cat("cannot start from '", path, "': it has no weights yet"));
  StageManifest from = trained;
  const bool grows =
      trained.kind == "super-resolution" && stage.network.augmentation_level && !trained.network.augmentation_level;
  if (grows) {
    from.network.augmentation_level = true;
    from.augmentation = stage.augmentation;
    from.weights_file = from.weights_sha256 = "";
  }
  const LevelEmbedding &theirs = from.network.level, &ours = stage.network.level;
  if (theirs.input != ours.input)
    throw UsageError(cat("cannot start from '", path, "': its 'network.level.input' is '", theirs.input, "', not '",
                         ours.input, "'"));
  const bool deeper = is_deeper(from.network, stage.network);
  if (const std::string apart = deeper ? "" : networks_apart(from, stage); !apart.empty())
    throw UsageError(cat("cannot start from '", path, "': ", apart));
  // The groups do not show in any shape, and --channels may have changed them.
  if (from.network.groups != stage.network.groups)
    throw UsageError(cat("cannot start from '", path, "': its 'network.groups' is ", from.network.groups, ", not ",
                         stage.network.groups, " (--groups ", from.network.groups, ")"));
  TensorFile file = read_weights(path, trained);
  if (grows) grow_augmentation(file.tensors, to);
  if (deeper) file.tensors = deepen(from.network, stage.network, file.tensors, to);
  copy_tensors(file, to, weights_path(path, trained));
  if (deeper) info(cat("starting from '", path, "' with additional blocks, initialised as identities"));
  if (grows) info(cat("starting from '", path, "' with an embedding of the augmentation level that is zero at first"));

  const auto compare = [&](const char* key, const auto& was, const auto& is) {
    if (was != is) warn(cat("'", path, "' was trained with '", key, "' ", was, ", but this stage has ", is));
  };
  const DiffusionOptions &was = from.diffusion, &is = stage.diffusion;
  compare("scale", from.image.scale(), stage.image.scale());
  compare("diffusion.predict", was.predict, is.predict);
  compare("diffusion.target", was.target, is.target);
  if (was.target == "residual" && is.target == "residual")
    compare("diffusion.residual_scale", was.residual_scale, is.residual_scale);
  compare("diffusion.schedule.kind", was.schedule.kind, is.schedule.kind);
  if (ours.input == "timestep") compare("diffusion.schedule.steps", was.schedule.steps, is.schedule.steps);
  compare("network.level.scale", theirs.scale, ours.scale);
  compare("network.level.order", theirs.order, ours.order);
  compare("network.level.frequency_shift", theirs.frequency_shift, ours.frequency_shift);
  compare("network.level.activate", theirs.activate, ours.activate);
  compare("network.heads", from.network.heads, stage.network.heads);
  compare("network.head_channels", from.network.head_channels, stage.network.head_channels);
  compare("network.concat_order", from.network.concat_order, stage.network.concat_order);
  compare("network.skip_scale", from.network.skip_scale, stage.network.skip_scale);
  compare("network.norm_eps", from.network.norm_eps, stage.network.norm_eps);
  compare("network.resample", from.network.resample, stage.network.resample);
  if (stage.image.low_res > 0) compare("low_res.upsample", from.low_res.upsample, stage.low_res.upsample);
  return from.history;
}

}  // namespace sr3

#include "train/stage_files.h"

#include <ATen/ATen.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "store/digest.h"

namespace sr3 {

StagePaths stage_paths(const std::string& output) {
  if (extension_of(output) != "json" || stem_of(output).empty())
    throw UsageError(cat("'", output, "' is no name for a stage: it should end in .json"));
  const std::string stem = directory_of(output) + stem_of(output);
  return {output,
          stem + ".safetensors",
          stem + ".state",
          stem + ".journal.jsonl",
          stem + ".preview.png",
          stem + ".loss.png"};
}

void remove_leftovers(const StagePaths& paths) {
  const std::string folder = directory_of(paths.manifest), prefix = stem_of(paths.manifest) + ".";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, ignored)) {
    const std::string name = entry.path().filename().string();
    // OutputFile's "NAME.json.1234.tmp", and the weights before their rename.
    const bool temporary = name.starts_with(prefix) && name.ends_with(".tmp") && name.size() > prefix.size() + 4 &&
                           std::isdigit(static_cast<unsigned char>(name[name.size() - 5]));
    if (temporary || name == base_name(paths.weights) + ".new") std::filesystem::remove(entry.path(), ignored);
  }
}

at::ScalarType weights_scalar_type(const std::string& type) {
  return type == "fp16" ? at::kHalf : type == "bf16" ? at::kBFloat16 : at::kFloat;
}

at::Tensor as_stored(const at::Tensor& tensor, at::ScalarType type, const std::string& name, const std::string& path) {
  const at::Tensor value = tensor.detach().to(at::kCPU).to(type).contiguous();
  if (type == at::kHalf && !at::isfinite(value).all().item<bool>())
    throw Error(cat("cannot write '", path, "' as fp16: '", name, "' is too large for it"));
  return value;
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

void copy_tensors(const TensorFile& from, const NamedTensors& to, const std::string& origin) {
  std::map<std::string, at::Tensor> found(from.tensors.begin(), from.tensors.end());
  std::string wrong;
  int64_t count = 0;
  const auto differs = [&](const auto&... parts) {
    // A whole other network would fill the screen.
    if (++count <= 8) wrong += cat(wrong.empty() ? "" : "; ", parts...);
  };
  const auto shape = [](at::IntArrayRef sizes) {
    std::string text;
    for (const int64_t size : sizes) text += cat(text.empty() ? "(" : ",", size);
    return text.empty() ? "()" : text + ")";
  };
  std::vector<std::pair<at::Tensor, at::Tensor>> pairs;
  for (const auto& [name, target] : to) {
    const auto at = found.find(name);
    if (at == found.end()) {
      differs("'", name, "' is missing");
      continue;
    }
    if (at->second.sizes() != target.sizes())
      differs("'", name, "' is ", shape(at->second.sizes()), ", not ", shape(target.sizes()));
    pairs.emplace_back(at->second, target);
    found.erase(at);
  }
  for (const auto& [name, tensor] : found) differs("'", name, "' is unknown");
  if (count > 8) wrong += cat("; and ", count - 8, " more");
  if (count) throw DataError(cat("cannot use '", origin, "': ", wrong));

  at::NoGradGuard no_grad;
  for (auto& [value, target] : pairs) target.detach().copy_(value);
}

std::vector<HistoryEntry> init_from_stage(const std::string& path, const NamedTensors& to) {
  const StageManifest manifest = read_manifest(path);
  const std::string weights = weights_path(path, manifest);
  if (sha256_file(weights) != manifest.weights_sha256)
    throw DataError(cat("cannot use '", weights, "': its digest is not the one in '", path, "'"));
  copy_tensors(read_safetensors(weights), to, weights);
  return manifest.history;
}

}  // namespace sr3

#include "stage/weights.h"

#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "format/digest.h"
#include "format/safetensors.h"
#include "tensor/aten.h"

namespace sr3 {

at::ScalarType weights_scalar_type(const std::string& type) {
  return type == "fp16" ? at::kHalf : type == "bf16" ? at::kBFloat16 : at::kFloat;
}

at::Tensor as_stored(const at::Tensor& tensor, at::ScalarType type, const std::string& name, const std::string& path) {
  const at::Tensor value = tensor.detach().to(at::kCPU).to(type).contiguous();
  if (type == at::kHalf && !at::isfinite(value).all().item<bool>())
    throw Error(cat("cannot write '", path, "' as fp16: '", name, "' is too large for it"));
  return value;
}

void require_weights(const std::string& path, const StageManifest& manifest) {
  if (manifest.weights_file.empty()) throw Error(cat("cannot use '", path, "': it has no weights; train it first"));
  const std::string weights = weights_path(path, manifest);
  if (!std::filesystem::exists(weights))
    throw Error(cat("cannot use '", path, "': its weights '", weights, "' do not exist"));
  // Of a device or a pipe the digest would have no end.
  if (!std::filesystem::is_regular_file(weights))
    throw Error(cat("cannot use '", path, "': its weights '", weights, "' are not a regular file"));
}

TensorFile read_weights(const std::string& path, const StageManifest& manifest) {
  require_weights(path, manifest);
  const std::string weights = weights_path(path, manifest);
  {  // What is no such file is not read to its end first.
    FileSource source(weights);
    read_safetensors_header(source, std::filesystem::file_size(weights));
  }
  const std::string sha256 = sha256_file(weights);
  if (sha256 != manifest.weights_sha256)
    throw DataError(cat("cannot use '", weights, "': its sha256 is ", sha256.substr(0, 12), "..., but the manifest '",
                        path, "' states ", manifest.weights_sha256.substr(0, 12), "..."));
  return read_safetensors(weights);
}

std::vector<at::Tensor> match_tensors(const TensorFile& file,
                                      const std::vector<std::pair<std::string, std::vector<int64_t>>>& wanted,
                                      const std::string& origin) {
  std::map<std::string, at::Tensor> found(file.tensors.begin(), file.tensors.end());
  constexpr int64_t kMaxListed = 8;  // a whole other network would fill the screen
  std::string wrong;
  int64_t count = 0;
  const auto differs = [&](const auto&... parts) {
    if (++count <= kMaxListed) wrong += cat(wrong.empty() ? "" : "; ", parts...);
  };
  std::vector<at::Tensor> matched;
  for (const auto& [name, shape] : wanted) {
    const auto at = found.find(name);
    if (at == found.end()) {
      differs("'", name, "' is missing");
      continue;
    }
    if (at->second.sizes() != at::IntArrayRef(shape))
      differs("'", name, "' is ", shape_text(at->second.sizes()), ", not ", shape_text(shape));
    matched.push_back(at->second);
    found.erase(at);
  }
  for (const auto& [name, tensor] : found) differs("'", name, "' is unknown");
  if (count > kMaxListed) wrong += cat("; and ", count - kMaxListed, " more");
  if (count) throw DataError(cat("cannot use '", origin, "': ", wrong));
  return matched;
}

void copy_tensors(const TensorFile& from, const NamedTensors& to, const std::string& origin) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> wanted;
  for (const auto& [name, tensor] : to) wanted.emplace_back(name, tensor.sizes().vec());
  const std::vector<at::Tensor> values = match_tensors(from, wanted, origin);
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < values.size(); ++i) to[i].second.detach().copy_(values[i]);
}

Parameters read_parameters(const std::string& path, const StageManifest& manifest) {
  const auto wanted = parameter_shapes(manifest.network);
  const std::vector<at::Tensor> values =
      match_tensors(read_weights(path, manifest), wanted, weights_path(path, manifest));
  Parameters parameters;
  for (size_t i = 0; i < values.size(); ++i) parameters.add(wanted[i].first, values[i].to(at::kFloat));
  return parameters;
}

StageWeights read_stage_weights(const std::string& path) {
  StageWeights stage{read_manifest(path), {}};
  require_weights(path, stage.manifest);
  stage.parameters = read_parameters(path, stage.manifest);
  return stage;
}

}  // namespace sr3

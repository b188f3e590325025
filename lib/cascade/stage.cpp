#include "cascade/stage.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/options.h"
#include "base/rng.h"
#include "diffusion/loss.h"
#include "store/digest.h"
#include "store/safetensors.h"

namespace sr3 {
namespace {

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += cat(i ? "," : "", shape[i]);
  return text + ")";
}

// The weights in the network's order; Error names the first tensor that is absent, misshaped or one too many.
Parameters parameters_from(const TensorFile& file, const UNetOptions& network, const std::string& path) {
  std::unordered_map<std::string, at::Tensor> by_name;
  for (const auto& [name, tensor] : file.tensors) by_name.emplace(name, tensor);
  Parameters parameters;
  for (const auto& [name, shape] : parameter_shapes(network)) {
    const auto found = by_name.find(name);
    if (found == by_name.end()) throw DataError(cat("cannot use '", path, "': it lacks the tensor '", name, "'"));
    if (found->second.sizes() != at::IntArrayRef(shape))
      throw DataError(cat("cannot use '", path, "': tensor '", name, "' is ", shape_text(found->second.sizes()),
                          ", the network's is ", shape_text(shape)));
    parameters.add(name, found->second.to(at::kFloat));
    by_name.erase(found);
  }
  if (!by_name.empty())
    throw DataError(cat("cannot use '", path, "': the network has no tensor '", by_name.begin()->first, "'"));
  return parameters;
}

}  // namespace

void SamplingOverrides::declare(Options& options) {
  options.group("Sampling (defaults: the stage's)");
  options.add("steps", 0, &steps, "N", "network evaluations: a number, or sections \"10,10,20\"");
  auto words = [&](const char* name, std::optional<std::string>* value, std::vector<std::string> allowed,
                   std::string text) {
    for (size_t i = 0; i < allowed.size(); ++i) text += (i ? ", " : ": ") + allowed[i];
    options.add({"", name, 0, "WORD", text, "", false, [value, allowed](const std::string& given) {
                   if (std::find(allowed.begin(), allowed.end(), given) == allowed.end())
                     throw UsageError(cat("unknown word '", given, "'"));
                   *value = given;
                 }});
  };
  words("sampler", &sampler, {"ddpm", "ddim", "dpmpp-2m"}, "how noise is taken away");
  options.add("eta", 0, &eta, "E", "ddim: fresh noise, from 0 (none) to 1 (as ddpm)");
  words("spacing", &spacing, {"uniform", "ddim", "log-snr"}, "where the steps lie");
  words("variance", &variance, {"beta", "posterior", "learned"}, "ddpm: of the fresh noise");
}

SamplerOptions SamplingOverrides::over(SamplerOptions manifest) const {
  if (steps) manifest.steps = *steps;
  if (sampler) manifest.sampler = *sampler;
  if (spacing) manifest.spacing = *spacing;
  if (variance) manifest.variance = *variance;
  if (eta) manifest.eta = *eta;
  if (eta && manifest.sampler != "ddim")
    throw UsageError(cat("--eta is of the ddim sampler, and this is ", manifest.sampler));
  if (variance && manifest.sampler != "ddpm")
    throw UsageError(cat("--variance is of the ddpm sampler, and this is ", manifest.sampler));
  return manifest;
}

Stage::Stage(std::string path, const SamplingOverrides& overrides)
    : path_(std::move(path)), manifest_(read_manifest(path_)) {
  const std::string weights = directory_of(path_) + manifest_.weights_file;
  if (manifest_.weights_file.empty() || !std::filesystem::exists(weights))
    throw Error(cat("cannot use '", path_, "': its weights '", weights, "' are not there"));
  if (!diffuses()) return;
  sampling_ = overrides.over(manifest_.sampling);
  validate(sampling_);
  if (sampling_.sampler == "ddpm" && sampling_.variance == "learned" && manifest_.diffusion.variance != "learned")
    throw UsageError(cat("--variance learned: the network of '", path_, "' has not learned one"));
  const auto alpha_bar = make_alpha_bar(make_betas(manifest_.diffusion.schedule));
  levels_ = sampling_levels(alpha_bar, sampling_.steps, sampling_.spacing);
  if (!levels_.keeps_end)
    warn(cat("'", path_, "': these steps begin at level ", levels_.timestep.front() + 1, " of ", alpha_bar.size(),
             ", so the noise they begin from is not what the network was trained with"));
}

void Stage::load(at::Device device, at::ScalarType compute) {
  const std::string weights = directory_of(path_) + manifest_.weights_file;
  const std::string sha256 = sha256_file(weights);
  if (sha256 != manifest_.weights_sha256)
    throw DataError(cat("cannot use '", weights, "': its sha256 is ", sha256.substr(0, 12), "..., the manifest '",
                        path_, "' says ", manifest_.weights_sha256.substr(0, 12), "..."));
  const Parameters parameters = parameters_from(read_safetensors(weights), manifest_.network, weights);
  device_ = device;
  network_ = std::make_unique<UNetRunner>(manifest_.network, parameters, device, compute);
  network_->set_levels(diffuses() ? network_level(manifest_.network.level.input, levels_) : std::vector<double>{0});
}

int64_t Stage::granule() const { return manifest_.network.patch << (manifest_.network.multipliers.size() - 1); }

int64_t Stage::class_index(const std::string& name_or_index) const {
  const int64_t classes = manifest_.network.classes;
  if (classes == 0) throw Error(cat("stage '", path_, "' has no classes"));
  const auto& names = manifest_.classes;
  const auto named = std::find(names.begin(), names.end(), name_or_index);
  if (named != names.end()) return named - names.begin();
  int64_t index = -1;
  try {
    index = parse_int(name_or_index);
  } catch (const UsageError&) {
    throw Error(cat("stage '", path_, "' has no class '", name_or_index, "'"));
  }
  if (index < 0 || index >= classes)
    throw Error(cat("stage '", path_, "' has no class ", index, ": its classes are 0 to ", classes - 1));
  return index;
}

Stage::Prepared Stage::prepare(const at::Tensor& condition, const at::Tensor& labels,
                               const at::Tensor& augmentation_level) const {
  return network_->prepare(condition, labels, augmentation_level);
}

Denoised Stage::denoise(const UNetRunner::Prepared& prepared, const at::Tensor& x_t, int64_t k) const {
  const at::Tensor out = (*network_)(prepared, x_t, k);
  if (!diffuses()) return {out, {}};
  const int64_t channels = manifest_.network.in_channels;
  Denoised said;
  said.x0 = x0_from(predict_named(manifest_.diffusion.predict), x_t, out.narrow(1, 0, channels),
                    levels_.alpha_bar[static_cast<size_t>(k)]);
  if (manifest_.diffusion.variance == "learned") said.variance_fraction = out.narrow(1, channels, channels);
  return said;
}

uint64_t stage_seed(uint64_t seed, int64_t width, int64_t height, int64_t scale, int64_t sample) {
  const auto mixed = philox4x32({static_cast<uint32_t>(width), static_cast<uint32_t>(height),
                                 static_cast<uint32_t>(scale), static_cast<uint32_t>(sample)},
                                philox_key(seed));
  return uint64_t{mixed[1]} << 32 | mixed[0];
}

}  // namespace sr3

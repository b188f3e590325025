#include "cascade/stage.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/options.h"
#include "base/rng.h"
#include "diffusion/loss.h"
#include "nn/fused_conv.h"
#include "nn/precision.h"
#include "stage/conditioning.h"
#include "stage/weights.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr size_t kMaxSteps = 65535;  // the limit of tensor/noise.h

// The argument of --levels for free_levels(); empty without it.
std::string given_levels(const std::string& path, const StageManifest& manifest, const SamplingOverrides& overrides) {
  if (!overrides.levels) return {};
  if (overrides.spacing) throw UsageError("--levels and --spacing exclude each other");
  if (overrides.levels->empty()) throw UsageError("--levels '': no levels");
  if (manifest.network.level.input == "timestep")
    throw UsageError(
        cat("--levels: the network of '", path, "' is conditioned on the timestep, and has none between its steps"));
  if (overrides.levels->front() != '@') return *overrides.levels;
  std::string levels;
  for (const uint8_t byte : read_file(overrides.levels->substr(1), 1 << 20)) {
    const bool space = std::isspace(byte) != 0;
    if (!space) levels += static_cast<char>(byte);
    if (space && !levels.empty() && levels.back() != ',') levels += ',';
  }
  if (!levels.empty() && levels.back() == ',') levels.pop_back();
  if (levels.empty()) throw DataError(cat("'", overrides.levels->substr(1), "' has no levels"));
  return levels;
}

}  // namespace

void declare_class(Options& options, std::string* value, const std::string& text) {
  Option option;
  option.name = "class", option.argument = "CLASS", option.text = text;
  option.set = [value](const std::string& given) {
    if (given.empty()) throw UsageError("it is empty: name a class, or leave the option out");
    *value = given;
  };
  options.add(std::move(option));
}

void SamplingOverrides::declare(Options& options, bool base) {
  options.group(groups::kSampling);
  options.add("steps", 0, &steps, "N", "network evaluations: a number, or sections \"10,10,20\"");
  options.choice("sampler", 0, &sampler, {"ddpm", "ddim", "dpmpp-2m"}, "sampling algorithm");
  options.add("eta", 0, &eta, "E", within(0, 1), "ddim: fresh noise; 0: none, 1: as in ddpm");
  options.choice("spacing", 0, &spacing, {"uniform", "ddim", "log-snr", "trailing"}, "spacing of the timesteps");
  options.add("levels", 0, &levels, "LEVELS",
              "noise levels: cosine, linear:B0,B1, a list of alpha_bar or @FILE, instead of the training's timesteps");
  options.choice("variance", 0, &variance, {"beta", "posterior", "learned"}, "ddpm: variance of the fresh noise");
  options.add("guidance", 0, &guidance, "W", within(0, 1000), "classifier-free guidance scale; 1: off, 2 to 4: usual");
  if (!base)
    options.add("noise-level", 0, &noise_level, "S", within(0, 1),
                "noise level of the input, for stages trained with one");
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
  require_weights(path_, manifest_);
  const ConditioningAugmentation& augmentation = manifest_.augmentation;
  const bool noisy = augmentation.kind == "gaussian";
  if (noisy && !overrides.noise_level && !has_default_level(manifest_))
    throw UsageError(cat("'", path_, "' was trained with noise in its condition: choose its level, --noise-level 0 to ",
                         augmentation.max_level));
  if (!noisy && overrides.noise_level)
    throw UsageError(cat("--noise-level: '", path_, "' was trained without noise in its condition"));
  if (noisy && overrides.noise_level &&
      !(*overrides.noise_level >= 0 && *overrides.noise_level <= augmentation.max_level))
    throw UsageError(cat("--noise-level ", *overrides.noise_level, ": '", path_, "' was trained with 0 to ",
                         augmentation.max_level));
  guidance_ = overrides.guidance.value_or(1);
  const int64_t distilled = manifest_.distillation.steps;
  if (guidance_ != 1 && distilled > 0)
    throw UsageError(cat("--guidance: '", path_, "' includes the guidance scale ", manifest_.distillation.guidance,
                         " in its predictions, and has no unconditional one"));
  if (guidance_ != 1 && (!diffuses() || manifest_.diffusion.label_dropout == 0))
    throw UsageError(
        cat("--guidance: '", path_, "' was trained without label dropout, so it has no unconditional prediction"));
  residual_ = residual_over(residual_statistics(manifest_), 1);
  if (!diffuses()) {
    if (overrides.steps || overrides.sampler || overrides.spacing || overrides.levels || overrides.variance ||
        overrides.eta)
      throw UsageError(cat("'", path_, "' is a regression stage, which has no sampling steps and no sampler"));
    return;
  }
  sampling_ = overrides.over(manifest_.sampling);
  validate(sampling_);
  if (sampling_.sampler == "ddpm" && sampling_.variance == "learned" && manifest_.diffusion.variance != "learned")
    throw UsageError(cat("--variance learned: the network of '", path_, "' has not learned one"));
  alpha_bar_ = make_alpha_bar(make_betas(manifest_.diffusion.schedule));
  if (noisy) {
    noise_steps_ = std::llround(overrides.noise_level.value_or(0) * static_cast<double>(alpha_bar_.size()));
    if (*noise_steps_ > 0)
      residual_ = residual_over(residual_statistics(manifest_), alpha_bar_[static_cast<size_t>(*noise_steps_) - 1]);
  }
  const std::string levels = given_levels(path_, manifest_, overrides);
  const bool counted = overrides.steps || levels == "cosine" || levels.rfind("linear:", 0) == 0;
  try {
    levels_ = levels.empty() ? sampling_levels(alpha_bar_, sampling_.steps, sampling_.spacing)
                             : free_levels(alpha_bar_, levels, counted ? parse_int(sampling_.steps) : 0);
  } catch (const Error& error) {
    if (overrides.steps || overrides.spacing || overrides.levels) throw UsageError(error.what());
    throw;
  }
  if (distilled > 0 && (sampling_.sampler != "ddim" || sampling_.eta != 0 || sampling_.spacing != "trailing" ||
                        overrides.levels || sampling_.steps != std::to_string(distilled)))
    warn(cat("'", path_, "' was distilled for ", distilled, distilled == 1 ? " trailing step" : " trailing steps",
             " of ddim; other sampling is worse"));
  if (levels_.alpha_bar.size() > kMaxSteps)
    throw UsageError(cat("--steps ", levels_.alpha_bar.size(), " is more than ", kMaxSteps));
  if (!levels_.keeps_end)
    warn(cat("'", path_, "': sampling starts from pure noise at timestep ", levels_.timestep.front() + 1, " of ",
             alpha_bar_.size(), ", where the network was trained on less noise"));
}

std::vector<Stage> open_chain(const std::vector<std::string>& paths, const SamplingOverrides& overrides) {
  std::vector<StageManifest> manifests;
  manifests.reserve(paths.size());
  for (const std::string& path : paths) manifests.push_back(read_manifest(path));
  std::vector<SamplingOverrides> each(paths.size(), overrides);
  const auto leave_out = [&](auto SamplingOverrides::*value, const auto& takes) {
    if (std::none_of(manifests.begin(), manifests.end(), takes)) return;  // the stage's constructor will throw
    for (size_t i = 0; i < paths.size(); ++i)
      if (!takes(manifests[i])) (each[i].*value).reset();
  };
  using Manifest = const StageManifest&;
  const auto diffuses = [](Manifest m) { return m.kind != "regression"; };
  const auto samples_by = [&](Manifest m, const char* sampler) {
    return diffuses(m) && overrides.sampler.value_or(m.sampling.sampler) == sampler;
  };
  leave_out(&SamplingOverrides::noise_level, [](Manifest m) { return m.augmentation.kind == "gaussian"; });
  leave_out(&SamplingOverrides::guidance, [&](Manifest m) { return diffuses(m) && m.diffusion.label_dropout > 0; });
  leave_out(&SamplingOverrides::eta, [&](Manifest m) { return samples_by(m, "ddim"); });
  leave_out(&SamplingOverrides::variance, [&](Manifest m) { return samples_by(m, "ddpm"); });
  for (const auto value : {&SamplingOverrides::steps, &SamplingOverrides::sampler, &SamplingOverrides::spacing})
    leave_out(value, diffuses);
  leave_out(&SamplingOverrides::levels, [&](Manifest m) { return diffuses(m) && m.network.level.input != "timestep"; });
  std::vector<Stage> stages;
  for (size_t i = 0; i < paths.size(); ++i) stages.emplace_back(paths[i], each[i]);
  return stages;
}

void Stage::stop_at(double alpha_bar) {
  if (!diffuses()) throw Error(cat("cannot stop '", path_, "' at a noise level: it is a regression stage"));
  const DiffusionOptions& diffusion = manifest_.diffusion;
  const double scale = diffusion.target == "residual" ? residual_.scale : 1;
  // With the same signal-to-noise ratio in the image: (1 - level) / (level scale^2) = (1 - alpha_bar) / alpha_bar.
  levels_ = truncated(std::move(levels_), 1 / (1 + scale * scale * (1 - alpha_bar) / alpha_bar));
  stops_at_ = alpha_bar;
}

void Stage::load(at::Device device, const std::string& precision) {
  const bool int8 = manifest_.precision.int8_psnr >= kInt8Psnr && device.is_cpu() && FusedConv::supported();
  const at::ScalarType compute = precision_named(precision == "auto" && int8 ? "int8" : precision, device);
  const Parameters parameters = read_parameters(path_, manifest_);
  device_ = device;
  if (noise_steps_)
    level_input_ = augmentation_input(manifest_, alpha_bar_, at::full({1}, *noise_steps_, at::kLong)).to(device);
  network_ = std::make_unique<UNetRunner>(manifest_.network, parameters, device, compute);
  const std::string way =
      diffuses() ? cat(steps(), steps() == 1 ? " step of " : " steps of ", sampling_.sampler) : "one pass";
  debug(cat("'", path_, "': ", way, ", ", precision_name(compute), " on ", device.str()));
  network_->set_levels(diffuses() ? network_level(manifest_.network.level.input, levels_) : std::vector<double>{0});
}

int64_t Stage::size_multiple() const { return manifest_.network.patch << (manifest_.network.multipliers.size() - 1); }

int64_t Stage::class_index(const std::string& name_or_index) const {
  const int64_t classes = manifest_.network.classes;
  if (classes == 0) throw UsageError(cat("--class ", name_or_index, ": stage '", path_, "' has no classes"));
  const auto& names = manifest_.classes;
  const auto named = std::find(names.begin(), names.end(), name_or_index);
  if (named != names.end()) return named - names.begin();
  int64_t index = -1;
  try {
    index = parse_int(name_or_index);
  } catch (const UsageError&) {
    constexpr size_t kListed = 10;
    std::string list;
    for (size_t i = 0; i < std::min(names.size(), kListed); ++i) list += cat(i > 0 ? ", " : ": it has ", names[i]);
    if (names.size() > kListed) list += ", ...";
    throw UsageError(cat("--class: stage '", path_, "' has no class '", name_or_index, "'", list));
  }
  if (index < 0 || index >= classes)
    throw UsageError(cat("--class: stage '", path_, "' has no class ", index, ": its classes are 0 to ", classes - 1));
  return index;
}

Stage::Prepared Stage::prepare(int64_t n, const at::Tensor& condition, const at::Tensor& labels) const {
  const at::Tensor level = level_input_.defined() ? level_input_.expand({n}) : at::Tensor();
  Prepared prepared{network_->prepare(condition, labels, level), nullptr};
  if (guidance_ != 1) prepared.without_class = network_->prepare(condition, at::full_like(labels, -1), level);
  return prepared;
}

Denoised Stage::denoise(const Prepared& prepared, const at::Tensor& x_t, int64_t k) const {
  const at::Tensor out = (*network_)(*prepared.given, x_t, k);
  if (!diffuses()) return {out, {}};
  const int64_t channels = manifest_.network.in_channels;
  at::Tensor guided = out.narrow(1, 0, channels);
  // Guidance is the same for predictions of eps, x0 and v, since at a given x_t each is linear in the others.
  if (prepared.without_class) {
    const at::Tensor without = (*network_)(*prepared.without_class, x_t, k).narrow(1, 0, channels);
    guided = without + (guided - without) * guidance_;
  }
  Denoised prediction;
  prediction.x0 =
      x0_from(predict_named(manifest_.diffusion.predict), x_t, guided, levels_.alpha_bar[static_cast<size_t>(k)]);
  if (manifest_.diffusion.variance == "learned") prediction.variance_fraction = out.narrow(1, channels, channels);
  return prediction;
}

uint64_t stage_seed(uint64_t seed, int64_t width, int64_t height, int64_t scale, int64_t sample) {
  const auto mixed = philox4x32({static_cast<uint32_t>(width), static_cast<uint32_t>(height),
                                 static_cast<uint32_t>(scale), static_cast<uint32_t>(sample)},
                                philox_key(seed));
  return uint64_t{mixed[1]} << 32 | mixed[0];
}

}  // namespace sr3

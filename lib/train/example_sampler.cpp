#include "train/example_sampler.h"

#include <algorithm>

#include "diffusion/loss.h"
#include "diffusion/process.h"
#include "diffusion/sampler.h"
#include "diffusion/schedule.h"
#include "stage/conditioning.h"
#include "tensor/aten.h"
#include "tensor/noise.h"

namespace sr3 {
namespace {

// Sampling steps: enough to judge a stage by, and quick.
constexpr size_t kSteps = 10;

Parameters parameters_of(const NamedTensors& weights) {
  Parameters parameters;
  for (const auto& [name, value] : weights) parameters.add(name, value.detach());
  return parameters;
}

}  // namespace

ExampleSampler::ExampleSampler(const StageManifest& manifest, const NamedTensors& weights, at::Device device,
                               at::ScalarType compute)
    : manifest_(manifest), device_(device), network_(manifest.network, parameters_of(weights), device, compute) {}

at::Tensor ExampleSampler::operator()(const Batch& batch, uint64_t seed, int64_t first) {
  const at::NoGradGuard no_grad;
  const at::Tensor condition = batch.condition.defined() ? batch.condition.to(device_) : at::Tensor();
  at::Tensor x0;
  if (manifest_.kind == "regression") {
    network_.set_levels({0});
    x0 = network_(*network_.prepare({}, {}, {}), condition, 0);
  } else {
    x0 = sampled(batch, condition, seed, first);
  }
  const DiffusionOptions& diffusion = manifest_.diffusion;
  if (diffusion.target == "residual") x0 = condition + x0 / diffusion.residual_scale;
  return x0.clamp(-1, 1).to(at::kCPU);
}

at::Tensor ExampleSampler::sampled(const Batch& batch, const at::Tensor& condition, uint64_t seed, int64_t first) {
  const DiffusionOptions& diffusion = manifest_.diffusion;
  const bool residual = diffusion.target == "residual";
  const double scale = diffusion.residual_scale;
  const at::Tensor labels = batch.labels.defined() ? batch.labels.to(device_) : at::Tensor();
  const auto alpha_bar = make_alpha_bar(make_betas(diffusion.schedule));
  // A distilled network is for its own steps.
  const bool distilled = manifest_.distillation.steps > 0;
  const std::string steps = distilled ? manifest_.sampling.steps : std::to_string(std::min(kSteps, alpha_bar.size()));
  const SamplingLevels levels = sampling_levels(alpha_bar, steps, distilled ? manifest_.sampling.spacing : "uniform");
  network_.set_levels(network_level(manifest_.network.level.input, levels));
  // The augmentation level of a condition without noise.
  at::Tensor clean;
  if (manifest_.augmentation.kind == "gaussian")
    clean = augmentation_input(manifest_, alpha_bar, at::zeros({batch.high_res.size(0)})).to(device_);
  const auto prepared = network_.prepare(condition, labels, clean);
  const Predict predict = predict_named(diffusion.predict);
  const int64_t channels = manifest_.image.channels;
  const auto denoise = [&](const at::Tensor& x_t, int64_t k) {
    const at::Tensor out = network_(*prepared, x_t, k);
    Denoised prediction{x0_from(predict, x_t, out.narrow(1, 0, channels), levels.alpha_bar[static_cast<size_t>(k)]),
                        {}};
    if (diffusion.variance == "learned") prediction.variance_fraction = out.narrow(1, channels, channels);
    return prediction;
  };
  std::vector<NoiseKey> keys;
  for (int64_t i = 0; i < batch.high_res.size(0); ++i) keys.push_back({seed, static_cast<uint64_t>(first + i)});
  const NoiseField field(keys, channels, batch.high_res.size(3), device_);
  const auto noise = [&](int64_t k) { return field(static_cast<uint32_t>(k), 0, batch.high_res.size(2)); };
  SampleHooks hooks;
  hooks.correct_x0 = [&](const at::Tensor& x0, int64_t) {
    return residual ? at::clamp(condition + x0 / scale, -1, 1).sub_(condition).mul_(scale) : at::clamp(x0, -1, 1);
  };
  SamplerOptions sampling = manifest_.sampling;
  sampling.steps = steps;
  sampling.clip = false;  // correct_x0 clips, residuals too
  return sample_loop(sampling, levels, denoise, noise, hooks);
}

}  // namespace sr3

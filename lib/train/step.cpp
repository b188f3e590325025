#include "train/step.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "base/error.h"
#include "base/rng.h"
#include "diffusion/loss.h"
#include "diffusion/process.h"
#include "diffusion/schedule.h"
#include "tensor/noise.h"

namespace sr3 {

uint64_t seed_for(uint64_t seed, uint32_t purpose, uint64_t number) {
  const auto bits = philox4x32(
      {static_cast<uint32_t>(number), static_cast<uint32_t>(number >> 32), purpose, 0x53454544u}, philox_key(seed));
  return (uint64_t{bits[0]} << 32) | bits[1];
}

StageLoss::StageLoss(const StageManifest& manifest, uint64_t seed, at::Device device, at::ScalarType compute)
    : manifest_(manifest), seed_(seed), noise_seed_(seed_for(seed, kRandomNoise)), device_(device), compute_(compute) {
  if (manifest.kind != "regression") {
    if (manifest.augmentation.kind != "none") throw Error("cannot train with conditioning augmentation");
    if (manifest.diffusion.variance == "learned") throw Error("cannot train a learned variance");
    alpha_bar_ = make_alpha_bar(make_betas(manifest.diffusion.schedule));
  }
}

at::Tensor StageLoss::clean(const Batch& batch) const {
  if (manifest_.diffusion.target != "residual") return batch.high_res;
  return (batch.high_res - batch.condition).mul_(manifest_.diffusion.residual_scale);
}

at::Tensor StageLoss::labels(const Batch& batch) const {
  const double p = manifest_.diffusion.label_dropout;
  if (!batch.labels.defined() || p <= 0) return batch.labels;
  at::Tensor result = batch.labels.clone();
  for (int64_t i = 0; i < result.numel(); ++i)
    if (RandomStream(seed_, static_cast<uint64_t>(batch.first + i), kRandomLabel).uniform() < p)
      result.data_ptr<int64_t>()[i] = -1;
  return result;
}

at::Tensor StageLoss::operator()(const Parameters& parameters, const Batch& batch) const {
  const auto here = [&](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.to(device_, /*non_blocking=*/true) : tensor;
  };
  const UNetOptions& network = manifest_.network;
  const std::string& loss = manifest_.diffusion.loss;
  const int64_t n = batch.high_res.size(0);
  const uint64_t dropout = seed_for(seed_, kRandomDropout, static_cast<uint64_t>(batch.first));
  const at::Tensor x0 = clean(batch);
  UNetInput input;
  if (manifest_.kind == "regression") {
    input.x = here(batch.condition);
    const at::Tensor output = unet_forward(network, parameters, input, compute_, /*train=*/true, dropout);
    return training_loss(loss, output, here(x0)).mean;
  }

  const DrawnLevels levels = draw_levels(manifest_.diffusion.level_draw, alpha_bar_, seed_, batch.first, n);
  at::Tensor eps = at::empty_like(x0);
  at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
    at::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i)
      eps.select(0, i).copy_(
          philox_noise({noise_seed_, static_cast<uint64_t>(batch.first + i)}, 0, x0.size(1), x0.size(2), x0.size(3)));
  });
  const at::Tensor x_t = q_sample(x0, eps, levels.alpha_bar);
  const at::Tensor target = training_target(predict_named(manifest_.diffusion.predict), x0, eps, levels.alpha_bar);
  input.x = here(x_t);
  input.condition = here(batch.condition);
  input.level = here(network_level(network.level.input, levels));
  input.labels = here(labels(batch));
  const at::Tensor output = unet_forward(network, parameters, input, compute_, /*train=*/true, dropout);
  return training_loss(loss, output, here(target)).mean;
}

}  // namespace sr3

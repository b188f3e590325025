#include "train/step.h"

#include <ATen/Parallel.h>

#include "base/error.h"
#include "base/rng.h"
#include "diffusion/process.h"
#include "diffusion/schedule.h"
#include "diffusion/vlb.h"
#include "nn/embedding.h"
#include "stage/conditioning.h"
#include "tensor/aten.h"
#include "tensor/noise.h"
#include "tensor/upload.h"
#include "tensor/upsample.h"

namespace sr3 {

uint64_t seed_for(uint64_t seed, uint32_t purpose, uint64_t number) {
  const auto bits = philox4x32(
      {static_cast<uint32_t>(number), static_cast<uint32_t>(number >> 32), purpose, 0x53454544u}, philox_key(seed));
  return (uint64_t{bits[0]} << 32) | bits[1];
}

StageLoss::StageLoss(const StageManifest& manifest, uint64_t seed, at::Device device, at::ScalarType compute,
                     double vlb_weight, bool checkpoint)
    : manifest_(manifest),
      vlb_weight_(vlb_weight),
      seed_(seed),
      noise_seed_(seed_for(seed, kRandomNoise)),
      device_(device),
      compute_(compute),
      checkpoint_(checkpoint) {
  residual_ = residual_statistics(manifest);
  if (manifest.kind == "regression") return;
  const DiffusionOptions& diffusion = manifest.diffusion;
  if (diffusion.variance == "learned" && (diffusion.level_draw != "discrete" || diffusion.target != "image"))
    throw Error(
        "cannot train a learned variance: its variational bound needs 'diffusion.level_draw' 'discrete' and "
        "'diffusion.target' 'image'");
  alpha_bar_ = make_alpha_bar(make_betas(diffusion.schedule));
}

StageLoss::Condition StageLoss::condition(const Batch& batch) const {
  const ConditioningAugmentation& augmentation = manifest_.augmentation;
  if (augmentation.kind == "blur")
    return {blur_condition(batch.condition, augmentation.blur_probability, augmentation.blur_low,
                           augmentation.blur_high, seed_, batch.first)
                .condition,
            {},
            {}};
  if (augmentation.kind != "gaussian") return {batch.condition, {}, {}};
  const AugmentedCondition noisy =
      add_condition_noise(batch.low_res, alpha_bar_, level_draw(manifest_, alpha_bar_), seed_, batch.first);
  const Enlargement up = enlargement_named(manifest_.low_res.upsample);
  at::Tensor image = at::empty_like(batch.condition);
  for (int64_t i = 0; i < image.size(0); ++i)
    image[i].copy_(enlarge_planes(noisy.condition[i], image.size(3), image.size(2), up));
  std::vector<Residual> residuals;
  for (int64_t i = 0; i < image.size(0) && manifest_.diffusion.target == "residual"; ++i) {
    const auto s = static_cast<size_t>(noisy.level[i].item<float>());
    residuals.push_back(residual_over(residual_, s == 0 ? 1 : alpha_bar_[s - 1]));
  }
  return {image, augmentation_input(manifest_, alpha_bar_, noisy.level), residuals};
}

at::Tensor StageLoss::clean(const Batch& batch, const Condition& condition) const {
  if (manifest_.diffusion.target != "residual") return batch.high_res;
  if (lacks_statistics(manifest_)) throw Error("the residual over a noisy condition needs the data's statistics");
  if (condition.residuals.empty()) return residual_over(residual_, 1).of(batch.high_res, condition.image);
  at::Tensor residual = at::empty_like(batch.high_res);
  for (int64_t i = 0; i < residual.size(0); ++i)
    residual[i].copy_(condition.residuals[static_cast<size_t>(i)].of(batch.high_res[i], condition.image[i]));
  return residual;
}

at::Tensor StageLoss::noise(const Batch& batch) const {
  const at::Tensor& like = batch.high_res;
  const auto key = [&](int64_t i) { return NoiseKey{noise_seed_, static_cast<uint64_t>(batch.first + i)}; };
  if (!device_.is_cpu()) {
    std::vector<NoiseKey> keys;
    for (int64_t i = 0; i < like.size(0); ++i) keys.push_back(key(i));
    return NoiseField(keys, like.size(1), like.size(3), device_)(0, 0, like.size(2));
  }
  at::Tensor eps = at::empty_like(like);
  at::parallel_for(0, eps.size(0), 1, [&](int64_t begin, int64_t end) {
    at::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i)
      eps.select(0, i).copy_(philox_noise(key(i), 0, eps.size(1), eps.size(2), eps.size(3)));
  });
  return eps;
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

StageLoss::Examples StageLoss::on_device(const Batch& batch, const DrawnLevels& levels,
                                         const at::Tensor& labels) const {
  const bool diffuses = manifest_.kind != "regression";
  const bool bound = diffuses && manifest_.diffusion.variance == "learned";
  const Condition given = condition(batch);
  if (diffuses) check_conditioning(manifest_.network, labels, given.level, batch.high_res.size(0));
  const std::vector<at::Tensor> there =
      uploaded({clean(batch, given), given.image, diffuses ? given.level : at::Tensor(),
                diffuses ? network_level(manifest_.network.level.input, levels) : at::Tensor(), labels,
                levels.alpha_bar, bound ? vlb_coefficients(alpha_bar_, levels.timestep) : at::Tensor()},
               device_);
  Examples examples{there[0], there[5], there[6], {}};
  if (!diffuses) {
    examples.input.x = there[1];
    return examples;
  }
  examples.input.condition = there[1];
  examples.input.augmentation_level = there[2];
  examples.input.level = there[3];
  examples.input.labels = there[4];
  return examples;
}

at::Tensor StageLoss::at_levels(const Parameters& parameters, const Batch& batch, const DrawnLevels& levels,
                                const at::Tensor& noise) const {
  const at::NoGradGuard no_grad;
  const bool diffuses = manifest_.kind != "regression";
  Examples e = on_device(batch, levels, batch.labels);
  if (diffuses) e.input.x = q_sample(e.x0, noise, e.alpha_bar);
  const at::Tensor output = unet_forward(manifest_.network, parameters, e.input, compute_, /*train=*/false, 0);
  const Predict predict = predict_named(manifest_.diffusion.predict);
  const at::Tensor target = diffuses ? training_target(predict, e.x0, noise, e.alpha_bar) : e.x0;
  return training_loss(manifest_.diffusion.loss, output.narrow(1, 0, e.x0.size(1)), target).per_example;
}

at::Tensor StageLoss::operator()(const Parameters& parameters, const Batch& batch, at::Tensor* bits) const {
  const UNetOptions& network = manifest_.network;
  const std::string& loss = manifest_.diffusion.loss;
  const int64_t n = batch.high_res.size(0);
  const uint64_t dropout = seed_for(seed_, kRandomDropout, static_cast<uint64_t>(batch.first));
  const auto predicted = [&](const UNetInput& input) {
    return unet_forward(network, parameters, input, compute_, /*train=*/true, dropout, checkpoint_);
  };
  if (manifest_.kind == "regression") {
    const Examples e = on_device(batch, {}, {});
    return training_loss(loss, predicted(e.input), e.x0).mean;
  }

  const DrawnLevels levels = draw_levels(manifest_.diffusion.level_draw, alpha_bar_, seed_, batch.first, n);
  Examples e = on_device(batch, levels, labels(batch));
  const at::Tensor eps = noise(batch);
  e.input.x = q_sample(e.x0, eps, e.alpha_bar);
  const Predict predict = predict_named(manifest_.diffusion.predict);
  const at::Tensor target = training_target(predict, e.x0, eps, e.alpha_bar);
  const at::Tensor output = predicted(e.input);
  if (manifest_.diffusion.variance != "learned") return training_loss(loss, output, target).mean;

  const int64_t channels = e.x0.size(1);
  const at::Tensor prediction = output.narrow(1, 0, channels), fraction = output.narrow(1, channels, channels);
  const at::Tensor x0_prediction = x0_from(predict, e.input.x, prediction.detach(), e.alpha_bar);
  const at::Tensor bound =
      vlb_term(e.bound, e.x0, e.input.x, x0_prediction, fraction).mean() * static_cast<double>(alpha_bar_.size());
  if (bits) *bits = bound.detach();
  return training_loss(loss, prediction, target).mean + bound * vlb_weight_;
}

}  // namespace sr3

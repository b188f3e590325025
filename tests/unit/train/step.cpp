#include "train/step.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/relative.h"
#include "base/rng.h"
#include "diffusion/loss.h"
#include "diffusion/noise_aug.h"
#include "diffusion/schedule.h"
#include "stage/presets.h"
#include "stage/stage_files.h"
#include "stage/weights.h"
#include "tensor/aten.h"
#include "tensor/noise.h"
#include "tensor/upsample.h"
#include "train/trainer_options.h"

using namespace sr3;

namespace {

StageManifest small_stage() {
  StageManifest stage = preset_named("tiny").manifest;
  stage.network.channels = 8;
  stage.network.groups = 4;
  return stage;
}

Batch examples(int64_t first, int64_t n) {
  Batch batch;
  batch.first = first;
  batch.high_res = at::empty({n, 3, 64, 64});
  batch.condition = at::empty({n, 3, 64, 64});
  for (int64_t i = 0; i < n; ++i) {
    batch.high_res[i] =
        at::sin(at::arange(3 * 64 * 64, at::kFloat).view({3, 64, 64}) * (0.1 * static_cast<double>(first + i + 1)));
    batch.condition[i] = batch.high_res[i] * 0.9;
  }
  return batch;
}

Parameters parameters_of(const StageManifest& stage) {
  const Parameters initial = initial_parameters(stage.network, 1);
  Parameters parameters;
  for (const auto& [name, value] : initial.all()) {
    at::Tensor own = value.clone();
    // The zeros of the last convolution are replaced, so that every gradient is nonzero.
    parameters.add(name, own.add_(0.01).requires_grad_(true));
  }
  return parameters;
}

}  // namespace

TEST_CASE("the loss of a batch is the mean of its examples' losses, however it is divided") {
  for (const char* kind : {"super-resolution", "regression"}) {
    CAPTURE(kind);
    StageManifest stage = small_stage();
    if (std::string(kind) == "regression") {
      stage.kind = kind;
      stage.network.condition_channels = 0;
      stage.network.level.input = "none";
    }
    const Parameters parameters = parameters_of(stage);
    const StageLoss loss(stage, 7, at::kCPU, at::kFloat);
    const at::Tensor whole = loss(parameters, examples(0, 5));
    whole.backward();
    std::vector<at::Tensor> gradients;
    for (const auto& [name, p] : parameters.all()) {
      REQUIRE(p.grad().defined());
      gradients.push_back(p.grad().clone());
      p.mutable_grad() = at::Tensor();
    }
    double sum = 0;
    for (const auto& [first, n] : {std::pair<int64_t, int64_t>{0, 2}, {2, 3}}) {
      const at::Tensor part = loss(parameters, examples(first, n)) * (static_cast<double>(n) / 5);
      part.backward();
      sum += part.item<double>();
    }
    CHECK(sum == relative(whole.item<double>(), 1e-5));
    for (size_t i = 0; i < gradients.size(); ++i) {
      CAPTURE(parameters.all()[i].first);
      const double size = gradients[i].norm().item<double>();
      CHECK((parameters.all()[i].second.grad() - gradients[i]).norm().item<double>() <= 1e-3 * size + 1e-7);
    }
  }
}

TEST_CASE("the diffused quantity: image or residual") {
  StageManifest stage = small_stage();
  const Batch batch = examples(0, 1);
  const at::Tensor residual = StageLoss(stage, 0, at::kCPU, at::kFloat).clean(batch, {batch.condition, {}, {}});
  CHECK(at::allclose(residual, batch.high_res * 0.1 * 5, 1e-4, 1e-5));
  stage.diffusion.target = "image";
  CHECK(at::equal(StageLoss(stage, 0, at::kCPU, at::kFloat).clean(batch, {batch.condition, {}, {}}), batch.high_res));
}

TEST_CASE("a network of zeros that predicts v: the loss is the size of v") {
  // E|v| per pixel of v = sqrt(a) eps - sqrt(1 - a) x0; for x0 = 0 and eps normal it is sqrt(a) sqrt(2 / pi).
  StageManifest stage = small_stage();
  stage.diffusion.level_draw = "discrete";
  stage.diffusion.schedule.kind = "betas";
  stage.diffusion.schedule.betas = {0.36};
  stage.diffusion.schedule.steps = 1;
  const Parameters initial = initial_parameters(stage.network, 1);
  Parameters parameters;
  for (const auto& [name, value] : initial.all()) parameters.add(name, at::zeros_like(value).requires_grad_(true));
  Batch batch = examples(0, 8);
  batch.high_res.zero_();
  batch.condition.zero_();
  const double loss = StageLoss(stage, 3, at::kCPU, at::kFloat)(parameters, batch).item<double>();
  CHECK(loss == relative(0.8 * 0.79788456, 0.01));
  stage.diffusion.predict = "eps";
  stage.diffusion.loss = "l2";
  CHECK(StageLoss(stage, 3, at::kCPU, at::kFloat)(parameters, batch).item<double>() == relative(1, 0.01));
}

TEST_CASE("class labels are dropped at the given rate, independently for each example") {
  StageManifest stage = small_stage();
  stage.diffusion.label_dropout = 0.1;
  Batch batch;
  batch.labels = at::zeros({20000}, at::kLong);
  const StageLoss loss(stage, 3, at::kCPU, at::kFloat);
  const at::Tensor dropped = loss.labels(batch);
  // 2000 are expected, with a standard deviation of 42.
  CHECK(std::abs(-dropped.sum().item<int64_t>() - 2000) < 210);
  CHECK(batch.labels.sum().item<int64_t>() == 0);
  batch.first = 100;
  batch.labels = at::zeros({50}, at::kLong);
  CHECK(at::equal(loss.labels(batch), dropped.slice(0, 100, 150)));
}

TEST_CASE("seeds of different purposes and numbers differ") {
  CHECK(seed_for(0, 1) != seed_for(0, 2));
  CHECK(seed_for(0, 1) != seed_for(1, 1));
  CHECK(seed_for(0, 1, 5) != seed_for(0, 1, 6));
  CHECK(seed_for(0, 1, uint64_t{1} << 32) != seed_for(0, 1, 0));
}

TEST_CASE("weights of another network are refused, with the list of differences") {
  const NamedTensors own = {{"a", at::zeros({2, 3})}, {"b", at::zeros({4})}};
  TensorFile file;
  file.tensors = {{"a", at::ones({3, 2})}, {"c", at::ones({1})}};
  CHECK_THROWS_WITH_AS(copy_tensors(file, own, "w"),
                       "cannot use 'w': 'a' is (3,2), not (2,3); 'b' is missing; 'c' is unknown", DataError);
  CHECK(own[0].second.sum().item<double>() == 0);
  file.tensors = {{"b", at::full({4}, 0.5).to(at::kHalf)}, {"a", at::ones({2, 3})}};
  copy_tensors(file, own, "w");
  CHECK(own[0].second.sum().item<double>() == 6);
  CHECK(own[1].second.sum().item<double>() == 2);
}

TEST_CASE("the names of a stage's files") {
  const StagePaths paths = stage_paths("a/b.c.json");
  CHECK(paths.state == "a/b.c.state");
  CHECK(paths.weights == "a/b.c.safetensors");
  CHECK_THROWS_AS(stage_paths("a/b"), UsageError);
  CHECK_THROWS_AS(stage_paths("a/.json"), UsageError);
}

namespace {

// A base stage of one channel that learns its variance.
StageManifest learning_variance() {
  StageManifest stage = small_stage();
  stage.kind = "base";
  stage.image = {.channels = 1, .low_res = 0, .high_res = 8};
  stage.network.in_channels = 1;
  stage.network.out_channels = 2;
  stage.network.condition_channels = 0;
  stage.network.patch = 1;
  stage.diffusion.target = "image";
  stage.diffusion.variance = "learned";
  stage.diffusion.level_draw = "discrete";
  stage.diffusion.loss = "l2";
  validate(stage);
  return stage;
}

Batch grey(int64_t n) {
  Batch batch;
  batch.high_res = at::sin(at::arange(n * 64, at::kFloat)).view({n, 1, 8, 8});
  return batch;
}

std::vector<at::Tensor> gradients(const StageManifest& stage, double vlb_weight) {
  const Parameters parameters = parameters_of(stage);
  StageLoss(stage, 3, at::kCPU, at::kFloat, vlb_weight)(parameters, grey(3)).backward();
  std::vector<at::Tensor> result;
  for (const auto& [name, p] : parameters.all())
    if (name == "out.conv.weight" || name == "out.conv.bias") result.push_back(p.grad());
  return result;
}

}  // namespace

TEST_CASE("the hybrid loss: the simple loss plus lambda T times the mean of the bound, in bits per dimension") {
  for (const char* predict : {"eps", "x0", "v"}) {
    CAPTURE(predict);
    StageManifest stage = learning_variance();
    stage.diffusion.predict = predict;
    const Parameters parameters = parameters_of(stage);
    at::Tensor bits, other;
    const double simple = StageLoss(stage, 3, at::kCPU, at::kFloat, 0)(parameters, grey(3), &bits).item<double>();
    const double hybrid = StageLoss(stage, 3, at::kCPU, at::kFloat, 0.01)(parameters, grey(3), &other).item<double>();
    CHECK(bits.item<double>() > 0);
    CHECK(at::equal(bits, other));
    CHECK(hybrid == relative(simple + 0.01 * bits.item<double>(), 1e-5));
  }
}

TEST_CASE("the bound of a network that predicts zero, computed by hand") {
  // The last convolution is zero, so eps-hat = 0 and the fraction is 0: log sigma^2 half way between beta-tilde and
  // beta.
  StageManifest stage = learning_variance();
  stage.diffusion.predict = "eps";
  const Parameters zero = initial_parameters(stage.network, 1);
  at::Tensor bits;
  StageLoss(stage, 3, at::kCPU, at::kFloat)(zero, grey(1), &bits);
  const auto alpha_bar = make_alpha_bar(make_betas(stage.diffusion.schedule));
  const DrawnLevels levels = draw_levels("discrete", alpha_bar, 3, 0, 1);
  const auto t = static_cast<size_t>(levels.timestep.item<double>());
  REQUIRE(t > 0);
  const double a = alpha_bar[t], before = alpha_bar[t - 1], beta = 1 - a / before;
  const double tilde = beta * (1 - before) / (1 - a), log_variance = (std::log(tilde) + std::log(beta)) / 2;
  const at::Tensor x0 = grey(1).high_res.to(at::kDouble);
  const at::Tensor eps = philox_noise({seed_for(3, kRandomNoise), 0}, 0, 1, 8, 8).to(at::kDouble);
  const at::Tensor predicted_x0 = (std::sqrt(a) * x0 + std::sqrt(1 - a) * eps) / std::sqrt(a);
  // KL of two Gaussians whose means differ by the error of the predicted x0.
  const at::Tensor distance = std::sqrt(before) * beta / (1 - a) * (x0 - predicted_x0);
  const at::Tensor kl = 0.5 * (log_variance - std::log(tilde) + tilde / std::exp(log_variance) - 1 +
                               distance.square() / std::exp(log_variance));
  CHECK(bits.item<double>() == relative(1000 * kl.mean().item<double>() / std::log(2.0), 1e-4));
}

TEST_CASE("the bound trains only the variance") {
  const StageManifest stage = learning_variance();
  const auto simple = gradients(stage, 0), hybrid = gradients(stage, 1);
  REQUIRE(simple.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    // The first half of the last convolution's outputs is for the mean, the second for the variance.
    CHECK(at::allclose(simple[i].slice(0, 0, 1), hybrid[i].slice(0, 0, 1), 1e-4, 1e-6));
    CHECK(simple[i].slice(0, 1).abs().max().item<double>() == 0);
    CHECK(hybrid[i].slice(0, 1).abs().max().item<double>() > 1e-6);
  }
}

TEST_CASE("learned variance requires discrete steps, and images as the target") {
  StageManifest stage = learning_variance();
  stage.diffusion.level_draw = "continuous";
  CHECK_THROWS_WITH_AS(StageLoss(stage, 0, at::kCPU, at::kFloat),
                       doctest::Contains("'diffusion.level_draw' 'discrete'"), Error);
}

TEST_CASE(
    "the residual over a noisy condition: of each example by its level, which the network gets as 1 where it is 0") {
  StageManifest stage = small_stage();
  stage.image = {.channels = 3, .low_res = 4, .high_res = 8};
  set_augmentation(stage, "gaussian");
  stage.augmentation.levels.clean = 0.5;
  Batch batch;
  batch.first = 5;
  batch.low_res = at::cos(at::arange(8 * 48, at::kFloat)).view({8, 3, 4, 4});
  batch.high_res = at::sin(at::arange(8 * 192, at::kFloat)).view({8, 3, 8, 8});
  batch.condition = at::zeros({8, 3, 8, 8});
  const StageLoss unmeasured(stage, 2, at::kCPU, at::kFloat);
  CHECK_THROWS_AS(unmeasured.clean(batch, unmeasured.condition(batch)), Error);
  stage.augmentation.statistics = {.mean = 0.1, .deviation = 0.6};
  const StageLoss loss(stage, 2, at::kCPU, at::kFloat);
  const auto given = loss.condition(batch);
  const at::Tensor clean = loss.clean(batch, given);
  const auto alpha_bar = make_alpha_bar(make_betas(stage.diffusion.schedule));
  const LevelDraw draw{.max_level = 250, .squared = true, .clean = 0.5};
  const auto noisy = add_condition_noise(batch.low_res, alpha_bar, draw, 2, 5);
  CHECK(at::equal(given.level, network_level("log-snr", [&] {
                    const at::Tensor s = noisy.level.clamp_min(1).to(at::kDouble);
                    DrawnLevels levels{at::empty_like(s), s};
                    for (int64_t i = 0; i < 8; ++i)
                      levels.alpha_bar[i] = alpha_bar[static_cast<size_t>(s[i].item<double>()) - 1];
                    return levels;
                  }())));
  int zeros = 0;
  for (int64_t i = 0; i < 8; ++i) {
    const at::Tensor c = resize_planes(noisy.condition[i], 8, 8);
    const auto s = static_cast<size_t>(noisy.level[i].item<double>());
    if (s == 0) {
      ++zeros;
      CHECK(at::equal(clean[i], (batch.high_res[i] - c) * stage.diffusion.residual_scale));
      continue;
    }
    // By the formulas of diffusion/residual.h, written out.
    const double a = std::sqrt(alpha_bar[s - 1]), v = a * a * 0.36 + 1 - a * a, w = a * 0.36 / v;
    const double tau = std::sqrt(0.04 + noise_gain({Kernel::kBicubic, false}, 2) * 0.36 * (1 - a * a) / v);
    CHECK(at::allclose(clean[i], (batch.high_res[i] - (c * w + 0.1 * (1 - w * a))) / tau, 1e-4, 1e-5));
  }
  CHECK(zeros > 0);
  CHECK(zeros < 8);
  CHECK(loss(parameters_of(stage), batch).item<double>() > 0);
}

TEST_CASE("conditioning augmentation: noise at the low resolution, whose level is an input; blur of the condition") {
  StageManifest stage = small_stage();
  stage.image = {.channels = 3, .low_res = 4, .high_res = 8};
  stage.augmentation = {.kind = "gaussian", .max_level = 0.3};
  stage.network.augmentation_level = true;
  stage.diffusion.target = "image";
  validate(stage);
  Batch batch;
  batch.first = 5;
  batch.low_res = at::cos(at::arange(4 * 48, at::kFloat)).view({4, 3, 4, 4});
  batch.high_res = at::zeros({4, 3, 8, 8});
  batch.condition = at::zeros({4, 3, 8, 8});
  const StageLoss loss(stage, 2, at::kCPU, at::kFloat);
  const auto given = loss.condition(batch);
  const auto alpha_bar = make_alpha_bar(make_betas(stage.diffusion.schedule));
  const auto noisy = add_condition_noise(batch.low_res, alpha_bar, {.max_level = 300}, 2, 5);
  for (int64_t i = 0; i < 4; ++i) CHECK(at::equal(given.image[i], resize_planes(noisy.condition[i], 8, 8)));
  CHECK(at::equal(given.level, augmentation_input("log-snr", alpha_bar, noisy.level)));
  CHECK(loss(parameters_of(stage), batch).item<double>() > 0);

  stage.augmentation = {.kind = "blur", .max_level = 0, .blur_probability = 1, .blur_low = 1, .blur_high = 1};
  stage.network.augmentation_level = false;
  batch.condition = at::sin(at::arange(4 * 192, at::kFloat)).view({4, 3, 8, 8});
  const auto blurred = StageLoss(stage, 2, at::kCPU, at::kFloat).condition(batch);
  CHECK(!blurred.level.defined());
  CHECK(at::equal(blurred.image, blur_condition(batch.condition, 1, 1, 1, 2, 5).condition));
  CHECK(!at::equal(blurred.image, batch.condition));
}

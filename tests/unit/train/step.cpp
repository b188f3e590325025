#include "train/step.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cstdlib>

#include "base/error.h"
#include "store/presets.h"
#include "train/options.h"
#include "train/stage_files.h"

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
    // Away from the zeros of the last convolution, so that every gradient is there.
    parameters.add(name, own.add_(0.01).requires_grad_(true));
  }
  return parameters;
}

}  // namespace

TEST_CASE("the loss of a batch is the mean of its examples' losses, however it is cut") {
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
    CHECK(sum == doctest::Approx(whole.item<double>()).epsilon(1e-5));
    for (size_t i = 0; i < gradients.size(); ++i) {
      CAPTURE(parameters.all()[i].first);
      const double size = gradients[i].norm().item<double>();
      CHECK((parameters.all()[i].second.grad() - gradients[i]).norm().item<double>() <= 1e-3 * size + 1e-7);
    }
  }
}

TEST_CASE("what is diffused") {
  StageManifest stage = small_stage();
  const Batch batch = examples(0, 1);
  const at::Tensor residual = StageLoss(stage, 0, at::kCPU, at::kFloat).clean(batch, batch.condition);
  CHECK(at::allclose(residual, batch.high_res * 0.1 * 5, 1e-4, 1e-5));
  stage.diffusion.target = "image";
  CHECK(at::equal(StageLoss(stage, 0, at::kCPU, at::kFloat).clean(batch, batch.condition), batch.high_res));
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
  CHECK(loss == doctest::Approx(0.8 * 0.79788456).epsilon(0.01));
  stage.diffusion.predict = "eps";
  stage.diffusion.loss = "l2";
  CHECK(StageLoss(stage, 3, at::kCPU, at::kFloat)(parameters, batch).item<double>() ==
        doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("class labels are dropped as often as asked, and each example's is its own") {
  StageManifest stage = small_stage();
  stage.diffusion.label_dropout = 0.1;
  Batch batch;
  batch.labels = at::zeros({20000}, at::kLong);
  const StageLoss loss(stage, 3, at::kCPU, at::kFloat);
  const at::Tensor dropped = loss.labels(batch);
  // 2000 expected, standard deviation 42.
  CHECK(std::abs(-dropped.sum().item<int64_t>() - 2000) < 210);
  CHECK(batch.labels.sum().item<int64_t>() == 0);
  batch.first = 100;
  batch.labels = at::zeros({50}, at::kLong);
  CHECK(at::equal(loss.labels(batch), dropped.slice(0, 100, 150)));
  stage.augmentation.kind = "blur";
  CHECK_THROWS_AS(StageLoss(stage, 3, at::kCPU, at::kFloat), Error);
}

TEST_CASE("seeds of different purposes and numbers differ") {
  CHECK(seed_for(0, 1) != seed_for(0, 2));
  CHECK(seed_for(0, 1) != seed_for(1, 1));
  CHECK(seed_for(0, 1, 5) != seed_for(0, 1, 6));
  CHECK(seed_for(0, 1, uint64_t{1} << 32) != seed_for(0, 1, 0));
}

TEST_CASE("weights of another network are refused with the list of differences") {
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

TEST_CASE("names of a stage's files") {
  const StagePaths paths = stage_paths("a/b.c.json");
  CHECK(paths.state == "a/b.c.state");
  CHECK(paths.weights == "a/b.c.safetensors");
  CHECK_THROWS_AS(stage_paths("a/b"), UsageError);
  CHECK_THROWS_AS(stage_paths("a/.json"), UsageError);
}

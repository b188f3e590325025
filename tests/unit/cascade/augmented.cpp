// Conditioning augmentation in sampling: noise is added to a finished image, or the previous stage stops early.
#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "cascade/tiny_stage.h"
#include "cascade/upscaler.h"
#include "diffusion/noise_aug.h"
#include "stage/weights.h"
#include "tensor/aten.h"
#include "tensor/convert.h"

using namespace sr3;

namespace {

void gaussian(StageManifest& m) {
  m.augmentation.kind = "gaussian";
  m.augmentation.max_level = 0.5;
  m.network.augmentation_level = true;
  m.diffusion.target = "image";
}

void gaussian_residual(StageManifest& m) {
  gaussian(m);
  m.diffusion.target = "residual";
  m.augmentation.statistics = {.mean = 0.1, .deviation = 0.5};
}

SamplingOverrides at_level(double level) {
  SamplingOverrides overrides;
  overrides.noise_level = level;
  return overrides;
}

at::Tensor low_res() { return to_tensor(test_image(8, 8)); }

}  // namespace

TEST_CASE("a noise level is refused without augmentation, and required with it") {
  const TinyStage plain, noisy(gaussian);
  CHECK_THROWS_WITH_AS(Stage(noisy.path(), {}), doctest::Contains("choose its level, --noise-level 0 to 0.5"),
                       UsageError);
  CHECK_THROWS_WITH_AS(Stage(plain.path(), at_level(0.1)),
                       doctest::Contains("was trained without noise in its condition"), UsageError);
  CHECK_THROWS_WITH_AS(Stage(noisy.path(), at_level(0.6)), doctest::Contains("was trained with 0 to 0.5"), UsageError);
  CHECK(Stage(noisy.path(), at_level(0.25)).noise_steps() == 250);
  CHECK(Stage(noisy.path(), at_level(0)).noise_steps() == 0);
  CHECK(!Stage(plain.path(), {}).noise_steps());
}

TEST_CASE("a residual over a condition without noise is the default, and the same as without augmentation") {
  // The network's embedding of the level ends in zeros, as in a stage that has just got one.
  const TinyStage plain([](StageManifest&) {}, /*silent=*/false);
  const TinyStage noisy(gaussian_residual);
  TensorFile file = read_weights(plain.path(), plain.manifest);
  for (const auto& [name, tensor] : read_weights(noisy.path(), noisy.manifest).tensors)
    if (name.starts_with("augment."))
      file.tensors.emplace_back(name, name.starts_with("augment.2.") ? at::zeros_like(tensor) : tensor);
  write_safetensors(noisy.weights(), file);
  StageManifest manifest = noisy.manifest;
  manifest.weights_sha256 = sha256_file(noisy.weights());
  write_manifest(noisy.path(), manifest);
  const auto result = [&](const std::string& path, const SamplingOverrides& overrides) {
    Stage stage(path, overrides);
    stage.load(at::kCPU, "fp32");
    return Upscaler(stage, {})({{low_res(), {11, 4}, -1, false}}, [](int64_t) {});
  };
  const at::Tensor expected = result(plain.path(), {});
  CHECK(at::equal(result(noisy.path(), {}), expected));
  CHECK(at::equal(result(noisy.path(), at_level(0)), expected));
  CHECK(!at::equal(result(noisy.path(), at_level(0.1)), expected));
}

TEST_CASE("the forward process is applied to a finished image at the low resolution, with the image's own noise") {
  const TinyStage noisy(gaussian);
  Stage stage(noisy.path(), at_level(0.2));
  stage.load(at::kCPU, "fp32");
  const Upscaler upscaler(stage, {});
  const auto quiet = [](int64_t) {};
  const NoiseKey key{11, 4};
  const at::Tensor z =
      add_condition_noise_at(low_res().unsqueeze(0), stage.alpha_bar(), 200, key.seed, static_cast<int64_t>(key.index))
          .condition[0];
  const at::Tensor renoised = upscaler({{low_res(), key, -1, false}}, quiet);
  CHECK(at::equal(renoised, upscaler({{z, key, -1, true}}, quiet)));
  CHECK(!at::equal(renoised, upscaler({{low_res(), key, -1, true}}, quiet)));
  // In a batch each image has its own noise.
  const at::Tensor two = upscaler({{low_res(), {11, 3}, -1, false}, {low_res(), key, -1, false}}, quiet);
  CHECK(at::allclose(two[1], renoised[0], 0, 1e-5));
  // The network is conditioned on the level.
  Stage other(noisy.path(), at_level(0.4));
  other.load(at::kCPU, "fp32");
  CHECK(!at::equal(renoised, Upscaler(other, {})({{z, key, -1, true}}, quiet)));
}

TEST_CASE("a stage that stops early passes on the noisy image, also with residuals") {
  // A network that predicts x0 = 0: the image is the estimate from the condition, and x is only noise.
  for (const std::string target : {"image", "residual", "residual over a noisy condition"}) {
    CAPTURE(target);
    const bool noised = target.size() > 8;
    const TinyStage tiny(
        [&](StageManifest& m) {
          m.diffusion.predict = "x0";
          m.diffusion.target = target.substr(0, 8);
          if (noised) gaussian_residual(m);
          m.sampling.sampler = "ddpm";
          m.sampling.steps = "50";
        },
        /*silent=*/true);
    Stage stage(tiny.path(), noised ? at_level(0.2) : SamplingOverrides{});
    const double level = 0.6;
    stage.stop_at(level);
    stage.load(at::kCPU, "fp32");
    const at::Tensor low = at::full({3, 40, 40}, 0.5);
    UpscaleOptions options;
    options.tile = 256;
    const at::Tensor z = Upscaler(stage, options)({{low, {1, 0}, -1, true}}, [](int64_t) {});
    const Residual residual = stage.residual();
    const double estimate = 0.5 * residual.weight + residual.offset;
    CHECK((noised ? estimate < 0.45 && residual.scale < 4 : estimate == 0.5));
    const double mean = target == "image" ? 0 : std::sqrt(level) * estimate;
    CHECK(std::abs(z.mean().item<double>() - mean) < 0.01);
    CHECK(z.var().item<double>() == relative(1 - level, 0.03));
  }
}

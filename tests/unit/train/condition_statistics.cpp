#include "train/condition_statistics.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"
#include "base/relative.h"
#include "cascade/tiny_stage.h"
#include "data/image_folder.h"
#include "stage/presets.h"
#include "stage/stage_files.h"
#include "stage/weights.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

StageManifest augmented() {
  StageManifest manifest = samples::stage(4, 16);
  manifest.diffusion.target = "residual";
  set_augmentation(manifest, "gaussian");
  return manifest;
}

}  // namespace

TEST_CASE("the statistics of the first examples, which a manifest that has them keeps") {
  samples::ImageFolder folder;
  for (int i = 0; i < 5; ++i)
    folder.write("p" + std::to_string(i) + ".png", samples::noisy(20, 24, static_cast<uint64_t>(i)));
  StageManifest manifest = augmented();
  Loader loader(samples::from(folder), manifest);
  measure_condition(manifest, loader, {});
  // Independently, by libtorch.
  const Batch batch = loader.next(0, 1024);
  const ConditionStatistics measured = manifest.augmentation.statistics;
  CHECK(measured.mean == relative(batch.low_res.mean().item<double>(), 1e-3));
  CHECK(measured.deviation == relative(batch.low_res.std().item<double>(), 1e-3));
  const double rho = (batch.high_res - batch.condition).square().mean().sqrt().item<double>();
  CHECK(manifest.diffusion.residual_scale == relative(1 / rho, 1e-3));
  CHECK(manifest.augmentation.levels.ramp == 0);

  StageManifest again = manifest;
  again.augmentation.statistics.mean = 0.5;
  measure_condition(again, loader, {});
  CHECK(again.augmentation.statistics.mean == 0.5);

  StageManifest kept = augmented();
  kept.diffusion.residual_scale = 7;
  TrainerOptions options;
  options.keep_residual_scale = true;
  measure_condition(kept, loader, options);
  CHECK(kept.diffusion.residual_scale == 7);
  CHECK(kept.augmentation.statistics.mean == measured.mean);
}

TEST_CASE("images without anything to learn are refused") {
  samples::ImageFolder folder;
  folder.write("flat.png", make_image(16, 16));
  StageManifest manifest = augmented();
  Loader loader(samples::from(folder), manifest);
  CHECK_THROWS_WITH_AS(measure_condition(manifest, loader, {}), doctest::Contains("have one value"), Error);
  Image grey = make_image(16, 16);
  std::fill(grey.u8.begin(), grey.u8.end(), uint8_t{128});
  folder.write("grey.png", grey);
  Loader two(samples::from(folder), manifest);
  StageManifest fresh = augmented();
  CHECK_THROWS_WITH_AS(measure_condition(fresh, two, {}), doctest::Contains("the images themselves"), Error);
}

TEST_CASE("a stage without augmentation gets it: the same function, its own scale, and levels that rise") {
  const TinyStage plain([](StageManifest& m) { m.diffusion.residual_scale = 3; });
  StageManifest grown = plain.manifest;
  grown.weights_file = grown.weights_sha256 = "";
  grown.diffusion.residual_scale = 5;
  set_augmentation(grown, "gaussian");
  samples::ImageFolder folder;
  for (int i = 0; i < 5; ++i)
    folder.write("p" + std::to_string(i) + ".png", samples::noisy(20, 24, static_cast<uint64_t>(i)));
  Loader loader(samples::from(folder), grown);
  TrainerOptions options;
  options.init_from = plain.path();
  options.steps = 300;
  options.batch = 10;
  measure_condition(grown, loader, options);
  CHECK(grown.diffusion.residual_scale == 3);
  CHECK(grown.augmentation.levels.ramp == 1000);

  Parameters parameters = initial_parameters(grown.network, 9);
  init_from_stage(plain.path(), grown, parameters.all());
  const Parameters before = read_parameters(plain.path(), plain.manifest);
  UNetInput input;
  input.x = at::sin(at::arange(3 * 256, at::kFloat)).view({1, 3, 16, 16});
  input.condition = at::cos(at::arange(3 * 256, at::kFloat)).view({1, 3, 16, 16});
  input.level = at::full({1}, 0.5);
  at::NoGradGuard no_grad;
  const at::Tensor expected = unet_forward(plain.manifest.network, before, input, at::kFloat, false, 0);
  input.augmentation_level = at::full({1}, 2.0);
  CHECK(at::equal(unet_forward(grown.network, parameters, input, at::kFloat, false, 0), expected));
  // From a stage that has it already, its own levels go on.
  const TinyStage trained([&](StageManifest& m) {
    set_augmentation(m, "gaussian");
    m.augmentation.statistics = {0.1, 0.5};
  });
  StageManifest next = grown;
  next.augmentation.statistics = {};
  next.augmentation.levels.ramp = 0;
  options.init_from = trained.path();
  measure_condition(next, loader, options);
  CHECK(next.augmentation.levels.ramp == 0);
}

#include "stage/presets.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "base/relative.h"
#include "nn/unet.h"

using namespace sr3;

namespace {

double count(const std::string& preset) {
  double sum = 0;
  for (const auto& [name, shape] : parameter_shapes(preset_named(preset).manifest.network)) {
    double product = 1;
    for (int64_t n : shape) product *= static_cast<double>(n);
    sum += product;
  }
  return sum;
}

}  // namespace

TEST_CASE("every preset is a valid stage, also as a regression") {
  for (const Preset& preset : presets()) {
    CAPTURE(preset.name);
    CHECK_NOTHROW(validate(preset.manifest));
    CHECK_NOTHROW(parse_manifest(manifest_text(preset.manifest), preset.name));
    const StageManifest regression = as_regression(preset.manifest);
    CHECK_NOTHROW(validate(regression));
    CHECK(regression.kind == "regression");
    CHECK(preset.batch > 0);
    CHECK(preset.steps > preset.warmup);
    CHECK(&preset_named(preset.name) == &preset);
    CHECK(preset_names().find(preset.name) != std::string::npos);
  }
  CHECK_THROWS_WITH_AS(preset_named("huge"), doctest::Contains("unknown preset 'huge': the presets are tiny, small, "),
                       UsageError);
  StageManifest base;
  base.kind = "base";
  CHECK_THROWS_AS(as_regression(base), Error);
}

// SR3's table of networks gives 550M, 625M, 625M and 150M without saying how the level enters or where attention is; the published
// checkpoint of Janspiry's network has 362 tensors with 97,807,491 numbers.
TEST_CASE("the networks of the presets have approximately the published numbers of parameters") {
  CHECK(count("sr3-16-128") == relative(550e6, 0.05));
  CHECK(count("sr3-64-256") == relative(625e6, 0.05));
  CHECK(count("sr3-64-512") == relative(625e6, 0.05));
  CHECK(count("sr3-256-1024") == relative(150e6, 0.05));
  CHECK(count("janspiry-16-128") == 97807491);
  CHECK(parameter_shapes(preset_named("janspiry-16-128").manifest.network).size() == 362);
}

// Saharia et al. 2021: section 2 and 4, appendix B and table A.1. What the paper does not state is not tested here.
TEST_CASE("the presets of SR3 have each number that the paper states") {
  struct Stated {
    const char* name;
    int64_t low_res, high_res, channels;
    std::vector<double> multipliers;
    int64_t blocks;
    double dropout;
  };
  const Stated all[] = {{"sr3-16-128", 16, 128, 128, {1, 2, 4, 8, 8}, 3, 0.2},
                        {"sr3-64-256", 64, 256, 128, {1, 2, 4, 4, 8, 8}, 3, 0},
                        {"sr3-64-512", 64, 512, 64, {1, 2, 4, 8, 8, 16, 16}, 3, 0},
                        {"sr3-256-1024", 256, 1024, 16, {1, 2, 4, 8, 16, 32, 32, 32}, 2, 0}};
  for (const Stated& stated : all) {
    CAPTURE(stated.name);
    const Preset& preset = preset_named(stated.name);
    const StageManifest& m = preset.manifest;
    CHECK(m.image.low_res == stated.low_res);
    CHECK(m.image.high_res == stated.high_res);
    CHECK(m.network.channels == stated.channels);
    CHECK(m.network.multipliers == stated.multipliers);
    CHECK(m.network.blocks == std::vector<int64_t>(stated.multipliers.size(), stated.blocks));
    CHECK(m.network.dropout == stated.dropout);
    CHECK(m.network.skip_scale == relative(1 / std::sqrt(2.0)));
    CHECK(m.network.resample == "block");
    CHECK(m.network.condition_channels == 3);
    CHECK(m.diffusion.predict == "eps");
    CHECK(m.diffusion.target == "image");
    CHECK(m.diffusion.loss == "l1");
    CHECK(m.diffusion.level_draw == "gamma");
    CHECK(m.diffusion.schedule.steps == 2000);
    CHECK(m.low_res.recipe.kernel == "bicubic");
    CHECK(m.low_res.upsample == "bicubic");
    CHECK(parse_int(m.sampling.steps) <= 100);
    CHECK(preset.batch == 256);
    CHECK(preset.steps == 1000000);
    CHECK(preset.warmup == 10000);
    CHECK(preset.learning_rate == 1e-4);
    CHECK(preset.regression_rate == 1e-5);
    CHECK(as_regression(m).diffusion.loss == "l2");
    // What it does not mention is off.
    CHECK(preset.clip_norm == 0);
    CHECK(m.augmentation.kind == "none");
  }
}

TEST_CASE("no preset has groups of fewer than 4 channels in its norms, except for one that copies another project") {
  for (const Preset& preset : presets()) {
    CAPTURE(preset.name);
    if (preset.name == "janspiry-16-128") continue;
    for (const double multiplier : preset.manifest.network.multipliers)
      CHECK(std::llround(static_cast<double>(preset.manifest.network.channels) * multiplier) >=
            4 * preset.manifest.network.groups);
  }
}

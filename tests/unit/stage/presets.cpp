#include "stage/presets.h"

#include <doctest/doctest.h>

#include "base/error.h"
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
  CHECK(count("sr3-16-128") == doctest::Approx(550e6).epsilon(0.05));
  CHECK(count("sr3-64-256") == doctest::Approx(625e6).epsilon(0.05));
  CHECK(count("sr3-64-512") == doctest::Approx(625e6).epsilon(0.05));
  CHECK(count("sr3-256-1024") == doctest::Approx(150e6).epsilon(0.05));
  CHECK(count("janspiry-16-128") == 97807491);
  CHECK(parameter_shapes(preset_named("janspiry-16-128").manifest.network).size() == 362);
}

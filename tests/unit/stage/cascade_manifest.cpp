#include "stage/cascade_manifest.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "stage/cascade_presets.h"

using namespace sr3;

namespace {

CascadeManifest unusual() {
  CascadeManifest cascade;
  cascade.description = "two";
  cascade.data = {32, false};
  cascade.stages.resize(2);
  cascade.stages[0] = {"a.json", {"10,10", "ddim", 2.5, 0, false}, {7, 3, 2, 1e-3, 0.5, 0.01, "linear"}};
  cascade.stages[1] = {"sub/b.json", {"8", "dpmpp-2m", 1.5, 0.25, true}, {9, 4, 1, 2e-3, 0.25, 0.1, "cosine"}};
  cascade.history.push_back({"cdm-train", "0.1.0", {"--new", "8,16"}, "2026-01-31T12:00:00Z"});
  return cascade;
}

}  // namespace

TEST_CASE("a cascade survives a round trip in every field") {
  const std::string text = cascade_text(unusual());
  const CascadeManifest again = parse_cascade(text, "x.json");
  CHECK(cascade_text(again) == text);
  CHECK(again.stages[1].sampling.truncate);
  CHECK(again.stages[1].training.decay == "cosine");
  CHECK(again.data.pad == 32);
  CHECK(stage_path("dir/c.json", again, 1) == "dir/sub/b.json");
}

TEST_CASE("impossible cascades are refused, with the key's name") {
  const auto refused = [](const auto& change, const char* why) {
    CascadeManifest cascade = unusual();
    change(cascade);
    CHECK_THROWS_WITH_AS(cascade_text(cascade), doctest::Contains(why), DataError);
  };
  refused([](auto& c) { c.stages.clear(); }, "it has no stages");
  refused([](auto& c) { c.stages[0].manifest = "/a.json"; }, "'stages[0].manifest' must be a path relative");
  refused([](auto& c) { c.stages[1].sampling.noise_level = 0; }, "'stages[1].sampling.truncate' needs");
  refused([](auto& c) { c.stages[1].sampling.noise_level = 2; },
          "'stages[1].sampling.noise_level' is 2, not in the range 0 to 1");
  refused([](auto& c) { c.stages[0].sampling.sampler = "euler"; }, "'stages[0].sampling.sampler' is 'euler'");
  refused([](auto& c) { c.stages[0].training.batch = 0; }, "'stages[0].training.batch' is 0");
  CHECK_THROWS_WITH_AS(parse_cascade("{}", "x.json"), doctest::Contains("cannot use 'x.json': missing key 'schema'"),
                       DataError);
}

TEST_CASE("new cascades: matching sizes, noise up to 64 pixels and blur above, in every preset") {
  for (const char* preset : {"tiny", "small", "medium", "cdm"}) {
    CAPTURE(preset);
    CascadeSpec spec;
    spec.preset = preset;
    spec.sizes = {32, 64, 256};
    spec.classes = {"a", "b"};
    const NewCascade made = new_cascade(spec, "c");
    REQUIRE(made.stages.size() == 3);
    CHECK(made.stages[0].kind == "base");
    CHECK(made.stages[0].diffusion.label_dropout == (std::string(preset) == "cdm" ? 0 : 0.1));
    CHECK(made.stages[1].augmentation.kind == "gaussian");
    // The paper's stages diffuse the image, at levels up to T/2.
    const bool paper = std::string(preset) == "cdm";
    CHECK(made.stages[1].diffusion.target == (paper ? "image" : "residual"));
    CHECK(made.stages[1].augmentation.max_level == (paper ? 0.5 : 0.25));
    CHECK(made.stages[1].augmentation.levels.draw == (paper ? "uniform" : "squared"));
    CHECK(made.stages[1].diffusion.label_dropout == 0);
    CHECK(made.stages[2].augmentation.kind == "blur");
    CHECK(made.stages[2].image.low_res == 64);
    CHECK(made.cascade.stages[2].manifest == "c-256.json");
    for (const StageManifest& stage : made.stages) CHECK_NOTHROW(validate(stage));
  }
}

TEST_CASE("new cascades: SR3's, of 1024 pixels, has the paper's networks, and no others") {
  CascadeSpec spec;
  spec.preset = "sr3";
  spec.sizes = {64, 256, 1024};
  const NewCascade made = new_cascade(spec, "faces");
  REQUIRE(made.stages.size() == 3);
  CHECK(made.stages[0].kind == "base");
  CHECK(made.stages[0].image.high_res == 64);
  for (size_t i : {1u, 2u}) {
    const StageManifest& stage = made.stages[i];
    const CascadeTraining& training = made.cascade.stages[i].training;
    CHECK(stage.network.channels == (i == 1 ? 128 : 16));
    CHECK(stage.network.multipliers ==
          (i == 1 ? std::vector<double>{1, 2, 4, 4, 8, 8} : std::vector<double>{1, 2, 4, 8, 16, 32, 32, 32}));
    CHECK(stage.network.blocks[0] == (i == 1 ? 3 : 2));
    CHECK(stage.diffusion.predict == "eps");
    CHECK(stage.diffusion.loss == "l1");
    CHECK(stage.augmentation.kind == "blur");
    CHECK(training.steps == 1000000);
    CHECK(training.batch == 256);
    CHECK(training.warmup == 10000);
    CHECK(training.learning_rate == 1e-4);
    CHECK(training.ema == 0.9999);
  }
  spec.sizes = {64, 128};
  CHECK_THROWS_WITH_AS(
      new_cascade(spec, "faces"),
      "--new: the preset sr3 has no stage from 64 to 128: the paper has 16,128, 64,256, 64,512, 256,1024", UsageError);
}

#include "train/trainer_options.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "base/relative.h"
#include "stage/presets.h"

using namespace sr3;

namespace {

// A command line, option by option.
TrainFlags flags(const std::vector<std::pair<std::string, std::string>>& given) {
  static TrainFlags result;
  result = TrainFlags{};
  Options options;
  result.declare(options);
  for (const auto& [name, value] : given) {
    const Option* option = options.find(name);
    REQUIRE(option);
    option->set(value);
  }
  return result;
}

}  // namespace

TEST_CASE("every preset is a consistent stage") {
  for (const Preset& preset : presets()) {
    CAPTURE(preset.name);
    CHECK_NOTHROW(validate(preset.manifest));
    CHECK(preset.batch > 0);
  }
  CHECK(preset_named("sr3-16-128").manifest.network.attention == std::vector<int64_t>{3});
  CHECK(preset_named("sr3-256-1024").manifest.network.multipliers.size() == 8);
  CHECK_THROWS_WITH_AS(preset_named("huge"), doctest::Contains("'huge': the presets are tiny, small, "), UsageError);
}

TEST_CASE("a stage to start from takes the place of the preset") {
  StageManifest from = preset_named("photo-x4").manifest;
  from.weights_file = "x.safetensors";
  from.history.push_back({"sr3-train", "0", {}, ""});
  from.training.steps = 7;
  CHECK(manifest_text(flags({}).stage(0, from)) == manifest_text(preset_named("photo-x4").manifest));
  StageManifest wide = preset_named("photo-x4").manifest;
  wide.network.channels = 96;
  CHECK(manifest_text(flags({{"channels", "96"}}).stage(0, from)) == manifest_text(wide));
  // Options that made a stage change nothing when they are applied to it again.
  const auto given = flags({{"preset", "tiny"},
                            {"scale", "2"},
                            {"channels", "20"},
                            {"diffusion-steps", "50"},
                            {"schedule", "linear"},
                            {"blocks", "2"}});
  const StageManifest made = given.stage(32);
  CHECK(manifest_text(given.stage(32, made)) == manifest_text(made));
}

TEST_CASE("sizes determine each other") {
  const auto sizes = [](const std::vector<std::pair<std::string, std::string>>& given, int64_t crop) {
    const ImageOptions image = flags(given).stage(crop).image;
    return std::pair{image.low_res, image.high_res};
  };
  using Sizes = std::pair<int64_t, int64_t>;
  CHECK(sizes({}, 0) == Sizes{16, 64});
  CHECK(sizes({{"scale", "2"}}, 0) == Sizes{32, 64});
  CHECK(sizes({{"scale", "2"}}, 96) == Sizes{48, 96});
  CHECK(sizes({}, 96) == Sizes{24, 96});
  CHECK(sizes({{"low-res", "8"}}, 0) == Sizes{8, 32});
  CHECK(sizes({{"low-res", "16"}, {"high-res", "128"}}, 0) == Sizes{16, 128});
  CHECK(sizes({{"high-res", "128"}}, 0) == Sizes{32, 128});
  CHECK(sizes({{"preset", "sr3-16-128"}}, 0) == Sizes{16, 128});
  CHECK_THROWS_AS(sizes({{"scale", "3"}}, 0), UsageError);
  CHECK_THROWS_AS(sizes({{"scale", "0"}}, 0), UsageError);
  CHECK(sizes({{"scale", "1"}, {"jpeg", "30"}}, 0) == Sizes{64, 64});
  CHECK(sizes({{"low-res", "64"}, {"high-res", "64"}, {"blur", "1"}}, 0) == Sizes{64, 64});
  CHECK_THROWS_WITH_AS(sizes({{"scale", "1"}}, 0), doctest::Contains("restoration needs --recipe"), UsageError);
  CHECK_THROWS_WITH_AS(sizes({{"low-res", "64"}, {"high-res", "64"}}, 0), doctest::Contains("would equal it"),
                       UsageError);
  CHECK_THROWS_AS(sizes({{"scale", "4"}, {"low-res", "16"}}, 0), UsageError);
  CHECK_THROWS_AS(sizes({{"high-res", "64"}}, 32), UsageError);
  CHECK_THROWS_AS(sizes({{"low-res", "10"}, {"high-res", "64"}}, 0), UsageError);
}

TEST_CASE("the network's options") {
  const auto network = [](const std::vector<std::pair<std::string, std::string>>& given) {
    return flags(given).stage(0).network;
  };
  CHECK(network({{"multipliers", "1,2"}, {"blocks", "3"}}).blocks == std::vector<int64_t>{3, 3});
  CHECK(network({{"multipliers", "1,2,2,4"}}).blocks.size() == 4);
  CHECK(network({{"attention", "1,2"}}).attention == std::vector<int64_t>{1, 2});
  CHECK(network({{"preset", "sr3-16-128"}, {"attention", "none"}}).attention.empty());
  // Groups must divide the channels: for 24 and 36 channels the largest number up to 16 is 12.
  CHECK(network({{"channels", "24"}, {"multipliers", "1,1.5"}}).groups == 6);
  CHECK(network({{"channels", "24"}, {"multipliers", "1,1.5"}, {"groups", "4"}}).groups == 4);
  CHECK_THROWS_WITH_AS(network({{"blocks", "1.5"}}), doctest::Contains("'1.5' is not a whole number"), UsageError);
  CHECK_THROWS_WITH_AS(network({{"multipliers", "1,,2"}}), doctest::Contains("'' is not a number"), UsageError);
  CHECK_THROWS_WITH_AS(network({{"blocks", "1e300"}}), doctest::Contains("'1e300' is not a whole number"), UsageError);
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"multipliers", ""}, {"blocks", ""}, {"groups", "0"}, {"dropout", "1"}}) {
    CAPTURE(name);
    CHECK_THROWS_AS(network({{name, value}}), UsageError);
  }
}

TEST_CASE("a shorter schedule of betas keeps its end, and sampling has at most as many steps") {
  log_state().verbosity = 0;
  const auto stage = [](const std::vector<std::pair<std::string, std::string>>& given) {
    return flags(given).stage(0);
  };
  const auto end_of = [](const StageManifest& m) { return make_alpha_bar(make_betas(m.diffusion.schedule)).back(); };
  for (const char* kind : {"linear", "quadratic", "sigmoid"}) {
    CAPTURE(kind);
    const double whole = end_of(stage({{"schedule", kind}}));
    CHECK(end_of(stage({{"schedule", kind}, {"diffusion-steps", "100"}})) == relative(whole, 1e-6));
    CHECK(stage({{"schedule", kind}, {"diffusion-steps", "2000"}}).diffusion.schedule.beta_end == 0.02);
  }
  const StageManifest paper = stage({{"preset", "sr3-16-128"}, {"diffusion-steps", "200"}});
  CHECK(end_of(paper) == relative(end_of(stage({{"preset", "sr3-16-128"}})), 1e-6));
  CHECK(paper.sampling.steps == "100");
  CHECK(stage({{"preset", "janspiry-16-128"}, {"diffusion-steps", "1000"}}).sampling.steps == "1000");
  CHECK(stage({{"preset", "tiny"}, {"diffusion-steps", "10"}}).sampling.steps == "10");
  CHECK_THROWS_WITH_AS(stage({{"schedule", "linear"}, {"diffusion-steps", "1"}}), doctest::Contains("cannot shorten"),
                       UsageError);
  CHECK_THROWS_AS(stage({{"schedule", "linear"}, {"diffusion-steps", "0"}}), UsageError);
  log_state().verbosity = 1;
}

TEST_CASE("the regression baseline") {
  const StageManifest stage = flags({{"regression", ""}}).stage(0);
  CHECK(stage.kind == "regression");
  CHECK(stage.network.in_channels == 3);
  CHECK(stage.network.condition_channels == 0);
  CHECK(stage.network.level.input == "none");
  CHECK(stage.diffusion.loss == "l2");
  CHECK(flags({{"regression", ""}, {"loss", "l1"}}).stage(0).diffusion.loss == "l1");
  CHECK_THROWS_AS(flags({{"regression", ""}, {"predict", "v"}}).stage(0), UsageError);
}

TEST_CASE("the regression baseline of the paper has its own learning rate") {
  CHECK(flags({{"preset", "sr3-16-128"}}).resolved().learning_rate == 1e-4);
  CHECK(flags({{"preset", "sr3-16-128"}, {"regression", ""}}).resolved().learning_rate == 1e-5);
  CHECK(flags({{"preset", "sr3-16-128"}, {"regression", ""}, {"learning-rate", "1e-3"}}).resolved().learning_rate ==
        1e-3);
  CHECK(flags({{"preset", "tiny"}, {"regression", ""}}).resolved().learning_rate == 1e-3);
}

TEST_CASE("options of a run") {
  CHECK(flags({}).resolved().batch == 16);
  CHECK(flags({{"batch", "5"}, {"accumulate", "5"}}).resolved().accumulate == 5);
  CHECK(flags({{"save-every", "300"}}).resolved().save_steps == 300);
  CHECK(flags({{"save-every", "90s"}}).resolved().save_seconds == 90);
  CHECK(flags({{"time-limit", "2h"}}).resolved().time_limit == 7200);
  CHECK(!flags({}).resolved().time_limit);
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"batch", "0"},
                                                                                    {"batch", "65537"},
                                                                                    {"accumulate", "17"},
                                                                                    {"ema", "1"},
                                                                                    {"steps", "0"},
                                                                                    {"learning-rate", "-1"},
                                                                                    {"journal-every", "0"},
                                                                                    {"save-every", "soon"},
                                                                                    {"time-limit", "later"}}) {
    CAPTURE(name);
    CHECK_THROWS_AS(flags({{name, value}}).resolved(), UsageError);
  }
}

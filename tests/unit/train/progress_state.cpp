#include "train/progress_state.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "stage/presets.h"

using namespace sr3;

namespace {

StageManifest stage_of(const char* preset) { return preset_named(preset).manifest; }

}  // namespace

TEST_CASE("progress survives a round trip to the last bit") {
  TrainingProgress progress;
  progress.step = 12345678901;
  progress.updates = 12345678900;
  progress.examples = 1LL << 50;
  progress.skipped = 1;
  progress.seconds = 0.1 + 0.2;
  progress.window_loss = 1.0 / 3;
  progress.window_norm = 1e-300;
  progress.window_steps = 7;
  progress.validated = 40;
  progress.best = BestStage{"psnr", "these images", 1.0 / 7, 20, 320, 0.1, 12.5};
  progress.journalled = 12345678893;
  const TrainingSettings settings = settings_of(stage_of("tiny"), {}, {}, 8);
  TrainingProgress back;
  TrainingSettings back_settings;
  parse_progress(progress_text(progress, settings), "p", back, back_settings);
  CHECK(back.step == progress.step);
  CHECK(back.examples == progress.examples);
  CHECK(back.seconds == progress.seconds);
  CHECK(back.journalled == progress.journalled);
  CHECK(back.window_loss == progress.window_loss);
  CHECK(back.window_norm == progress.window_norm);
  CHECK(back.validated == 40);
  REQUIRE(back.best);
  CHECK(back.best->metric == "psnr");
  CHECK(back.best->conditions == "these images");
  CHECK(back.best->value == 1.0 / 7);
  CHECK(back.best->step == 20);
  CHECK(back.best->images == 320);
  CHECK(back.best->loss == 0.1);
  CHECK(back.best->seconds == 12.5);
  CHECK(back_settings.stage == settings.stage);
  CHECK_NOTHROW(check_settings(back_settings, settings, "x.json"));
  CHECK_THROWS_AS(parse_progress("{}", "p", back, back_settings), DataError);
  CHECK_THROWS_AS(parse_progress("{", "p", back, back_settings), DataError);
  CHECK_THROWS_AS(parse_progress("{\"format\":2}", "p", back, back_settings), DataError);
}

TEST_CASE("in what a process differs from the first one") {
  const auto text = [](const TrainerOptions& trainer, const DataOptions& data, const ImagesDigest& digest,
                       int64_t steps) {
    return process_text(settings_of(stage_of("tiny"), trainer, data, 8, digest), steps);
  };
  const auto trainer = [](int64_t threads, int64_t batch = 16, uint64_t seed = 0) {
    TrainerOptions options;
    options.threads = threads, options.batch = batch, options.seed = seed;
    return options;
  };
  DataOptions padded;
  padded.pad = 5;
  const std::string first = text(trainer(2), {}, {"n", "s"}, 9);
  CHECK(difference_of_processes(first, first).empty());
  CHECK(difference_of_processes(first, text(trainer(2), {}, {"n", "s"}, 10)) == "--steps 10, not 9");
  CHECK(difference_of_processes(first, text(trainer(2, 8), {}, {"n", "s"}, 9)) == "--batch 8, not 16");
  CHECK(difference_of_processes(first, text(trainer(2, 16, 3), {}, {"n", "s"}, 9)) == "--seed 3, not 0");
  CHECK(difference_of_processes(first, text(trainer(4), {}, {"n", "s"}, 9)) ==
        "4 threads, not 2: give all the same --threads");
  CHECK(difference_of_processes(first, text(trainer(2), padded, {"n", "s"}, 9)) == "--pad 5, not 0");
  CHECK(difference_of_processes(first, text(trainer(2), {}, {"m", "s"}, 9)) == "the names of its images are others");
  CHECK(difference_of_processes(first, text(trainer(2), {}, {"n", "t"}, 9)) ==
        "the sizes in bytes of its images are others");
  std::string other = first;
  const std::string version = "\"version\":\"";
  other.insert(other.find(version) + version.size(), "9");
  CHECK(difference_of_processes(first, other).starts_with("the version of these programs 9"));
}

TEST_CASE("a contradiction names an option that was given") {
  const TrainingSettings begun = settings_of(stage_of("tiny"), {}, {}, 8);
  StageManifest stage = stage_of("tiny");
  stage.network.channels = 40;
  const TrainingSettings now = settings_of(stage, {}, {}, 8);
  TrainingCommand command;
  command.folder = "/";
  const auto message = [&] {
    try {
      check_settings(begun, now, "x.json", command);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message().find("'network.channels' 40 contradicts the 32") != std::string::npos);
  command.given["preset"] = "small";
  CHECK(message().find("--preset small makes 'network.channels' 40, which contradicts the 32") != std::string::npos);
  command.given["channels"] = "40";
  CHECK(message().find(": --channels 40 contradicts the 32") != std::string::npos);
}

TEST_CASE("which settings of a resumed training may change") {
  const TrainerOptions trainer;
  const TrainingSettings begun = settings_of(stage_of("tiny"), trainer, {}, 8);
  StageManifest stage = stage_of("tiny");
  SUBCASE("a name in the manifest, learning rate, batch: may change") {
    stage.description = "other";
    stage.sampling.steps = "50";
    TrainerOptions other = trainer;
    other.learning_rate = 1e-5;
    other.batch = 99;
    other.steps = 7;
    CHECK_NOTHROW(check_settings(begun, settings_of(stage, other, {}, 8), "x.json"));
  }
  SUBCASE("the network") {
    stage.network.channels = 40;
    CHECK_THROWS_WITH_AS(
        check_settings(begun, settings_of(stage, trainer, {}, 8), "x.json"),
        "cannot resume 'x.json': --channels 40 contradicts the 32 it was started with (--restart starts anew)",
        UsageError);
  }
  SUBCASE("a list") {
    stage.network.multipliers = {1, 4};
    CHECK_THROWS_WITH_AS(check_settings(begun, settings_of(stage, trainer, {}, 8), "x.json"),
                         doctest::Contains("--multipliers"), UsageError);
  }
  SUBCASE("the prediction target") {
    stage.diffusion.predict = "eps";
    CHECK_THROWS_WITH_AS(check_settings(begun, settings_of(stage, trainer, {}, 8), "x.json"),
                         doctest::Contains("--predict eps contradicts the v"), UsageError);
  }
  SUBCASE("the low-resolution images") {
    stage.low_res.recipe.kernel = "box";
    CHECK_THROWS_WITH_AS(check_settings(begun, settings_of(stage, trainer, {}, 8), "x.json"),
                         doctest::Contains("--kernel box contradicts the bicubic"), UsageError);
  }
  SUBCASE("the kind of stage, whatever else differs") {
    stage.kind = "regression";
    stage.network.condition_channels = 0;
    stage.network.level.input = "none";
    stage.diffusion.predict = "x0";
    stage.diffusion.loss = "l2";
    CHECK_THROWS_WITH_AS(check_settings(begun, settings_of(stage, trainer, {}, 8), "x.json"),
                         doctest::Contains("--regression regression contradicts the super-resolution"), UsageError);
  }
  SUBCASE("a new border") {
    DataOptions padded;
    padded.pad = 64;
    CHECK_THROWS_WITH_AS(check_settings(begun, settings_of(stage, trainer, padded, 8), "x.json"),
                         doctest::Contains("--pad 64 contradicts the 0 it"), UsageError);
  }
  SUBCASE("the seed") {
    TrainerOptions other = trainer;
    other.seed = 1;
    CHECK_THROWS_WITH_AS(check_settings(begun, settings_of(stage, other, {}, 8), "x.json"),
                         doctest::Contains("--seed 1"), UsageError);
  }
  SUBCASE("the data") {
    CHECK_THROWS_WITH_AS(check_settings(begun, settings_of(stage, trainer, {}, 9), "x.json"),
                         doctest::Contains("the number of images 9 contradicts the 8"), UsageError);
  }
  SUBCASE("other images, in the same number") {
    const auto with = [&](const ImagesDigest& digest, bool keep_going = false) {
      DataOptions data;
      data.keep_going = keep_going;
      return settings_of(stage, trainer, data, 8, digest);
    };
    const TrainingSettings known = with({"n", "s"});
    CHECK_NOTHROW(check_settings(known, with({"n", "s"}), "x.json"));
    CHECK_NOTHROW(check_settings(begun, known, "x.json"));  // older versions have no digest
    CHECK_THROWS_WITH_AS(check_settings(known, with({"m", "s"}), "x.json"),
                         doctest::Contains("the names of the images are not those"), UsageError);
    CHECK_THROWS_WITH_AS(check_settings(known, with({"n", "t"}), "x.json"),
                         doctest::Contains("the sizes in bytes of the images are not those"), UsageError);
    // A damaged image has another size, but not another name.
    CHECK_NOTHROW(check_settings(known, with({"n", "t"}, true), "x.json"));
    CHECK_THROWS_AS(check_settings(known, with({"m", "s"}, true), "x.json"), UsageError);
  }
}

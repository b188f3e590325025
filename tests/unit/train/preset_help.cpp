#include "train/preset_help.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/options.h"
#include "data/loader.h"
#include "train/trainer_options.h"

using namespace sr3;

TEST_CASE("the options that a preset shows make its stage and its training") {
  for (const Preset& preset : presets()) {
    CAPTURE(preset.name);
    TrainFlags flags;
    DataOptions data;
    Options options;
    flags.declare(options);
    data.declare(options);
    flags.preset = preset.name;
    for (const auto& [option, value] : preset_values(preset)) {
      CAPTURE(option);
      REQUIRE(options.find(option));
      options.find(option)->set(value);
    }
    CHECK(manifest_text(flags.stage(0)) == manifest_text(preset.manifest));
    // Presets of one family differ in options only.
    flags.preset = "small";
    if (preset.name == "tiny" || preset.name == "photo-x4")
      CHECK(manifest_text(flags.stage(0)) == manifest_text(preset.manifest));
    const TrainerOptions trainer = flags.resolved();
    CHECK(trainer.steps == preset.steps);
    CHECK(trainer.batch == preset.batch);
    CHECK(trainer.learning_rate == preset.learning_rate);
    CHECK(trainer.warmup == preset.warmup);
    CHECK(trainer.ema == preset.ema);
    CHECK(data.preprocess == preset.preprocess);
  }
}

TEST_CASE("presets as tables, and in the help") {
  const std::string list = preset_list();
  for (const Preset& preset : presets()) CHECK(list.find("\n" + preset.name + "\t") != std::string::npos);
  CHECK(preset_table("tiny").find("\n--channels\t32\n") != std::string::npos);
  CHECK_THROWS_WITH_AS(preset_table("huge"), doctest::Contains("the presets are tiny, "), UsageError);
  TrainFlags flags;
  DataOptions data;
  Options options;
  flags.declare(options);
  data.declare(options);
  explain_defaults("small", "tiny", options);
  CHECK(options.find("batch")->text.find("; small: 16") != std::string::npos);
  explain_defaults("huge", "tiny", options);
  CHECK(options.find("batch")->text.find("; small: 16; tiny: 8") != std::string::npos);
}

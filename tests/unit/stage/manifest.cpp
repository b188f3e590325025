#include "stage/manifest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "degrade/named_recipes.h"
#include "stage/binder.h"
#include "stage/presets.h"

using namespace sr3;
using nlohmann::json;

namespace {

const std::string kSome(64, '7');

// No field has its default, so that a key that the binding omits cannot pass the round trip.
StageManifest unusual() {
  StageManifest m;
  m.description = "a \"stage\" of the test, \xc3\xa9";
  m.image = {3, 20, 80};
  m.classes = {"cat", "d og"};
  m.network = {3,
               3,
               "condition-x",
               6,
               2,
               48,
               {1, 0.5, 2},
               {1, 2, 3},
               {1, 2},
               false,
               3,
               8,
               false,
               8,
               1e-6,
               false,
               "block",
               0.7071067811865476,
               0.25,
               2,
               true,
               {"timestep", 0.25, "sin-cos", 1, 32, 96, 64, false}};
  m.diffusion = {{"sigmoid", 500, 2e-4, 0.03, {}}, "v", "residual", 4.5, "learned", "discrete", "l2", 0.125};
  m.sampling = {"ddim", "10,10", "uniform", 0.5, "learned", false};
  m.distillation = {4, 1.5, kSome};
  m.precision = {48.5};
  m.low_res.recipe.kernel = "lanczos";
  m.low_res.recipe.convention = "matlab";
  m.low_res.recipe.blur = 0.75;
  m.low_res.recipe.noise = 2.5;
  m.low_res.recipe.jpeg = 80;
  m.low_res.upsample = "bilinear";
  m.augmentation = {"gaussian", 0.25, {"squared", 0.15, 1000}, {0.1, 0.6}, 0.5, 0.4, 0.6};
  m.weights_file = "x.safetensors";
  m.weights_sha256 = kSome;
  m.training = {1000, 16000, 16, 3e-4, 0.9999, 12.5, 0.1, "photos", "CC BY 4.0"};
  m.history = {{"sr3-train", "0.1.0", {"--steps", "1000"}, "2026-01-31T12:00:00Z"}, {"tool", "2", {}, "now"}};
  return m;
}

json parsed(const StageManifest& m) { return json::parse(manifest_text(m)); }

void refused(const json& document, const std::string& why) {
  CHECK_THROWS_WITH_AS(parse_manifest(document.dump(), "x.json"), doctest::Contains(why.c_str()), DataError);
}

void refused(const std::function<void(StageManifest&)>& change, const std::string& why) {
  StageManifest m = preset_named("small").manifest;
  change(m);
  CHECK_THROWS_WITH_AS(validate(m), doctest::Contains(why.c_str()), DataError);
}

// Every leaf of a document with its path.
void leaves(const json& node, const std::string& pointer,
            const std::function<void(const std::string&, const json&)>& visit) {
  if (node.is_object())
    for (const auto& [key, value] : node.items()) leaves(value, pointer + "/" + key, visit);
  else
    visit(pointer, node);
}

std::string dotted(std::string pointer) {
  for (char& c : pointer)
    if (c == '/') c = '.';
  return pointer.substr(1);
}

}  // namespace

TEST_CASE("a manifest survives a round trip in every field") {
  const json first = parsed(unusual());
  const StageManifest back = parse_manifest(manifest_text(unusual()), "x.json");
  CHECK(parsed(back) == first);
  CHECK(manifest_text(back) == manifest_text(unusual()));
  CHECK(back.description == "a \"stage\" of the test, \xc3\xa9");
  CHECK(back.network.multipliers == std::vector<double>{1, 0.5, 2});
  CHECK(back.network.skip_scale == 0.7071067811865476);
  CHECK(back.network.level.activate == false);
  CHECK(back.history[0].arguments == std::vector<std::string>{"--steps", "1000"});

  // Each leaf differs from that of a fresh manifest; so each was read, not left at its default.
  StageManifest defaults;
  const json fresh = json::parse(write_keys(declaration_of(defaults)).dump());
  leaves(first, "", [&](const std::string& path, const json& value) {
    const json::json_pointer pointer(path);
    if (path != "/schema" && path != "/image/channels" && path != "/kind" && path != "/network/in_channels" &&
        path != "/network/condition_channels" && path != "/diffusion/schedule/betas" && path != "/sampling/spacing") {
      CAPTURE(path);
      CHECK(fresh.at(pointer) != value);
    }
  });
}

TEST_CASE("keys are in the order of the page, and lists of numbers on one line") {
  const std::string text = manifest_text(unusual());
  size_t last = 0;
  for (const char* key : {"\"schema\": 1", "\"kind\": \"super-resolution\"", "\"description\"", "\"image\": {",
                          "\"classes\"", "\"network\": {", "\"diffusion\": {", "\"sampling\": {", "\"low_res\": {",
                          "\"augmentation\": {", "\"weights\": {", "\"training\": {", "\"history\": ["}) {
    const size_t at = text.find(std::string("\n  ") + key);
    CAPTURE(key);
    REQUIRE(at != std::string::npos);
    CHECK(at > last);
    last = at;
  }
  CHECK(text.find("\n    \"multipliers\": [1.0, 0.5, 2.0],\n") != std::string::npos);
  CHECK(text.back() == '\n');
  const std::vector<std::string> keys = manifest_keys();
  CHECK(keys.front() == "schema");
  CHECK(keys.back() == "history[].time");
  CHECK(std::count(keys.begin(), keys.end(), "network.level.input") == 1);
  CHECK(std::count(keys.begin(), keys.end(), "diffusion.schedule.betas") == 1);
}

TEST_CASE("the sections of distillation and precision may be missing, for stages that were trained before them") {
  json older = parsed(unusual());
  older.erase("distillation");
  older.erase("precision");
  const StageManifest read = parse_manifest(older.dump(), "x.json");
  CHECK(read.distillation.steps == 0);
  CHECK(read.distillation.guidance == 1);
  CHECK(read.precision.int8_psnr == 0);
}

TEST_CASE("the number of sampling steps may be a number, and is written as text") {
  json document = parsed(unusual());
  document["sampling"]["steps"] = 25;
  const StageManifest read = parse_manifest(document.dump(), "x.json");
  CHECK(read.sampling.steps == "25");
  CHECK(parsed(read)["sampling"]["steps"] == "25");
  for (const json& wrong : {json(0), json(-1), json(1.5), json(true), json::array({10, 10})}) {
    CAPTURE(wrong.dump());
    document["sampling"]["steps"] = wrong;
    CHECK_THROWS_AS(parse_manifest(document.dump(), "x.json"), DataError);
  }
  document["sampling"]["steps"] = 1.5;
  refused(document, "cannot use 'x.json': 'sampling.steps' is not a string or an integer");
}

TEST_CASE("every key is required and has its type; errors contain its name") {
  const json whole = parsed(unusual());
  leaves(whole, "", [&](const std::string& path, const json& value) {
    const json::json_pointer pointer(path);
    json without = whole;
    without.at(pointer.parent_pointer()).erase(pointer.back());
    refused(without, "cannot use 'x.json': missing key '" + dotted(path) + "'");
    json wrong = whole;
    wrong[pointer] = nullptr;
    refused(wrong, "'" + dotted(path) + "' is not ");
    // "steps": 3 is right, as "steps": "3" is.
    if (value.is_string()) wrong[pointer] = path == "/sampling/steps" ? json(1.5) : json(3);
    if (value.is_boolean()) wrong[pointer] = 1;
    if (value.is_number_integer()) wrong[pointer] = 1.5;
    if (value.is_number_float()) wrong[pointer] = "1";
    if (value.is_array()) wrong[pointer] = json::object();
    if (path != "/schema") refused(wrong, "'" + dotted(path) + "' is not ");
  });
  json section = whole;
  section["network"] = 5;
  refused(section, "'network' is not an object");
  section = whole;
  section["history"][1] = "x";
  refused(section, "'history[1]' is not an object");
  section = whole;
  section["history"][1].erase("time");
  refused(section, "missing key 'history[1].time'");
  section = whole;
  section["network"]["blocks"] = {1, "2", 3};
  refused(section, "'network.blocks[1]' is not an integer");
  section = whole;
  section["training"]["steps"] = uint64_t{1} << 63;
  refused(section, "'training.steps' is not an integer");
}

TEST_CASE("unknown keys are reported with their full path, and before missing keys") {
  json document = parsed(unusual());
  document["network"]["chanels"] = 64;
  document["network"].erase("channels");
  refused(document, "cannot use 'x.json': unknown key 'network.chanels'");
  document = parsed(unusual());
  document["extra"] = {{"a", 1}};
  refused(document, "unknown key 'extra'");
  document = parsed(unusual());
  document["history"][1]["who"] = "me";
  refused(document, "unknown key 'history[1].who'");
  document = parsed(unusual());
  document["network"]["level"]["level"] = 1;
  refused(document, "unknown key 'network.level.level'");
}

TEST_CASE("files that are not manifests are refused") {
  const auto says = [](const std::string& text, const char* why) {
    CHECK_THROWS_WITH_AS(parse_manifest(text, "x.json"), doctest::Contains(why), DataError);
  };
  says("", "cannot read 'x.json': not valid JSON at line 1, column 1");
  says("[1]", "not a JSON object");
  says("{\"kind\":1,\"kind\":2}", "key 'kind' appears twice");
  says(std::string(100000, '['), "nested deeper");
  says("{\"schema\": 2, \"new\": 1}", "its schema is 2");
  says("{\"schema\": 1e999}", "out of range");
  CHECK_THROWS_WITH_AS(read_manifest("/nonexistent.json"), doctest::Contains("cannot open '/nonexistent.json'"), Error);
}

TEST_CASE("words and ranges are checked; errors contain the key") {
  refused([](auto& m) { m.kind = "sr"; }, "'kind' is 'sr', not one of base|super-resolution|regression");
  refused([](auto& m) { m.diffusion.predict = "epsilon"; }, "'diffusion.predict' is 'epsilon'");
  refused([](auto& m) { m.image.channels = 4; }, "'image.channels' is 4");
  refused([](auto& m) { m.network.patch = 0; }, "'network.patch' is 0, not in the range 1 to 64");
  refused([](auto& m) { m.network.norm_eps = 0; }, "'network.norm_eps' is 0, not in the range >0 to <1");
  refused([](auto& m) { m.network.level.scale = std::nan(""); }, "'network.level.scale' is nan");
  refused([](auto& m) { m.network.blocks = {1, 0, 1}; }, "'network.blocks[1]' is 0");
  refused([](auto& m) { m.diffusion.residual_scale = 0; }, "'diffusion.residual_scale' is 0");
  refused([](auto& m) { m.training.loss = INFINITY; }, "'training.loss' is inf");
  refused([](auto& m) { m.low_res.recipe.jpeg = 101; }, "'low_res.recipe.jpeg' is 101");
}

TEST_CASE("sections must agree with each other") {
  refused([](auto& m) { m.image.low_res = 15; }, "must be a multiple of 'image.low_res'");
  refused([](auto& m) { m.image.low_res = 0; }, "must be a multiple of 'image.low_res'");
  refused([](auto& m) { m.image.low_res = 128; }, "must be a multiple of 'image.low_res'");
  refused([](auto& m) { m.image.high_res = 68, m.image.low_res = 17; }, "needs a multiple of 8");
  refused([](auto& m) { m.network.in_channels = 4; }, "'network.in_channels' must be 3");
  refused([](auto& m) { m.network.condition_channels = 0; }, "'network.condition_channels' must be 3");
  refused([](auto& m) { m.diffusion.variance = "learned"; }, "'network.out_channels' must be 6");
  refused([](auto& m) { m.network.out_channels = 6; }, "'network.out_channels' must be 3");
  refused(
      [](auto& m) {
        m.diffusion.variance = "learned", m.network.out_channels = 6, m.diffusion.schedule.steps = 1,
        m.sampling.steps = "1";
      },
      "needs a schedule of 2 steps or more");
  refused([](auto& m) { m.sampling.variance = "learned"; }, "'sampling.variance' cannot be 'learned'");
  refused([](auto& m) { m.network.level.input = "none"; },
          "'network.level.input' must be 'none' with kind 'regression'");
  refused(
      [](auto& m) {
        m.kind = "regression", m.network.condition_channels = 0, m.network.level.input = "none", m.network.classes = 2;
        m.diffusion.predict = "x0";
      },
      "'network.classes' must be 0 with kind 'regression'");
  refused([](auto& m) { m.network.groups = 32; }, "'groups'");
  refused([](auto& m) { m.network.blocks = {1, 1}; }, "'blocks'");
  refused([](auto& m) { m.image.channels = 2; }, "'image.channels' must be 1 or 3");
  refused([](auto& m) { m.classes = {"a"}; }, "'classes' has 1 names, but 'network.classes' is 0");
  refused([](auto& m) { m.classes = {"a", "a"}, m.network.classes = 2; }, "a name twice");
  refused([](auto& m) { m.classes = {"a", ""}, m.network.classes = 2; }, "an empty name");
  refused([](auto& m) { m.diffusion.label_dropout = 0.1; }, "'diffusion.label_dropout' must be 0");
  refused([](auto& m) { m.augmentation.kind = "gaussian"; }, "'network.augmentation_level' must be true");
  refused([](auto& m) { m.augmentation.kind = "gaussian", m.network.augmentation_level = true; },
          "'augmentation.max_level'");
  refused(
      [](auto& m) {
        m.augmentation = {.kind = "gaussian", .max_level = 0.2};
        m.network.augmentation_level = true;
        m.diffusion.target = "residual";
        m.weights_file = "x.safetensors", m.weights_sha256 = kSome;
      },
      "'augmentation.statistics.deviation' must be above 0");
  refused([](auto& m) { m.augmentation.levels.draw = "cubed"; }, "'augmentation.levels.draw'");
  refused([](auto& m) { m.augmentation.statistics.mean = 2; }, "'augmentation.statistics.mean'");
  refused([](auto& m) { m.augmentation.kind = "blur"; }, "'augmentation' of kind 'blur'");
  refused([](auto& m) { m.diffusion.schedule.kind = "betas"; }, "");
  refused([](auto& m) { m.diffusion.schedule = {"betas", 3, 1e-4, 0.02, {0.1, 0.2}}; }, "");
  refused([](auto& m) { m.sampling.steps = "many"; }, "many");
  refused([](auto& m) { m.weights_file = "w.safetensors"; }, "'weights.sha256' must be 64");
  refused([](auto& m) { m.weights_sha256 = kSome; }, "'weights.sha256' must be 64");
  refused([](auto& m) { m.weights_file = "/w.safetensors", m.weights_sha256 = kSome; }, "relative to the manifest");

  refused([](auto& m) { m.kind = "base"; }, "'image.low_res' must be 0 with kind 'base'");
  refused([](auto& m) { m.kind = "base", m.image.low_res = 0; },
          "'network.condition_channels' must be 0 with kind 'base'");
  refused([](auto& m) { m.kind = "base", m.image.low_res = 0, m.network.condition_channels = 0; },
          "'diffusion.target' must be 'image'");
  StageManifest base = preset_named("small").manifest;
  base.kind = "base", base.image.low_res = 0, base.network.condition_channels = 0, base.diffusion.target = "image";
  CHECK_NOTHROW(validate(base));
}

TEST_CASE("an invalid manifest is not written") {
  const samples::Folder folder;
  const std::string path = folder / "x.json";
  StageManifest m = preset_named("tiny").manifest;
  m.network.patch = 3;
  CHECK_THROWS_AS(write_manifest(path, m), DataError);
  CHECK(folder.entries() == 0);
  m.network.patch = 2;
  m.history = {{"sr3-train", "1", {"latin1 \xe9.jpg"}, "t"}};  // a file name may have any bytes
  write_manifest(path, m);
  CHECK(read_manifest(path).history[0].arguments[0] == "latin1 \xe9.jpg");
  m.weights_file = "w.safetensors";
  CHECK(weights_path("dir/x.json", m) == "dir/w.safetensors");
  CHECK(weights_path("x.json", m) == "w.safetensors");
}

TEST_CASE("given betas are kept to the last digit") {
  StageManifest m = preset_named("tiny").manifest;
  m.diffusion.schedule = {"betas", 3, 1e-4, 0.02, {1e-6, 1.0 / 3, 0.9999999999999999}};
  m.sampling.steps = "2";
  CHECK(parse_manifest(manifest_text(m), "x").diffusion.schedule.betas == m.diffusion.schedule.betas);
}

TEST_CASE("a random recipe is part of the manifest, and checked as one") {
  const auto wild = [](const std::string& operations) {
    StageManifest m = preset_named("small").manifest;
    m.low_res.recipe.operations = operations;
    return m;
  };
  const std::string text = recipe_text("real-esrgan");
  const StageManifest m = wild(text);
  CHECK(parsed(m)["low_res"]["recipe"]["operations"] == json::parse(text));
  const StageManifest back = parse_manifest(manifest_text(m), "x.json");
  CHECK(back.low_res.recipe.operations == text);
  CHECK(manifest_text(back) == manifest_text(m));
  CHECK_FALSE(parsed(wild(""))["low_res"]["recipe"].contains("operations"));

  json document = parsed(m);
  document["low_res"]["recipe"]["operations"][0] = {{"do", "blur"}, {"sgima", 2}};
  refused(document,
          "cannot use 'x.json': 'low_res.recipe.operations[0]': unknown key 'sgima' of 'blur' (did you mean 'sigma'?)");
  document["low_res"]["recipe"]["operations"] = "real-esrgan";
  refused(document, "cannot use 'x.json': 'low_res.recipe.operations': a recipe is a list of operations");
  document["low_res"]["recipe"]["operations"] = nullptr;
  refused(document, "cannot use 'x.json': 'low_res.recipe.operations': a recipe is a list of operations");
  refused([&](StageManifest& o) { o.low_res.recipe.operations = text, o.low_res.recipe.blur = 1; },
          "'low_res.recipe' with 'operations' must have kernel 'bicubic', convention 'pillow', and no blur, noise and "
          "jpeg");
  refused([&](StageManifest& o) { o.low_res.recipe.operations = "[", o.low_res.recipe.blur = 1; },
          "cannot use the stage: line 1: it is not valid JSON");
}

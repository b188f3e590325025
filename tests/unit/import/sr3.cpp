// Janspiry's SR3 against a second forward pass written in its names; its configuration and its schedule.
#include "import/sr3.h"

#include "base/error.h"
#include "base/relative.h"
#include "import/checkpoints.h"

using namespace sr3;
using namespace checkpoints;

namespace {

struct Naive {
  Slow s;
  int64_t ic;

  at::Tensor level(const at::Tensor& g) const {
    std::vector<at::Tensor> rows;
    for (int64_t i = 0; i < g.numel(); ++i) {
      const at::Tensor row = at::zeros({ic}, at::kDouble);
      for (int64_t k = 0; k < ic / 2; ++k) {
        const double a =
            g[i].item<double>() * std::exp(-std::log(10000.0) * static_cast<double>(k) / static_cast<double>(ic / 2));
        row[k] = std::sin(a);
        row[ic / 2 + k] = std::cos(a);
      }
      rows.push_back(row);
    }
    return s.linear("noise_level_mlp.3", Slow::silu(s.linear("noise_level_mlp.1", at::stack(rows))));
  }
  at::Tensor block(const std::string& n, const at::Tensor& x, const at::Tensor& e) const {
    const auto half = [&](const std::string& m, const at::Tensor& h) {
      return s.conv(m + ".block.3", Slow::silu(s.norm(m + ".block.0", h)));
    };
    at::Tensor h = half(n + ".res_block.block1", x) +
                   s.linear(n + ".res_block.noise_func.noise_func.0", e).unsqueeze(2).unsqueeze(3);
    h = half(n + ".res_block.block2", h) +
        (s.has(n + ".res_block.res_conv.weight") ? s.conv(n + ".res_block.res_conv", x) : x);
    if (!s.has(n + ".attn.qkv.weight")) return h;
    CHECK(!s.has(n + ".attn.qkv.bias"));
    const at::Tensor qkv = s.conv(n + ".attn.qkv", s.norm(n + ".attn.norm", h));
    const int64_t c = h.size(1), t = h.size(2) * h.size(3);
    const auto part = [&](int64_t i) { return qkv.narrow(1, i * c, c).reshape({h.size(0), 1, c, t}); };
    return h + s.conv(n + ".attn.out", Slow::attend(part(0), part(1), part(2)).reshape(h.sizes()));
  }
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& g) const {
    const at::Tensor e = level(g);
    at::Tensor h = s.conv("downs.0", x);
    std::vector<at::Tensor> feats = {h};
    for (int64_t k = 1;; ++k) {
      const std::string n = "downs." + std::to_string(k);
      if (s.has(n + ".conv.weight"))
        h = s.conv(n + ".conv", h, 2);
      else if (s.has(n + ".res_block.block1.block.0.weight"))
        h = block(n, h, e);
      else
        break;
      feats.push_back(h);
    }
    h = block("mid.1", block("mid.0", h, e), e);
    for (int64_t k = 0; k == 0 || s.has("ups." + std::to_string(k) + ".conv.weight") || !feats.empty(); ++k) {
      const std::string n = "ups." + std::to_string(k);
      if (s.has(n + ".conv.weight")) {
        h = s.conv(n + ".conv", Slow::up(h));
      } else {
        h = block(n, at::cat({h, feats.back()}, 1), e);
        feats.pop_back();
      }
    }
    return s.conv("final_conv.block.3", Slow::silu(s.norm("final_conv.block.0", h)));
  }
};

constexpr const char* kConfig = R"({
  "name": "sr", // a name with "quotes" // and more
  "path": { "resume_state": "a//b" }, //set the path
  // "phase": "val",
  "datasets": { "train": { "l_resolution": 8, "r_resolution": 32, "batch_size": 4 } },
  "model": {
    "which_model_G": "sr3",
    "unet": { "in_channel": 6, "out_channel": 3, "inner_channel": 16, "norm_groups": 8, "channel_multiplier": [1, 2, 3],
              "attn_res": [16], "res_blocks": 1, "dropout": 0.2 },
    "beta_schedule": { "train": { "schedule": "linear", "n_timestep": 40, "linear_start": 1e-4, "linear_end": 1e-1 },
                       "val": { "schedule": "linear", "n_timestep": 40, "linear_start": 1e-4, "linear_end": 1e-1 } },
    "diffusion": { "image_size": 32, "channels": 3, "conditional": true }
  },
  "train": { "optimizer": { "type": "adam", "lr": 3e-4 } }
})";

std::string changed(std::string from, const std::string& to) {
  std::string text = kConfig;
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// As saved by the project: the diffusion's buffers beside the network.
Weights checkpoint(const Sr3Config& config, const std::string& prefix = "") {
  Weights all;
  for (auto& [name, value] : random_weights(sr3_layout(sr3_network(config)).sources()))
    all[prefix + "denoise_fn." + name] = value;
  const at::Tensor betas = at::linspace(1e-4, 1e-1, 40, at::kDouble);
  all[prefix + "betas"] = betas;
  all[prefix + "alphas_cumprod"] = at::cumprod(1 - betas, 0);
  return all;
}

}  // namespace

TEST_CASE("Janspiry's SR3 agrees with its description") {
  const samples::Folder folder;
  write_file(folder.path + "sr.json", kConfig);
  ImportOptions options;
  options.config = folder.path + "sr.json";
  const Sr3Config config = read_sr3_config(read_config(options.config, true));
  for (const std::string prefix : {"", "netG."}) {
    const Weights all = checkpoint(config, prefix);
    save(folder.path + "gen.safetensors", all);
    Weights net;
    for (const auto& [name, value] : all)
      if (name.starts_with(prefix + "denoise_fn.")) net[name.substr(prefix.size() + 11)] = value;
    at::manual_seed(2);
    Weights probe = {{"x", at::randn({2, 3, 32, 32}, at::kDouble)},
                     {"cond", at::randn({2, 3, 32, 32}, at::kDouble)},
                     {"t", at::tensor({0.5, 0.97}, at::kDouble)}};
    const Naive naive{{net, 8}, 16};
    probe["output"] = naive(at::cat({probe["cond"], probe["x"]}, 1), probe["t"]);
    CHECK(import_and_verify("sr3", folder.path + "gen.safetensors", options, folder.path, probe) < 1e-4);
  }
  const StageManifest stage = read_manifest(folder.path + "stage.json");
  CHECK(stage.image.low_res == 8);
  CHECK(stage.image.high_res == 32);
  CHECK(stage.network.attention == std::vector<int64_t>{1});
  CHECK(stage.network.level.scale == 1);
  CHECK(stage.diffusion.schedule.beta_end == 0.1);
  CHECK(stage.sampling.steps == "40");
  CHECK(stage.low_res.recipe.convention == "pillow");
  CHECK(stage.training.learning_rate == 3e-4);
  CHECK(stage.description.find("gen.safetensors, sha256 ") != std::string::npos);
}

TEST_CASE("an invalid configuration, or one of another network") {
  const auto refused = [](const std::string& text, const char* why) {
    CAPTURE(why);
    CHECK_THROWS_WITH_AS(read_sr3_config(parse_config(text, "c.json", true)), doctest::Contains(why), DataError);
  };
  refused("{}", "'model.unet.inner_channel' is missing");
  refused("[]", "not a JSON object");
  refused("{\"model\": 3}", "'model' is not an object");
  refused(changed("\"sr3\"", "\"ddpm\""), "'ddpm', another network");
  refused(changed("\"in_channel\": 6", "\"in_channel\": 5"), "is not twice 'model.unet.out_channel'");
  refused(changed("\"inner_channel\": 16", "\"inner_channel\": \"16\""),
          "'model.unet.inner_channel' is not an integer");
  refused(changed("[1, 2, 3]", "[1, 2.5]"), "'model.unet.channel_multiplier[1]' is not an integer");
  refused(changed("\"res_blocks\": 1,", ""), "are required");
  refused(changed("\"name\": \"sr\",", "\"name\": \"sr\", \"name\": \"sr\","), "appears twice");
  refused("{ /* */ }", "not valid JSON");
  CHECK_THROWS_WITH_AS(
      sr3_network(read_sr3_config(parse_config(changed("\"norm_groups\": 8", "\"norm_groups\": 5"), "c", true))),
      doctest::Contains("5 does not divide"), DataError);
}

TEST_CASE("a checkpoint and a configuration that differ: networks in their settings, schedules in their betas") {
  const samples::Folder folder;
  const Sr3Config config = read_sr3_config(parse_config(kConfig, "c.json", true));
  save(folder.path + "gen.safetensors", checkpoint(config));
  const CheckpointFile file(folder.path + "gen.safetensors");
  ImportOptions options;
  options.config = folder.path + "sr.json";
  const auto refused = [&](const std::string& from, const std::string& to, const char* why) {
    CAPTURE(to);
    write_file(options.config, changed(from, to));
    CHECK_THROWS_WITH_AS(plan_import("sr3", file, options), doctest::Contains(why), DataError);
  };
  refused("\"inner_channel\": 16", "\"inner_channel\": 32", "would fit 'inner_channel' 16 (here 32)");
  refused("[1, 2, 3]", "[1, 2, 4]", "would fit 'channel_multiplier' [1,2,3] (here [1,2,4])");
  refused("\"res_blocks\": 1", "\"res_blocks\": 2", "'res_blocks' 1 (here 2)");
  refused("\"attn_res\": [16]", "\"attn_res\": [8]", "'attn_res' [16] (here [8])");
  refused("\"n_timestep\": 40", "\"n_timestep\": 50", "there are 40, not 50");
  refused("\"linear_end\": 1e-1", "\"linear_end\": 2e-1", "are not the configuration's ('linear'): number 1 is");
  // A schedule that we do not support: the betas in the file are used, if sampling uses the schedule.
  const std::string other = "\"train\": { \"schedule\": \"warmup10\"";
  write_file(options.config, changed("\"train\": { \"schedule\": \"linear\"", other));
  CHECK(plan_import("sr3", file, options).stage.diffusion.schedule.kind == "linear");
  write_file(options.config, changed("\"val\": { \"schedule\": \"linear\"", "\"val\": { \"schedule\": \"const\""));
  const StageManifest stage = plan_import("sr3", file, options).stage;
  CHECK(stage.diffusion.schedule.kind == "betas");
  CHECK(stage.diffusion.schedule.betas.size() == 40);
  CHECK(stage.diffusion.schedule.betas[39] == relative(0.1));
  options.config.clear();
  CHECK_THROWS_WITH_AS(plan_import("sr3", file, options),
                       doctest::Contains("inferred from its tensors: in_channel 6, out_channel 3, "
                                         "inner_channel 16, channel_multiplier [1,2,3], res_blocks 1"),
                       UsageError);
}

TEST_CASE("betas agree as far as their type represents them, and others do not") {
  const samples::Folder folder;
  ImportOptions options;
  options.config = folder.path + "sr.json";
  // From 1e-6, which half represents only to 6 per cent.
  std::string text =
      changed("\"linear_start\": 1e-4, \"linear_end\": 1e-1 },", "\"linear_start\": 1e-6, \"linear_end\": 1e-2 },");
  write_file(options.config, text);
  const Sr3Config config = read_sr3_config(parse_config(text, "c.json", true));
  Weights all = checkpoint(config);
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16}) {
    for (const double factor : {1.0, 1.02}) {
      all["betas"] = at::linspace(1e-6, 1e-2, 40, at::kDouble) * factor;
      save(folder.path + "gen.safetensors", all, "", type);
      const CheckpointFile file(folder.path + "gen.safetensors");
      if (factor == 1.0)
        CHECK(plan_import("sr3", file, options).stage.diffusion.schedule.steps == 40);
      else
        CHECK_THROWS_WITH_AS(plan_import("sr3", file, options), doctest::Contains("betas are not"), DataError);
    }
  }
  write_file(options.config, changed("\"val\": { \"schedule\": \"linear\"", "\"val\": { \"schedule\": \"const\""));
  const CheckpointFile rounded(folder.path + "gen.safetensors");
  CHECK_THROWS_WITH_AS(plan_import("sr3", rounded, options), doctest::Contains("rounded to 16 bits"), DataError);
}

TEST_CASE("the betas of a configuration are Janspiry's tables") {
  ScheduleOptions schedule;
  schedule.kind = "linear", schedule.steps = 2000, schedule.beta_start = 1e-6, schedule.beta_end = 1e-2;
  const auto alpha_bar = make_alpha_bar(make_betas(schedule));
  CHECK(alpha_bar[999] == relative(0.08178379205, 1e-8));
  CHECK(std::sqrt(alpha_bar[1999]) == relative(0.006622671845, 1e-8));
}

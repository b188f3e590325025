// diffusers' UNet2DModel against a second forward pass written in its names; its two files of settings.
#include "import/diffusers.h"

#include "base/error.h"
#include "import/checkpoints.h"

using namespace sr3;
using namespace checkpoints;

namespace {

struct Naive {
  Slow s;
  int64_t width, head_dim;  // head_dim 0: one head
  bool flip, scale_shift, corner, old_names;
  double shift;

  at::Tensor embedding(const at::Tensor& t, const at::Tensor& y) const {
    std::vector<at::Tensor> rows;
    const int64_t half = width / 2;
    for (int64_t i = 0; i < t.numel(); ++i) {
      const at::Tensor row = at::zeros({width}, at::kDouble);
      for (int64_t k = 0; k < half; ++k) {
        const double a = t[i].item<double>() *
                         std::exp(-std::log(10000.0) * static_cast<double>(k) / (static_cast<double>(half) - shift));
        row[k] = flip ? std::cos(a) : std::sin(a);
        row[half + k] = flip ? std::sin(a) : std::cos(a);
      }
      rows.push_back(row);
    }
    at::Tensor e =
        s.linear("time_embedding.linear_2", Slow::silu(s.linear("time_embedding.linear_1", at::stack(rows))));
    return y.defined() ? e + s["class_embedding.weight"].index_select(0, y) : e;
  }
  at::Tensor res(const std::string& n, const at::Tensor& x, const at::Tensor& e, int resize = 0) const {
    const auto resized = [&](const at::Tensor& m) { return resize > 0 ? Slow::up(m) : resize < 0 ? Slow::down(m) : m; };
    at::Tensor h = s.conv(n + ".conv1", resized(Slow::silu(s.norm(n + ".norm1", x))));
    const at::Tensor projected = s.linear(n + ".time_emb_proj", Slow::silu(e)).unsqueeze(2).unsqueeze(3);
    const int64_t c = h.size(1);
    h = scale_shift ? s.norm(n + ".norm2", h) * (1 + projected.narrow(1, 0, c)) + projected.narrow(1, c, c)
                    : s.norm(n + ".norm2", h + projected);
    h = s.conv(n + ".conv2", Slow::silu(h));
    return h + (s.has(n + ".conv_shortcut.weight") ? s.conv(n + ".conv_shortcut", resized(x)) : resized(x));
  }
  at::Tensor attention(const std::string& n, const at::Tensor& x) const {
    const int64_t b = x.size(0), c = x.size(1), t = x.size(2) * x.size(3), d = head_dim ? head_dim : c;
    const at::Tensor rows = s.norm(n + ".group_norm", x).reshape({b, c, t}).transpose(1, 2);  // (b, t, c)
    const auto part = [&](const char* fresh, const char* old) {
      return s.linear(n + (old_names ? old : fresh), rows).transpose(1, 2).reshape({b, c / d, d, t});
    };
    const at::Tensor y = Slow::attend(part(".to_q", ".query"), part(".to_k", ".key"), part(".to_v", ".value"));
    return x +
           s.linear(n + (old_names ? ".proj_attn" : ".to_out.0"), y.transpose(1, 2)).transpose(1, 2).reshape(x.sizes());
  }
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const at::Tensor& y) const {
    const at::Tensor e = embedding(t, y);
    at::Tensor h = s.conv("conv_in", x);
    std::vector<at::Tensor> skips = {h};
    const auto name = [](const char* part, int64_t i, const char* list, int64_t j) {
      return std::string(part) + std::to_string(i) + list + std::to_string(j);
    };
    for (int64_t i = 0; s.has(name("down_blocks.", i, ".resnets.", 0) + ".norm1.weight"); ++i) {
      for (int64_t j = 0; s.has(name("down_blocks.", i, ".resnets.", j) + ".norm1.weight"); ++j) {
        h = res(name("down_blocks.", i, ".resnets.", j), h, e);
        const std::string attn = name("down_blocks.", i, ".attentions.", j);
        if (s.has(attn + ".group_norm.weight")) h = attention(attn, h);
        skips.push_back(h);
      }
      const std::string down = name("down_blocks.", i, ".downsamplers.", 0);
      if (s.has(down + ".norm1.weight"))
        skips.push_back(h = res(down, h, e, -1));
      else if (s.has(down + ".conv.weight"))
        skips.push_back(h = corner ? s.conv(down + ".conv", at::constant_pad_nd(h, {0, 1, 0, 1}), 2, 0)
                                   : s.conv(down + ".conv", h, 2));
    }
    h = res("mid_block.resnets.0", h, e);
    if (s.has("mid_block.attentions.0.group_norm.weight")) h = attention("mid_block.attentions.0", h);
    h = res("mid_block.resnets.1", h, e);
    for (int64_t i = 0; !skips.empty(); ++i) {
      for (int64_t j = 0; s.has(name("up_blocks.", i, ".resnets.", j) + ".norm1.weight"); ++j) {
        h = res(name("up_blocks.", i, ".resnets.", j), at::cat({h, skips.back()}, 1), e);
        skips.pop_back();
        const std::string attn = name("up_blocks.", i, ".attentions.", j);
        if (s.has(attn + ".group_norm.weight")) h = attention(attn, h);
      }
      const std::string up = name("up_blocks.", i, ".upsamplers.", 0);
      if (s.has(up + ".norm1.weight")) h = res(up, h, e, +1);
      if (s.has(up + ".conv.weight")) h = s.conv(up + ".conv", Slow::up(h));
    }
    return s.conv("conv_out", Slow::silu(s.norm("conv_norm_out", h)));
  }
};

// As google/ddpm-cifar10-32.
const std::string kFirst =
    R"({"_class_name":"UNet2DModel","act_fn":"silu","attention_head_dim":null,"block_out_channels":[16,32,32],)"
    R"("down_block_types":["DownBlock2D","AttnDownBlock2D","DownBlock2D"],"downsample_padding":0,"flip_sin_to_cos":false,)"
    R"("freq_shift":1,"in_channels":3,"layers_per_block":2,"norm_eps":1e-06,"norm_num_groups":8,"out_channels":3,)"
    R"("sample_size":16,"up_block_types":["UpBlock2D","AttnUpBlock2D","UpBlock2D"]})";
// ADM's network in the terms of diffusers, with a condition.
const std::string kSecond =
    R"({"attention_head_dim":8,"block_out_channels":[16,32,48],"down_block_types":["ResnetDownsampleBlock2D",)"
    R"("AttnDownBlock2D","AttnDownBlock2D"],"downsample_type":"resnet","upsample_type":"resnet","in_channels":6,)"
    R"("layers_per_block":1,"norm_num_groups":16,"attn_norm_num_groups":16,"num_class_embeds":5,)"
    R"("resnet_time_scale_shift":"scale_shift","sample_size":16,)"
    R"("up_block_types":["AttnUpBlock2D","AttnUpBlock2D","ResnetUpsampleBlock2D"]})";

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

DiffusersModel model_of(const std::string& text, bool learned = false) {
  return diffusers_model(parse_config(text, "config.json", false), learned);
}

}  // namespace

TEST_CASE("UNet2DModels agree with their description, with both names of attention layers") {
  for (const bool old_names : {false, true}) {
    const samples::Folder folder;
    write_file(folder.path + "config.json", kFirst);
    const Weights weights = random_weights(diffusers_layout(model_of(kFirst).network, old_names).sources());
    save(folder.path + "diffusion_pytorch_model.safetensors", weights);
    write_file(folder.path + "scheduler_config.json",
               R"({"_class_name":"DDPMScheduler","beta_schedule":"linear","num_train_timesteps":100})");
    at::manual_seed(3);
    Weights probe = {{"x", at::randn({2, 3, 16, 16}, at::kDouble)}, {"t", at::tensor({99.0, 3.0}, at::kDouble)}};
    const Naive naive{{weights, 8, 1e-6}, 16, 0, false, false, true, old_names, 1};
    probe["output"] = naive(probe["x"], probe["t"], {});
    CHECK(import_and_verify("diffusers", weights_of_folder(folder.path), {}, folder.path, probe) < 1e-4);
    const StageManifest stage = read_manifest(folder.path + "stage.json");
    CHECK(stage.kind == "base");
    CHECK(stage.diffusion.schedule.steps == 100);
    CHECK(stage.network.resample == "conv-same");
  }
}

TEST_CASE("blocks that resample, heads, classes and a condition; a pipeline's folder") {
  const samples::Folder folder;
  std::filesystem::create_directories(folder.path + "unet");
  std::filesystem::create_directories(folder.path + "scheduler");
  write_file(folder.path + "unet/config.json", kSecond);
  write_file(folder.path + "scheduler/scheduler_config.json",
             R"({"_class_name":"DDIMScheduler","beta_schedule":"squaredcos_cap_v2","prediction_type":"v_prediction"})");
  const Weights weights = random_weights(diffusers_layout(model_of(kSecond).network, false).sources());
  save(folder.path + "unet/diffusion_pytorch_model.safetensors", weights);
  at::manual_seed(4);
  Weights probe = {{"x", at::randn({2, 3, 16, 16}, at::kDouble)},
                   {"cond", at::randn({2, 3, 16, 16}, at::kDouble)},
                   {"t", at::tensor({321.0}, at::kDouble)}};
  const at::Tensor y = at::tensor({4, 0}, at::kLong);
  const Naive naive{{weights, 16}, 16, 8, true, true, false, false, 0};
  probe["output"] = naive(at::cat({probe["x"], probe["cond"]}, 1), at::tensor({321.0, 321.0}, at::kDouble), y);
  ImportOptions options;
  const CheckpointFile file(weights_of_folder(folder.path));
  CHECK_THROWS_WITH_AS(plan_import("diffusers", file, options), doctest::Contains("--low-res N"), UsageError);
  options.low_res = 4;
  CHECK(import_and_verify("diffusers", weights_of_folder(folder.path), options, folder.path, probe, y) < 1e-4);
  const StageManifest stage = read_manifest(folder.path + "stage.json");
  CHECK(stage.kind == "super-resolution");
  CHECK(stage.network.classes == 5);
  CHECK(stage.diffusion.predict == "v");
  CHECK(stage.diffusion.schedule.kind == "cosine");
  CHECK(stage.sampling.sampler == "ddim");
}

TEST_CASE("heads: of the given size, of size 8 by default, one if it is null; image sizes as a number or a pair") {
  CHECK(model_of(kFirst).network.head_channels == 0);
  CHECK(
      model_of(changed(kFirst, R"("attention_head_dim":null,)", R"("attention_head_dim":16,)")).network.head_channels ==
      16);
  CHECK(model_of(changed(kFirst, R"("attention_head_dim":null,)", "")).network.head_channels == 8);
  CHECK_THROWS_WITH_AS(model_of(changed(kFirst, "null", "0")), doctest::Contains("less than 1"), DataError);
  CHECK(model_of(changed(kFirst, R"("sample_size":16)", R"("sample_size":[32,32])")).sample_size == 32);
  CHECK_THROWS_WITH_AS(model_of(changed(kFirst, R"("sample_size":16)", R"("sample_size":[32,16])")),
                       doctest::Contains("a list of two equal ones"), DataError);
}

TEST_CASE("channels that are not exact multiples of the first") {
  const std::string config =
      changed(changed(changed(kFirst, "[16,32,32]", "[98,105,14]"), "\"norm_num_groups\":8", "\"norm_num_groups\":7"),
              "\"layers_per_block\":2", "\"layers_per_block\":1");
  const UNetOptions o = model_of(config).network;
  for (size_t i = 0; i < 3; ++i)
    CHECK(o.multipliers[i] * static_cast<double>(o.channels) == std::vector<double>{98, 105, 14}[i]);
  for (const TensorSource& source : diffusers_layout(o, false).sources()) {
    if (source.name == "time_embedding.linear_1.weight") CHECK(source.shape == std::vector<int64_t>{392, 98});
    if (source.name == "time_embedding.linear_2.weight") CHECK(source.shape == std::vector<int64_t>{392, 392});
    if (source.name == "conv_in.weight") CHECK(source.shape == std::vector<int64_t>{98, 3, 3, 3});
  }
}

TEST_CASE("unsupported networks are refused with the reason") {
  const auto refused = [](const std::string& text, const char* why) {
    CAPTURE(why);
    CHECK_THROWS_WITH_AS(model_of(text), doctest::Contains(why), DataError);
  };
  refused(changed(kFirst, "UNet2DModel", "UNet2DConditionModel"), "it is a UNet2DConditionModel");
  refused(changed(kFirst, "\"DownBlock2D\"", "\"SkipDownBlock2D\""), "no 'SkipDownBlock2D'");
  refused(changed(kFirst, "\"AttnUpBlock2D\"", "\"UpBlock2D\""), "a level has attention on both or on neither");
  refused(changed(kFirst, "\"act_fn\":\"silu\"", "\"act_fn\":\"gelu\""), "'act_fn' is 'gelu'");
  refused(changed(kFirst, "{", "{\"time_embedding_type\":\"fourier\","),
          "variance-exploding diffusion is not supported");
  refused(changed(kFirst, "{", "{\"time_embedding_type\":\"learned\","), "'time_embedding_type' is 'learned'");
  refused(changed(kFirst, "{", "{\"center_input_sample\":true,"), "'center_input_sample' is true");
  refused(changed(kFirst, "{", "{\"mid_block_scale_factor\":1.41,"), "'mid_block_scale_factor' is 1.41");
  refused(changed(kFirst, "{", "{\"class_embed_type\":\"timestep\","), "not a table of classes");
  refused(changed(kFirst, "{", "{\"resnet_time_scale_shift\":\"spatial\","), "'resnet_time_scale_shift' is 'spatial'");
  refused(changed(kFirst, "{", "{\"resnet_time_scale_shift\":\"scale_shift\","), "has no normalization");
  refused(changed(kFirst, "\"downsample_padding\":0", "\"downsample_padding\":2"), "'downsample_padding' is 2");
  refused(changed(kFirst, "\"in_channels\":3", "\"in_channels\":4"), "'in_channels' is 4");
  refused(changed(kFirst, "[16,32,32]", "[16,32]"), "differ in length");
  refused(changed(kFirst, "[16,32,32]", "[16,0,32]"), "is not a whole number of channels");
  refused(changed(kFirst, "[16,32,32]", "[0,0,0]"), "has a 0");
  refused(changed(kFirst, "[16,32,32]", "[16,-32,32]"), "is not a whole number of channels");
  refused(changed(kSecond, "\"ResnetDownsampleBlock2D\"", "\"DownBlock2D\""), "some by residual blocks");
  refused(changed(kSecond, "\"attn_norm_num_groups\":16", "\"attn_norm_num_groups\":8"), "has other groups");
  refused("{\"block_out_channels\":\"16\"}", "'block_out_channels' is not a list");
}

TEST_CASE("schedules of schedulers") {
  const auto of = [](const std::string& text) {
    return diffusers_scheduler(parse_config(text, "scheduler_config.json", false));
  };
  const DiffusersScheduler plain = of("{}");
  CHECK(plain.diffusion.schedule.kind == "linear");
  CHECK(plain.diffusion.schedule.beta_end == 0.02);
  CHECK(plain.sampling.steps == "1000");
  CHECK(plain.sampling.clip);
  CHECK(of(R"({"beta_schedule":"scaled_linear"})").diffusion.schedule.kind == "quadratic");
  CHECK(of(R"({"variance_type":"fixed_large"})").diffusion.variance == "beta");
  CHECK(of(R"({"variance_type":"learned_range"})").sampling.variance == "learned");
  CHECK(of(R"({"prediction_type":"sample"})").diffusion.predict == "x0");
  CHECK(of(R"({"trained_betas":[0.1,0.2,0.3]})").diffusion.schedule.betas.size() == 3);
  CHECK(of(R"({"trained_betas":[0.1,0.2,0.3]})").sampling.steps == "3");
  CHECK(of(R"({"_class_name":"DPMSolverMultistepScheduler","beta_start":0.0001})").sampling.sampler == "dpmpp-2m");
  const auto refused = [&](const char* text, const char* why) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(of(text), doctest::Contains(why), DataError);
  };
  refused(R"({"_class_name":"ScoreSdeVeScheduler","sigma_max":1348.0})", "has no betas");
  refused(R"({"beta_schedule":"laplace"})", "'laplace' is not supported");
  refused(R"({"rescale_betas_zero_snr":true})", "at its last level there is no signal");
  refused(R"({"variance_type":"learned"})", "learned_range");
  refused(R"({"prediction_type":"flow"})", "'prediction_type' is 'flow'");
}

TEST_CASE("folders that lack something") {
  const samples::Folder folder;
  const auto refused = [](const std::string& path, const char* why) {
    CHECK_THROWS_WITH_AS(diffusers_folder(path), doctest::Contains(why), Error);
  };
  refused(folder.path + "none", "there is no such folder");
  refused(folder.path, "neither config.json nor unet/config.json");
  write_file(folder.path + "config.json", "{}");
  refused(folder.path + "config.json", "it is not a folder");
  refused(folder.path, "diffusion_pytorch_model.safetensors' (or .bin) is missing");
  write_file(folder.path + "diffusion_pytorch_model.safetensors.index.json", "{}");
  CHECK(diffusers_folder(folder.path).weights == folder.path + "diffusion_pytorch_model.safetensors.index.json");
  write_file(folder.path + "diffusion_pytorch_model.bin", "x");
  CHECK(diffusers_folder(folder.path).weights == folder.path + "diffusion_pytorch_model.bin");
  CHECK(diffusers_folder(folder.path).scheduler.empty());
  // Of a training's two networks the averaged one.
  for (const char* network : {"unet", "unet_ema"}) {
    std::filesystem::create_directories(folder.path + "t/" + network);
    write_file(folder.path + "t/" + network + "/config.json", "{}");
    write_file(folder.path + "t/" + network + "/diffusion_pytorch_model.safetensors", "x");
    CHECK(diffusers_folder(folder.path + "t").config == folder.path + "t/" + network + "/config.json");
  }
  std::filesystem::create_directories(folder.path + "p/unet");
  std::filesystem::create_directories(folder.path + "p/vqvae");
  write_file(folder.path + "p/unet/config.json", "{}");
  refused(folder.path + "p", "makes latents, which 'vqvae' decodes");
  refused(folder.path + "p/unet", "makes latents, which 'vqvae' decodes");
}

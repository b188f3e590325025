// guided-diffusion's and improved-diffusion's networks, against a second forward pass written in their names, straight
// from their published description; their flags; mismatches.
#include "import/adm.h"

#include "base/error.h"
#include "base/relative.h"
#include "diffusion/schedule.h"
#include "import/checkpoints.h"
#include "import/published.h"

using namespace sr3;
using namespace checkpoints;

namespace {

struct Naive {
  Slow s;
  int64_t mc, heads, head_channels, blocks;  // blocks: of the encoder's levels
  bool scale_shift, updown, new_order;

  at::Tensor embedding(const at::Tensor& t, const at::Tensor& y) const {
    std::vector<at::Tensor> rows;
    for (int64_t i = 0; i < t.numel(); ++i) {
      const at::Tensor row = at::zeros({mc}, at::kDouble);
      for (int64_t k = 0; k < mc / 2; ++k) {
        const double angle =
            t[i].item<double>() * std::exp(-std::log(10000.0) * static_cast<double>(k) / static_cast<double>(mc / 2));
        row[k] = std::cos(angle);
        row[mc / 2 + k] = std::sin(angle);
      }
      rows.push_back(row);
    }
    at::Tensor e = s.linear("time_embed.2", Slow::silu(s.linear("time_embed.0", at::stack(rows))));
    return y.defined() ? e + s["label_emb.weight"].index_select(0, y) : e;
  }

  at::Tensor res(const std::string& n, const at::Tensor& x, const at::Tensor& e, int resize) const {
    const auto resized = [&](const at::Tensor& m) { return resize > 0 ? Slow::up(m) : resize < 0 ? Slow::down(m) : m; };
    at::Tensor h = s.conv(n + "in_layers.2", resized(Slow::silu(s.norm(n + "in_layers.0", x))));
    const at::Tensor projected = s.linear(n + "emb_layers.1", Slow::silu(e)).unsqueeze(2).unsqueeze(3);
    const int64_t c = h.size(1);
    if (scale_shift)
      h = s.norm(n + "out_layers.0", h) * (1 + projected.narrow(1, 0, c)) + projected.narrow(1, c, c);
    else
      h = s.norm(n + "out_layers.0", h + projected);
    h = s.conv(n + "out_layers.3", Slow::silu(h));
    return (s.has(n + "skip_connection.weight") ? s.conv(n + "skip_connection", resized(x)) : resized(x)) + h;
  }

  at::Tensor attention(const std::string& n, const at::Tensor& x) const {
    const int64_t b = x.size(0), c = x.size(1), t = x.size(2) * x.size(3);
    const int64_t h = head_channels > 0 ? c / head_channels : heads, d = c / h;
    const at::Tensor qkv = s.conv(n + "qkv", s.norm(n + "norm", x)).reshape({b, 3 * c, t});
    at::Tensor q, k, v;
    if (new_order) {
      const auto part = [&](int64_t i) { return qkv.narrow(1, i * c, c).reshape({b, h, d, t}); };
      q = part(0), k = part(1), v = part(2);
    } else {
      const at::Tensor by_head = qkv.reshape({b, h, 3 * d, t});
      q = by_head.narrow(2, 0, d), k = by_head.narrow(2, d, d), v = by_head.narrow(2, 2 * d, d);
    }
    return x + s.conv(n + "proj_out", Slow::attend(q, k, v).reshape(x.sizes()));
  }

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const at::Tensor& y) const {
    const at::Tensor e = embedding(t, y);
    at::Tensor h = s.conv("input_blocks.0.0", x);
    std::vector<at::Tensor> skips = {h};
    for (int64_t k = 1;; ++k) {
      const std::string n = "input_blocks." + std::to_string(k) + ".";
      if (s.has(n + "0.op.weight"))
        h = s.conv(n + "0.op", h, 2);
      else if (s.has(n + "0.in_layers.0.weight"))
        h = res(n + "0.", h, e, updown && k % (blocks + 1) == 0 ? -1 : 0);
      else
        break;
      if (s.has(n + "1.qkv.weight")) h = attention(n + "1.", h);
      skips.push_back(h);
    }
    h = res("middle_block.2.", attention("middle_block.1.", res("middle_block.0.", h, e, 0)), e, 0);
    for (int64_t k = 0; !skips.empty(); ++k) {
      const std::string n = "output_blocks." + std::to_string(k) + ".";
      h = res(n + "0.", at::cat({h, skips.back()}, 1), e, 0);
      skips.pop_back();
      for (const char* module : {"1.", "2."}) {
        if (s.has(n + module + "qkv.weight")) h = attention(n + module, h);
        if (s.has(n + module + "in_layers.0.weight")) h = res(n + module, h, e, +1);
        if (s.has(n + module + "conv.weight")) h = s.conv(n + module + "conv", Slow::up(h));
      }
    }
    return s.conv("out.2", Slow::silu(s.norm("out.0", h)));
  }
};

struct Case {
  const char* flags;
  int64_t size, small, classes;
  bool learned;
  int64_t blocks = 1, heads = 4, head_channels = 0;
  bool scale_shift = true, updown = false, new_order = false;
};

Weights weights_for(const Case& c) {
  const AdmFlags flags = parse_adm_flags(c.flags);
  return random_weights(adm_layout(adm_network(flags, c.classes), true).sources());
}

void agrees(const Case& c, const std::string& prefix = "", at::ScalarType type = at::kFloat, double tolerance = 1e-4) {
  CAPTURE(c.flags);
  const samples::Folder folder;
  const Weights weights = weights_for(c);
  save(folder.path + "net.safetensors", weights, prefix, type);
  Weights rounded;
  for (const auto& [name, value] : weights) rounded[name] = value.to(type).to(at::kDouble);
  at::manual_seed(5);
  Weights probe = {{"x", at::randn({2, 3, c.size, c.size}, at::kDouble)},
                   {"t", at::tensor({500.0, 37.5}, at::kDouble)}};
  const at::Tensor y = c.classes ? at::tensor({c.classes - 1, int64_t{0}}, at::kLong) : at::Tensor();
  at::Tensor in = probe["x"].to(at::kFloat).to(at::kDouble);
  if (c.small) {
    probe["low_res"] = at::randn({2, 3, c.small, c.small}, at::kDouble);
    const std::vector<int64_t> full = {c.size, c.size};
    in = at::cat({in, at::upsample_bilinear2d(probe["low_res"], full, /*align_corners=*/false)}, 1);
  }
  const Naive naive{{rounded}, 32, c.heads, c.head_channels, c.blocks, c.scale_shift, c.updown, c.new_order};
  probe["output"] = naive(in, probe["t"], y);
  CHECK(probe["output"].size(1) == (c.learned ? 6 : 3));
  ImportOptions options;
  options.flags = c.flags;
  CHECK(import_and_verify("adm", folder.path + "net.safetensors", options, folder.path, probe, y) < tolerance);
}

}  // namespace

TEST_CASE("ADM's networks agree with their published description") {
  // As in guided-diffusion, except for the new order of attention.
  const Case guided{
      "--image_size 16 --channel_mult 1,2,3 --num_channels 32 --num_res_blocks 1 --attention_resolutions 8,4 "
      "--num_head_channels 16 --resblock_updown True --class_cond True --learn_sigma True",
      16,
      0,
      7,
      true,
      1,
      4,
      16,
      true,
      true};
  agrees(guided);
  Case fresh = guided;
  const std::string with_order = std::string(guided.flags) + " --use_new_attention_order True";
  fresh.flags = with_order.c_str();
  fresh.new_order = true;
  agrees(fresh);
  // As in improved-diffusion.
  agrees(
      {"--image_size 32 --num_channels 32 --num_res_blocks 2 --num_heads 2 --use_scale_shift_norm False "
       "--attention_resolutions 16 --diffusion_steps 4000",
       32, 0, 0, false, 2, 2, 0, false});
  // Super-resolution, with the condition enlarged within the network.
  agrees(
      {"--large_size 64 --small_size 16 --num_channels 32 --num_res_blocks 1 --num_heads 4 --attention_resolutions "
       "16,8 "
       "--resblock_updown True --learn_sigma True",
       64, 16, 0, true, 1, 4, 0, true, true});
}

TEST_CASE("prefixes of wrappers, and other types of numbers") {
  const Case small{"--image_size 8 --channel_mult 1,2 --num_channels 32 --num_res_blocks 1 --attention_resolutions 4",
                   8, 0, 0, false};
  for (const char* prefix : {"module.", "netG.", "state_dict.ema_model."}) agrees(small, prefix);
  agrees(small, "", at::kDouble);
  agrees(small, "", at::kHalf);
  agrees(small, "", at::kBFloat16);
}

TEST_CASE("if a file has two networks, the averaged one is used") {
  const samples::Folder folder;
  const Weights raw = {{"conv_in.weight", at::zeros({1})}}, mean = {{"conv_in.weight", at::ones({1})}};
  TensorFile file;
  for (const auto* part : {"model.", "model_ema.", "a.b.model."})
    file.tensors.emplace_back(std::string(part) + "conv_in.weight", at::zeros({1}));
  write_safetensors(folder.path + "x", file);
  const CheckpointFile checkpoint(folder.path + "x");
  CHECK(joined(prefixes_of(checkpoint, "conv_in.weight")) == "model_ema., model., a.b.model.");
  CHECK(network_in(checkpoint, "conv_in.weight").prefix() == "model_ema.");
  CHECK(network_in(checkpoint, "in.weight").prefix().empty());  // not the end of a name
}

TEST_CASE("the older order of queries, keys and values") {
  // new[p C + h d + j] = legacy[h 3d + p d + j], two heads of three.
  const at::Tensor legacy = at::arange(18, at::kFloat).reshape({18, 1});
  const at::Tensor fresh = from_legacy_order(legacy, 2);
  for (int64_t p = 0; p < 3; ++p)
    for (int64_t h = 0; h < 2; ++h)
      for (int64_t j = 0; j < 3; ++j)
        CHECK(fresh[p * 6 + h * 3 + j][0].item<float>() == static_cast<float>(h * 9 + p * 3 + j));
}

TEST_CASE("flags as READMEs print them") {
  const AdmFlags f = parse_adm_flags(
      "MODEL_FLAGS=\"--image_size 64 --num_channels 128 --num_res_blocks 3 --learn_sigma True\"\n"
      "DIFFUSION_FLAGS=\"--diffusion_steps 4000 --noise_schedule cosine\" \\\n TRAIN_FLAGS='--lr 1e-4 "
      "--batch_size=128'");
  CHECK(f.num_channels == 128);
  CHECK(f.learn_sigma);
  CHECK(f.rescale_timesteps);  // improved-diffusion's default
  const StageManifest m = adm_manifest(f, 1000);
  CHECK(m.network.level.scale == 0.25);
  CHECK(m.diffusion.schedule.steps == 4000);
  CHECK(m.sampling.steps == "4000");
  CHECK(m.network.classes == 0);
  CHECK(m.network.attention == std::vector<int64_t>{2, 3});
  CHECK(adm_manifest(parse_adm_flags("--diffusion_steps 4000 --rescale_timesteps False"), 1).network.level.scale == 1);
  CHECK(adm_manifest(parse_adm_flags("--diffusion_steps 4000 --use_fp16 True"), 1).network.level.scale == 0.25);
  CHECK(adm_manifest(parse_adm_flags("--diffusion_steps 4000 --channel_mult 1,2,3,4"), 1).network.level.scale == 1);
  CHECK(adm_manifest(parse_adm_flags("--rescale_timesteps True"), 1).network.level.scale == 1);
  CHECK(adm_manifest(parse_adm_flags(""), 1).diffusion.variance == "beta");
  CHECK(adm_manifest(parse_adm_flags("--sigma_small True"), 1).diffusion.variance == "posterior");
  // As in that project: if the variance is learned, the other flag has no effect.
  CHECK(adm_manifest(parse_adm_flags("--learn_sigma True --sigma_small True"), 1).diffusion.variance == "learned");
  CHECK(adm_manifest(parse_adm_flags("--predict_xstart yes"), 1).diffusion.predict == "x0");
  const StageManifest half = adm_manifest(parse_adm_flags("--diffusion_steps 500"), 1);
  CHECK(half.diffusion.schedule.beta_start == relative(2e-4));
  CHECK(half.diffusion.schedule.beta_end == relative(0.04));
  const StageManifest quick =
      adm_manifest(parse_adm_flags("--timestep_respacing ddim25 --use_ddim True --clip_denoised False"), 1);
  CHECK(quick.sampling.sampler == "ddim");
  CHECK(quick.sampling.steps == "ddim25");
  CHECK(!quick.sampling.clip);

  const auto refused = [](const char* flags, const char* why) {
    CAPTURE(flags);
    CHECK_THROWS_WITH_AS(adm_manifest(parse_adm_flags(flags), 10), doctest::Contains(why), UsageError);
  };
  refused("--num_chanels 64", "--num_chanels is not a flag");
  refused("num_channels 64", "'num_channels' is not a flag");
  refused("--num_channels", "--num_channels has no value");
  refused("--num_channels many", "--num_channels:");
  refused("--num_channels 0", "not in 1 to 65536");
  refused("--num_channels 100", "32 does not divide");
  refused("--class_cond perhaps", "neither True nor False");
  refused("--image_size 48", "no network for --image_size 48");
  refused("--large_size 128", "no network for --large_size 128");
  refused("--large_size 256 --small_size 100", "is not a multiple");
  refused("--large_size 256 --image_size 64", "--image_size belongs to a generator");
  refused("--large_size 256 --use_new_attention_order True", "super-resolution takes neither");
  refused("--num_heads_upsample 2", "same heads on both sides");
  refused("--noise_schedule sigmoid", "neither linear nor cosine");
  refused("--attention_resolutions 16,x", "--attention_resolutions");
  refused("--channel_mult 1,,2", "--channel_mult");
  refused("--diffusion_steps 20", "too few for a linear schedule");
}

TEST_CASE("respacing is the stage's default sampling, in steps of the original process") {
  const auto steps = [](const std::string& flags) {
    const StageManifest m = adm_manifest(parse_adm_flags(flags), 1);
    auto levels =
        sampling_levels(make_alpha_bar(make_betas(m.diffusion.schedule)), m.sampling.steps, m.sampling.spacing);
    std::reverse(levels.timestep.begin(), levels.timestep.end());
    return levels.timestep;
  };
  const auto first = [](const std::vector<int64_t>& all, size_t n) {
    return std::vector<int64_t>(all.begin(), all.begin() + static_cast<int64_t>(n));
  };
  CHECK(first(steps("--timestep_respacing 250"), 4) == std::vector<int64_t>{0, 4, 8, 12});
  CHECK(steps("--timestep_respacing 250").back() == 999);
  CHECK(first(steps("--timestep_respacing 100"), 8) == std::vector<int64_t>{0, 10, 20, 30, 40, 50, 61, 71});
  CHECK(first(steps("--timestep_respacing 10,10,15,20,20"), 6) == std::vector<int64_t>{0, 22, 44, 66, 88, 111});
  CHECK(steps("--timestep_respacing 10,10,15,20,20").size() == 75);
  CHECK(first(steps("--diffusion_steps 4000 --timestep_respacing 100"), 4) == std::vector<int64_t>{0, 40, 81, 121});
  CHECK(steps("--timestep_respacing ddim25").back() == 960);
  CHECK_THROWS_WITH_AS(steps("--timestep_respacing ddim60"), doctest::Contains("no integer stride"), Error);
}

TEST_CASE("mismatches are explained by their cause") {
  const samples::Folder folder;
  const Case c{"--image_size 64 --num_channels 32 --num_res_blocks 1 --attention_resolutions 16 --class_cond True", 64,
               0, 5, false};
  Weights weights = weights_for(c);
  const std::string path = folder.path + "net.safetensors";
  save(path, weights);
  const auto refused = [&](const std::string& flags, const std::string& why) {
    CAPTURE(flags);
    const CheckpointFile file(path);
    ImportOptions options;
    options.flags = flags;
    CHECK_THROWS_WITH_AS(plan_import("adm", file, options), doctest::Contains(why.c_str()), DataError);
  };
  const std::string base = "--num_res_blocks 1 --attention_resolutions 16 ";
  refused(base + "--num_channels 64 --class_cond True", "these shapes would fit --num_channels 32 (here 64); of ");
  refused(base + "--num_channels 32", "these shapes would fit --class_cond True (here False); of ");
  refused(base + "--num_channels 32", "1 is unexpected ('label_emb.weight')");
  refused(base + "--num_channels 32 --class_cond True --learn_sigma True", "--learn_sigma False (here True)");
  refused(base + "--num_channels 32 --class_cond True --use_scale_shift_norm False",
          "--use_scale_shift_norm True (here False)");
  refused(base + "--num_channels 32 --class_cond True --resblock_updown True", "--resblock_updown False (here True)");
  refused(base + "--num_channels 32 --class_cond True --image_size 256", "--image_size 64 (here 256)");
  refused("--num_res_blocks 2 --attention_resolutions 16 --num_channels 32 --class_cond True",
          "--num_res_blocks 1 (here 2)");
  refused("--num_res_blocks 1 --attention_resolutions 32,8 --num_channels 32 --class_cond True",
          "--attention_resolutions 16 (here 32,8)");
  refused("--large_size 64 --small_size 16 " + base + "--num_channels 32 --class_cond True",
          "--image_size (they take 3 channels");
  {
    const CheckpointFile file(path);
    CHECK_THROWS_WITH_AS(
        plan_import("adm", file, {}),
        doctest::Contains("inferred from its tensors: --image_size 64 --num_channels 32 "
                          "--num_res_blocks 1 --attention_resolutions 16 --class_cond True --learn_sigma False"),
        UsageError);
    CHECK_THROWS_WITH_AS(plan_import("sr3", file, {}), doctest::Contains("no tensor 'downs.0.weight'"), DataError);
  }
  weights.erase("middle_block.0.in_layers.0.weight");
  weights["extra"] = at::zeros({1});
  weights["out.0.bias"] = at::zeros({33});
  save(path, weights);
  refused(c.flags,
          "1 is missing ('middle_block.0.in_layers.0.weight'), 1 is unexpected ('extra'), 1 has another shape "
          "('out.0.bias' is (33), not (32))");
}

TEST_CASE("infinities, and integers instead of weights, are refused with the tensor's name") {
  const samples::Folder folder;
  const Case c{"--image_size 8 --channel_mult 1 --num_channels 32 --num_res_blocks 1 --attention_resolutions 16", 8, 0,
               0, false};
  for (const bool nan : {true, false}) {
    TensorFile file;
    for (const auto& [name, value] : weights_for(c)) {
      at::Tensor changed = value.to(at::kFloat);
      if (name == "out.0.bias") changed = nan ? changed / 0 : changed.to(at::kLong);
      file.tensors.emplace_back(name, changed);
    }
    write_safetensors(folder.path + "net.safetensors", file);
    const CheckpointFile checkpoint(folder.path + "net.safetensors");
    ImportOptions options;
    options.flags = c.flags;
    options.output = folder.path + "stage.json";
    ImportPlan plan = plan_import("adm", checkpoint, options);
    CHECK_THROWS_WITH_AS(write_stage(plan, options, [](int64_t) {}),
                         doctest::Contains(nan ? "'out.0.bias' holds infinities" : "'out.0.bias' holds integers"),
                         DataError);
    CHECK(!std::filesystem::exists(options.output));
    CHECK(!std::filesystem::exists(folder.path + "stage.safetensors"));
  }
}

#include "import/diffusers.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "base/log.h"

namespace sr3 {
namespace {

// What a type of block says of its level: attention, and how it resamples; "": as the model's downsample_type or
// upsample_type says.
struct BlockType {
  bool attends;
  std::string resample;
};
const std::map<std::string, BlockType> kDown = {
    {"DownBlock2D", {false, "conv"}}, {"AttnDownBlock2D", {true, ""}}, {"ResnetDownsampleBlock2D", {false, "resnet"}}};
const std::map<std::string, BlockType> kUp = {
    {"UpBlock2D", {false, "conv"}}, {"AttnUpBlock2D", {true, ""}}, {"ResnetUpsampleBlock2D", {false, "resnet"}}};

const std::map<std::string, std::string> kLayers = {{"embed", "time_emb_proj"}, {"skip", "conv_shortcut"}};

std::string unit_of(const Place& p, int64_t levels) {
  const bool attention = p.layer.starts_with("attention.");
  const char* list = attention ? "attentions" : "resnets";
  if (p.part == "middle") return cat("mid_block.", list, ".", p.number, ".");
  const std::string block =
      p.part == "down" ? cat("down_blocks.", p.level, ".") : cat("up_blocks.", levels - 1 - p.level, ".");
  if (p.resample) return block + (p.part == "down" ? "downsamplers.0." : "upsamplers.0.");
  return cat(block, list, ".", p.index, ".");
}

}  // namespace

DiffusersFolder diffusers_folder(const std::string& path) {
  namespace fs = std::filesystem;
  std::string root = path;
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  if (!fs::is_directory(root))
    throw Error(cat("cannot import '", path, "': ",
                    fs::exists(root) ? "it is no folder (config.json beside its weights)" : "there is no such folder"));
  const auto first = [](const std::vector<std::string>& candidates) {
    for (const std::string& candidate : candidates)
      if (fs::is_regular_file(candidate)) return candidate;
    return std::string();
  };
  const std::string unet = fs::is_regular_file(root + "/unet/config.json") ? root + "/unet" : root;
  for (const char* decoder : {"vqvae", "vae", "movq"})
    for (const std::string& beside : {root + "/" + decoder, unet + "/../" + decoder})
      if (unet.ends_with("unet") && fs::is_directory(beside))
        throw Error(cat("cannot import '", path, "': its network makes latents, of which '", decoder,
                        "' makes the images; a stage makes images"));
  DiffusersFolder folder;
  folder.config = first({unet + "/config.json"});
  const std::string stem = unet + "/diffusion_pytorch_model";
  folder.weights = first({stem + ".safetensors", stem + ".bin", stem + ".fp16.safetensors", stem + ".fp16.bin"});
  folder.scheduler = first({root + "/scheduler/scheduler_config.json", root + "/scheduler_config.json",
                            unet + "/../scheduler/scheduler_config.json"});
  if (folder.config.empty())
    throw Error(cat("cannot import '", path, "': it has neither config.json nor unet/config.json"));
  if (folder.weights.empty() && fs::exists(stem + ".safetensors.index.json"))
    throw Error(cat("cannot import '", path, "': its weights are in several files; save them again as one"));
  if (folder.weights.empty())
    throw Error(cat("cannot import '", path, "': '", stem, ".safetensors' (or .bin) is missing"));
  return folder;
}

DiffusersModel diffusers_model(const Fields& c, bool learned) {
  const auto refuse = [&](const auto&... parts) {
    throw DataError(cat("cannot import '", c.origin(), "': ", parts...));
  };
  const auto only = [&](const char* key, const std::string& value, const std::string& possible) {
    if (value != possible) refuse("'", key, "' is '", value, "', and a stage's network has '", possible, "' only");
  };
  if (const std::string name = c.word("_class_name", "UNet2DModel"); name != "UNet2DModel")
    refuse("it is a ", name, ", not a UNet2DModel");
  if (const std::string type = c.word("time_embedding_type", "positional"); type == "fourier")
    refuse("'time_embedding_type' is 'fourier': variance-exploding diffusion is not supported");
  else
    only("time_embedding_type", type, "positional");
  only("act_fn", c.word("act_fn", "silu") == "swish" ? "silu" : c.word("act_fn", "silu"), "silu");
  only("mid_block_type", c.word("mid_block_type", "UNetMidBlock2D"), "UNetMidBlock2D");
  if (c.flag("center_input_sample", false)) refuse("'center_input_sample' is true");
  if (c.flag("attention_legacy_order", false)) refuse("'attention_legacy_order' is true");
  if (c.has("class_embed_type"))
    refuse("'class_embed_type' is '", c.word("class_embed_type", ""), "', not a table of classes");
  if (const double scale = c.number("mid_block_scale_factor", 1); scale != 1)
    refuse("'mid_block_scale_factor' is ", scale, ": sums are scaled in the middle alone");

  const auto channels = c.wholes("block_out_channels", {224, 448, 672, 896});
  const auto downs =
      c.words("down_block_types", {"DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"});
  const auto ups = c.words("up_block_types", {"AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"});
  const auto levels = static_cast<int64_t>(channels.size());
  if (levels < 1 || levels > 16 || downs.size() != channels.size() || ups.size() != channels.size())
    refuse("'block_out_channels', 'down_block_types' and 'up_block_types' differ in length");
  DiffusersModel model;
  UNetOptions& o = model.network;
  o.attention.clear();
  std::optional<std::string> resample;
  const auto type_of = [&](const std::map<std::string, BlockType>& types, const std::string& name, const char* key) {
    const auto found = types.find(name);
    if (found == types.end()) refuse("a stage's network has no '", name, "'");
    BlockType type = found->second;
    if (type.resample.empty()) type.resample = c.word(key, "conv");
    if (type.resample != "conv" && type.resample != "resnet") refuse("'", key, "' is '", type.resample, "'");
    return type;
  };
  for (int64_t level = 0; level < levels; ++level) {
    const std::string& down_name = downs[static_cast<size_t>(level)];
    const std::string& up_name = ups[static_cast<size_t>(levels - 1 - level)];
    const BlockType down = type_of(kDown, down_name, "downsample_type"), up = type_of(kUp, up_name, "upsample_type");
    if (down.attends != up.attends)
      refuse("'", down_name, "' on the way down and '", up_name,
             "' on the way up: a level has attention on both or on none");
    if (down.attends) o.attention.push_back(level);
    // The innermost block goes down no further, the outermost up none.
    for (const auto& [used, type] : {std::pair(level + 1 < levels, down), std::pair(level > 0, up)}) {
      if (used && resample.value_or(type.resample) != type.resample)
        refuse("some levels resample by convolutions, some by residual blocks");
      if (used) resample = type.resample;
    }
  }
  const int64_t padding = c.whole("downsample_padding", 1);
  if (resample.value_or("conv") == "resnet")
    o.resample = "block";
  else if (padding == 0 || padding == 1)
    o.resample = padding == 0 ? "conv-same" : "conv";
  else
    refuse("'downsample_padding' is ", padding);

  const int64_t in = c.whole("in_channels", 3), out = c.whole("out_channels", 3);
  model.image_channels = learned ? out / 2 : out;
  model.super_resolution = in == 2 * model.image_channels;
  if ((in != model.image_channels && !model.super_resolution) || (learned && out % 2 != 0) ||
      (model.image_channels != 1 && model.image_channels != 3))
    refuse("'in_channels' is ", in, " and 'out_channels' ", out, learned ? " with a learned variance" : "",
           ": a stage takes images of 1 or 3 channels, or twice as many with a condition");
  o.in_channels = model.image_channels;
  o.condition_channels = model.super_resolution ? model.image_channels : 0;
  o.out_channels = out;
  // Our channels are multiples of one number, exactly: the first, or else the greatest that there is.
  int64_t unit = channels[0];
  const auto exact = [&](int64_t n) {
    return unit > 0 &&
           static_cast<double>(n) / static_cast<double>(unit) * static_cast<double>(unit) == static_cast<double>(n);
  };
  if (!std::all_of(channels.begin(), channels.end(), exact))
    for (const int64_t n : channels) unit = std::gcd(unit, n);
  if (unit < 1) refuse("'block_out_channels' has a 0");
  o.channels = unit;
  o.multipliers.clear();
  for (const int64_t n : channels) o.multipliers.push_back(static_cast<double>(n) / static_cast<double>(unit));
  o.level.width = unit == channels[0] ? 0 : channels[0];
  o.level.hidden = unit == channels[0] ? 0 : 4 * channels[0];
  o.blocks.assign(channels.size(), c.whole("layers_per_block", 2));
  // Not told is UNet2DModel's default; null is one head.
  const bool one_head = c.given("attention_head_dim") && !c.has("attention_head_dim");
  o.head_channels = one_head ? 0 : c.whole("attention_head_dim", 8);
  if (!one_head && o.head_channels < 1) refuse("'attention_head_dim' is less than 1");
  o.heads = 1;
  o.middle_attention = c.flag("add_attention", true);
  o.groups = c.whole("norm_num_groups", 32);
  o.norm_eps = c.number("norm_eps", 1e-5);
  const std::string shift = c.word("resnet_time_scale_shift", "default");
  if (shift != "default") only("resnet_time_scale_shift", shift, "scale_shift");
  o.scale_shift = shift == "scale_shift";
  const bool unnormed = o.scale_shift && !c.has("attn_norm_num_groups");
  if (o.middle_attention && (unnormed || c.whole("attn_norm_num_groups", o.groups) != o.groups))
    refuse("the attention in the middle has ", unnormed ? "no normalisation" : "other groups",
           " ('attn_norm_num_groups'), and a stage's is normalised as all the rest");
  o.dropout = c.number("dropout", 0);
  o.classes = c.has("num_class_embeds") ? c.whole("num_class_embeds", 0) : 0;
  o.level.input = "timestep";
  o.level.order = c.flag("flip_sin_to_cos", true) ? "cos-sin" : "sin-cos";
  o.level.frequency_shift = c.number("freq_shift", 0);
  model.sample_size = c.side("sample_size");
  try {
    validate(o);
  } catch (const Error& error) {
    refuse(error.what());
  }
  return model;
}

Layout diffusers_layout(const UNetOptions& network, bool old_names) {
  const auto levels = static_cast<int64_t>(network.multipliers.size());
  return layout_of(network, [&](const Place& p) {
    ImportedTensor tensor;
    const auto one = [&](const std::string& name, const std::vector<int64_t>& shape) {
      tensor.sources.push_back({cat(name, ".", p.leaf), shape});
    };
    if (p.part == "time") {
      one(cat("time_embedding.linear_", p.number == 0 ? 1 : 2), p.shape);
    } else if (p.part == "classes") {
      one("class_embedding", p.shape);
    } else if (p.part == "out") {
      one(p.layer == "norm" ? "conv_norm_out" : "conv_out", p.shape);
    } else if (p.layer == "conv") {
      one(p.resample ? unit_of(p, levels) + "conv" : "conv_in", p.shape);
    } else if (p.layer.starts_with("attention.") && p.layer != "attention.norm") {
      const std::string unit = unit_of(p, levels);
      std::vector<int64_t> shape = p.shape;  // of linear layers
      if (p.leaf == "weight") shape.resize(2);
      if (p.is_qkv()) {
        shape[0] /= 3;
        for (const char* part : {"q", "k", "v"})
          one(unit + (old_names ? (*part == 'q' ? "query" : *part == 'k' ? "key" : "value") : cat("to_", part)), shape);
      } else {
        one(unit + (old_names ? "proj_attn" : "to_out.0"), shape);
      }
    } else {
      const auto other = kLayers.find(p.layer);
      one(unit_of(p, levels) + (p.layer == "attention.norm" ? "group_norm"
                                : other != kLayers.end()    ? other->second
                                                            : p.layer),
          p.shape);
    }
    return tensor;
  });
}

DiffusersScheduler diffusers_scheduler(const Fields& c) {
  const auto refuse = [&](const auto&... parts) {
    throw DataError(cat("cannot import '", c.origin(), "': ", parts...));
  };
  DiffusersScheduler out;
  DiffusionOptions& d = out.diffusion;
  SamplerOptions& s = out.sampling;
  const std::string name = c.word("_class_name", "DDPMScheduler"), prediction = c.word("prediction_type", "epsilon"),
                    schedule = c.word("beta_schedule", "linear"), variance = c.word("variance_type", "fixed_small");
  if (!c.has("beta_schedule") && !c.has("beta_start") && !c.has("trained_betas") && c.has("_class_name"))
    refuse("a ", name, " has no betas, so its levels of noise are none of a stage's");

  static const std::map<std::string, std::string> kSchedules = {
      {"linear", "linear"}, {"scaled_linear", "quadratic"}, {"squaredcos_cap_v2", "cosine"}, {"sigmoid", "sigmoid"}};
  d.schedule.steps = c.whole("num_train_timesteps", 1000);
  d.schedule.beta_start = c.number("beta_start", 1e-4);
  d.schedule.beta_end = c.number("beta_end", 0.02);
  d.schedule.betas = c.numbers("trained_betas");
  if (!d.schedule.betas.empty()) {
    d.schedule.kind = "betas";
    d.schedule.steps = static_cast<int64_t>(d.schedule.betas.size());
  } else if (const auto found = kSchedules.find(schedule); found != kSchedules.end()) {
    d.schedule.kind = found->second;
  } else {
    refuse("the schedule '", schedule, "' is not known here");
  }
  if (c.flag("rescale_betas_zero_snr", false))
    refuse("'rescale_betas_zero_snr' is true: its last level has no image in it at all, which eps cannot tell");

  static const std::map<std::string, std::string> kPredictions = {
      {"epsilon", "eps"}, {"sample", "x0"}, {"v_prediction", "v"}};
  const auto predicts = kPredictions.find(prediction);
  if (predicts == kPredictions.end()) refuse("'prediction_type' is '", prediction, "'");
  d.predict = predicts->second;
  if (variance == "learned")
    refuse("'variance_type' is 'learned', the variance itself; a stage learns its share ('learned_range')");
  d.variance = variance == "learned_range" ? "learned" : variance.starts_with("fixed_large") ? "beta" : "posterior";
  d.level_draw = "discrete";
  d.loss = "l2";

  s.variance = d.variance;
  s.clip = c.flag("clip_sample", true);
  if (s.clip && c.number("clip_sample_range", 1) != 1)
    warn(cat("'", c.origin(), "': images are cut to -1 to 1, not to its 'clip_sample_range'"));
  if (c.flag("thresholding", false)) warn(cat("'", c.origin(), "': its dynamic thresholding is left out"));
  if (name == "DDPMScheduler") {
    s.sampler = "ddpm";
    s.steps = std::to_string(d.schedule.steps);
  } else if (name.starts_with("DPMSolver")) {
    s.sampler = "dpmpp-2m";
    s.steps = "25";
    s.clip = c.flag("clip_sample", false);
  } else {
    if (name != "DDIMScheduler") warn(cat("'", c.origin(), "': a ", name, "; the stage is sampled by ddim"));
    s.sampler = "ddim";
    s.steps = std::to_string(std::min<int64_t>(50, d.schedule.steps));
  }
  return out;
}

}  // namespace sr3

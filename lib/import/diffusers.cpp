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

// What a type of block implies for its level: attention, and how it resamples; "" means that the model's downsample_type
// or upsample_type decides.
struct BlockType {
  bool attends;
  std::string resample;
};
const std::map<std::string, BlockType> kDown = {
    {"DownBlock2D", {false, "conv"}}, {"AttnDownBlock2D", {true, ""}}, {"ResnetDownsampleBlock2D", {false, "resnet"}}};
const std::map<std::string, BlockType> kUp = {
    {"UpBlock2D", {false, "conv"}}, {"AttnUpBlock2D", {true, ""}}, {"ResnetUpsampleBlock2D", {false, "resnet"}}};

const std::map<std::string, std::string> kDiffusersLayers = {{"embed", "time_emb_proj"}, {"skip", "conv_shortcut"}};

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
                    fs::exists(root) ? "it is not a folder (of config.json and weights)" : "there is no such folder"));
  const auto first = [](const std::vector<std::string>& candidates) {
    for (const std::string& candidate : candidates)
      if (fs::is_regular_file(candidate)) return candidate;
    return std::string();
  };
  // A training of diffusers saves both: as of the networks of one file, the averaged one is used.
  const bool plain = fs::is_regular_file(root + "/unet/config.json"),
             averaged = fs::is_regular_file(root + "/unet_ema/config.json");
  const std::string unet = averaged ? root + "/unet_ema" : plain ? root + "/unet" : root;
  if (plain && averaged) info(cat("'", path, "' has two networks; using '", unet, "'"));
  for (const char* decoder : {"vqvae", "vae", "movq"})
    for (const std::string& beside : {root + "/" + decoder, unet + "/../" + decoder})
      if ((unet.ends_with("unet") || unet.ends_with("unet_ema")) && fs::is_directory(beside))
        throw Error(cat("cannot import '", path, "': its network makes latents, which '", decoder,
                        "' decodes; a stage makes images"));
  DiffusersFolder folder;
  folder.config = first({unet + "/config.json"});
  const std::string stem = unet + "/diffusion_pytorch_model";
  folder.weights = first({stem + ".safetensors", stem + ".bin", stem + ".fp16.safetensors", stem + ".fp16.bin",
                          stem + ".safetensors.index.json", stem + ".bin.index.json"});
  folder.scheduler = first({root + "/scheduler/scheduler_config.json", root + "/scheduler_config.json",
                            unet + "/../scheduler/scheduler_config.json"});
  if (folder.config.empty())
    throw Error(cat("cannot import '", path, "': it has neither config.json nor unet/config.json"));
  if (folder.weights.empty())
    throw Error(cat("cannot import '", path, "': '", stem, ".safetensors' (or .bin) is missing"));
  return folder;
}

namespace {

template <class... Parts>
[[noreturn]] void unsupported(const JsonObject& config, const Parts&... why) {
  throw DataError(cat("cannot import '", config.origin(), "': ", why...));
}

void require_value(const JsonObject& c, const char* key, const std::string& value, const std::string& possible) {
  if (value != possible)
    unsupported(c, "'", key, "' is '", value, "', and a stage's network has '", possible, "' only");
}

// Refuses what the network of a stage cannot be, whatever its sizes.
void check_architecture(const JsonObject& c) {
  if (const auto name = c.get<std::string>("_class_name", "UNet2DModel"); name != "UNet2DModel")
    unsupported(c, "it is a ", name, ", not a UNet2DModel");
  const auto embedding = c.get<std::string>("time_embedding_type", "positional");
  if (embedding == "fourier")
    unsupported(c, "'time_embedding_type' is 'fourier': variance-exploding diffusion is not supported");
  require_value(c, "time_embedding_type", embedding, "positional");
  const auto activation = c.get<std::string>("act_fn", "silu");
  require_value(c, "act_fn", activation == "swish" ? "silu" : activation, "silu");
  require_value(c, "mid_block_type", c.get<std::string>("mid_block_type", "UNetMidBlock2D"), "UNetMidBlock2D");
  for (const char* flag : {"center_input_sample", "attention_legacy_order"})
    if (c.get(flag, false)) unsupported(c, "'", flag, "' is true");
  if (c.has("class_embed_type"))
    unsupported(c, "'class_embed_type' is '", c.get<std::string>("class_embed_type"), "', not a table of classes");
  if (const double scale = c.get("mid_block_scale_factor", 1.0); scale != 1)
    unsupported(c, "'mid_block_scale_factor' is ", scale, ": the middle alone scales its sums");
}

BlockType block_type(const JsonObject& c, const std::map<std::string, BlockType>& types, const std::string& name,
                     const char* resample_key) {
  const auto found = types.find(name);
  if (found == types.end()) unsupported(c, "a stage's network has no '", name, "'");
  BlockType type = found->second;
  if (type.resample.empty()) type.resample = c.get<std::string>(resample_key, "conv");
  if (type.resample != "conv" && type.resample != "resnet")
    unsupported(c, "'", resample_key, "' is '", type.resample, "'");
  return type;
}

// Attention and resampling of the levels, which the types of their blocks state.
void set_levels(const JsonObject& c, size_t levels, UNetOptions& o) {
  using Names = std::vector<std::string>;
  const auto downs =
      c.get<Names>("down_block_types", {"DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"});
  const auto ups = c.get<Names>("up_block_types", {"AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"});
  if (levels < 1 || levels > 16 || downs.size() != levels || ups.size() != levels)
    unsupported(c, "'block_out_channels', 'down_block_types' and 'up_block_types' differ in length");
  std::optional<std::string> resample;
  o.attention.clear();
  for (size_t level = 0; level < levels; ++level) {
    const std::string &down_name = downs[level], &up_name = ups[levels - 1 - level];
    const BlockType down = block_type(c, kDown, down_name, "downsample_type"),
                    up = block_type(c, kUp, up_name, "upsample_type");
    if (down.attends != up.attends)
      unsupported(c, "'", down_name, "' on the way down and '", up_name,
                  "' on the way up: a level has attention on both or on neither");
    if (down.attends) o.attention.push_back(static_cast<int64_t>(level));
    // The innermost level is not downsampled, the outermost not upsampled.
    for (const auto& [used, type] : {std::pair(level + 1 < levels, down), std::pair(level > 0, up)}) {
      if (used && resample.value_or(type.resample) != type.resample)
        unsupported(c, "some levels resample by convolutions, some by residual blocks");
      if (used) resample = type.resample;
    }
  }
  const int64_t padding = get_count(c, "downsample_padding", 1);
  if (resample.value_or("conv") == "resnet")
    o.resample = "block";
  else if (padding == 0 || padding == 1)
    o.resample = padding == 0 ? "conv-same" : "conv";
  else
    unsupported(c, "'downsample_padding' is ", padding);
}

// Channels of the images and of what the network takes and returns.
void set_image_channels(const JsonObject& c, bool learned, DiffusersModel& model) {
  const int64_t in = get_count(c, "in_channels", 3), out = get_count(c, "out_channels", 3);
  model.image_channels = learned ? out / 2 : out;
  model.super_resolution = in == 2 * model.image_channels;
  if ((in != model.image_channels && !model.super_resolution) || (learned && out % 2 != 0) ||
      (model.image_channels != 1 && model.image_channels != 3))
    unsupported(c, "'in_channels' is ", in, " and 'out_channels' ", out, learned ? " with a learned variance" : "",
                ": a stage takes images of 1 or 3 channels, or twice as many with a condition");
  UNetOptions& o = model.network;
  o.in_channels = model.image_channels;
  o.condition_channels = model.super_resolution ? model.image_channels : 0;
  o.out_channels = out;
}

// A stage's channels are exact multiples of one number: that of the first level if they are, else the greatest common
// divisor of all.
void set_widths(const JsonObject& c, const std::vector<int64_t>& channels, UNetOptions& o) {
  int64_t unit = channels[0];
  const auto exact = [&](int64_t n) {
    return unit > 0 &&
           static_cast<double>(n) / static_cast<double>(unit) * static_cast<double>(unit) == static_cast<double>(n);
  };
  if (!std::all_of(channels.begin(), channels.end(), exact))
    for (const int64_t n : channels) unit = std::gcd(unit, n);
  if (unit < 1) unsupported(c, "'block_out_channels' has a 0");
  o.channels = unit;
  o.multipliers.clear();
  for (const int64_t n : channels) o.multipliers.push_back(static_cast<double>(n) / static_cast<double>(unit));
  o.level.width = unit == channels[0] ? 0 : channels[0];
  o.level.hidden = unit == channels[0] ? 0 : 4 * channels[0];
  o.blocks.assign(channels.size(), get_count(c, "layers_per_block", 2));
}

void set_attention_and_norms(const JsonObject& c, UNetOptions& o) {
  // UNet2DModel's default applies if the key is missing; null is one head.
  const bool one_head = c.contains("attention_head_dim") && !c.has("attention_head_dim");
  o.head_channels = one_head ? 0 : get_count(c, "attention_head_dim", 8);
  if (!one_head && o.head_channels < 1) unsupported(c, "'attention_head_dim' is less than 1");
  o.heads = 1;
  o.middle_attention = c.get("add_attention", true);
  o.groups = get_count(c, "norm_num_groups", 32);
  o.norm_eps = c.get("norm_eps", 1e-5);
  const auto shift = c.get<std::string>("resnet_time_scale_shift", "default");
  if (shift != "default") require_value(c, "resnet_time_scale_shift", shift, "scale_shift");
  o.scale_shift = shift == "scale_shift";
  const bool unnormed = o.scale_shift && !c.has("attn_norm_num_groups");
  if (o.middle_attention && (unnormed || get_count(c, "attn_norm_num_groups", o.groups) != o.groups))
    unsupported(c, "the attention in the middle has ", unnormed ? "no normalization" : "other groups",
                " ('attn_norm_num_groups'), and a stage's is normalized like all other layers");
}

}  // namespace

DiffusersModel diffusers_model(const JsonObject& c, bool learned) {
  check_architecture(c);
  DiffusersModel model;
  UNetOptions& o = model.network;
  const auto channels = get_counts(c, "block_out_channels", {224, 448, 672, 896});
  set_levels(c, channels.size(), o);
  set_image_channels(c, learned, model);
  set_widths(c, channels, o);
  set_attention_and_norms(c, o);
  o.dropout = c.get("dropout", 0.0);
  o.classes = get_count(c, "num_class_embeds", 0);
  o.level.input = "timestep";
  o.level.order = c.get("flip_sin_to_cos", true) ? "cos-sin" : "sin-cos";
  o.level.frequency_shift = c.get("freq_shift", 0.0);
  model.sample_size = get_side(c, "sample_size");
  try {
    validate(o);
  } catch (const Error& error) {
    unsupported(c, error.what());
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
      const auto other = kDiffusersLayers.find(p.layer);
      one(unit_of(p, levels) + (p.layer == "attention.norm"       ? "group_norm"
                                : other != kDiffusersLayers.end() ? other->second
                                                                  : p.layer),
          p.shape);
    }
    return tensor;
  });
}

namespace {

ScheduleOptions diffusers_schedule(const JsonObject& c) {
  static const std::map<std::string, std::string> kSchedules = {
      {"linear", "linear"}, {"scaled_linear", "quadratic"}, {"squaredcos_cap_v2", "cosine"}, {"sigmoid", "sigmoid"}};
  const auto name = c.get<std::string>("beta_schedule", "linear");
  ScheduleOptions schedule;
  schedule.steps = get_count(c, "num_train_timesteps", 1000);
  schedule.beta_start = c.get("beta_start", 1e-4);
  schedule.beta_end = c.get("beta_end", 0.02);
  schedule.betas = c.get<std::vector<double>>("trained_betas", {});
  if (!schedule.betas.empty()) {
    schedule.kind = "betas";
    schedule.steps = static_cast<int64_t>(schedule.betas.size());
  } else if (const auto found = kSchedules.find(name); found != kSchedules.end()) {
    schedule.kind = found->second;
  } else {
    unsupported(c, "the schedule '", name, "' is not supported");
  }
  if (c.get("rescale_betas_zero_snr", false))
    unsupported(
        c,
        "'rescale_betas_zero_snr' is true: at its last level there is no signal, and x0 cannot be computed from eps");
  return schedule;
}

// The sampler of the scheduler class, and the number of steps that it takes by default.
SamplerOptions sampling_of(const JsonObject& c, const std::string& name, const DiffusionOptions& diffusion) {
  SamplerOptions s;
  s.variance = diffusion.variance;
  s.clip = c.get("clip_sample", true);
  if (s.clip && c.get("clip_sample_range", 1.0) != 1)
    warn(cat("'", c.origin(), "': images are clipped to -1 to 1, not to its 'clip_sample_range'"));
  if (c.get("thresholding", false)) warn(cat("'", c.origin(), "': its dynamic thresholding is left out"));
  if (name == "DDPMScheduler") {
    s.sampler = "ddpm";
    s.steps = std::to_string(diffusion.schedule.steps);
  } else if (name.starts_with("DPMSolver")) {
    s.sampler = "dpmpp-2m";
    s.steps = "25";
    s.clip = c.get("clip_sample", false);
  } else {
    if (name != "DDIMScheduler") warn(cat("'", c.origin(), "': a ", name, "; the stage is sampled by ddim"));
    s.sampler = "ddim";
    s.steps = std::to_string(std::min<int64_t>(50, diffusion.schedule.steps));
  }
  return s;
}

}  // namespace

DiffusersScheduler diffusers_scheduler(const JsonObject& c) {
  const auto name = c.get<std::string>("_class_name", "DDPMScheduler"),
             prediction = c.get<std::string>("prediction_type", "epsilon"),
             variance = c.get<std::string>("variance_type", "fixed_small");
  if (!c.has("beta_schedule") && !c.has("beta_start") && !c.has("trained_betas") && c.has("_class_name"))
    unsupported(c, "a ", name, " has no betas, so its noise levels are not those of a stage");
  DiffusersScheduler out;
  DiffusionOptions& d = out.diffusion;
  d.schedule = diffusers_schedule(c);
  static const std::map<std::string, std::string> kPredictions = {
      {"epsilon", "eps"}, {"sample", "x0"}, {"v_prediction", "v"}};
  const auto predicts = kPredictions.find(prediction);
  if (predicts == kPredictions.end()) unsupported(c, "'prediction_type' is '", prediction, "'");
  d.predict = predicts->second;
  if (variance == "learned")
    unsupported(c, "'variance_type' is 'learned', the variance itself; a stage learns its share ('learned_range')");
  d.variance = variance == "learned_range" ? "learned" : variance.starts_with("fixed_large") ? "beta" : "posterior";
  d.level_draw = "discrete";
  d.loss = "l2";
  out.sampling = sampling_of(c, name, d);
  return out;
}

}  // namespace sr3

#include "import/sr3.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

ScheduleOptions schedule_of(const JsonObject& json) {
  ScheduleOptions schedule;
  const auto kind = json.get<std::string>("schedule", "linear");
  schedule.kind = kind == "quad" ? "quadratic" : kind == "linear" || kind == "cosine" ? kind : "";
  schedule.steps = get_count(json, "n_timestep", 2000);
  schedule.beta_start = json.get("linear_start", 1e-4);
  schedule.beta_end = json.get("linear_end", 2e-2);
  return schedule;
}

// How far stored betas may be from the configuration's: by rounding to their type, the last bit of which is also the
// distance between its smallest numbers (half reaches only to 6e-8).
bool agree(double stored, double expected, at::ScalarType type) {
  const double relative = type == at::kHalf       ? 0x1p-10
                          : type == at::kBFloat16 ? 0x1p-7
                                                  : 1e-4,
               absolute = type == at::kHalf ? 0x1p-24 : 0;
  return std::abs(stored - expected) <= relative * expected + absolute;
}

constexpr int64_t kMaxUnits = 1024;

int64_t size_of(const NetworkView& net, const std::string& name, size_t axis) {
  const CheckpointTensor* tensor = net.find(name);
  return tensor && axis < tensor->shape.size() ? tensor->shape[axis] : 0;
}

std::string list_text(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t value : values) text += cat(text.empty() ? "" : ",", value);
  return "[" + text + "]";
}

}  // namespace

Sr3Config read_sr3_config(const JsonObject& json) {
  const JsonObject model = get_section(json, "model"), unet = get_section(model, "unet"),
                   schedules = get_section(model, "beta_schedule"), diffusion = get_section(model, "diffusion"),
                   datasets = get_section(json, "datasets"), train = get_section(schedules, "train"),
                   val = get_section(schedules, "val");
  if (!unet.has("inner_channel"))
    throw json.error("it is not a configuration of that project: 'model.unet.inner_channel' is missing");
  if (const auto which = model.get<std::string>("which_model_G", "sr3"); which != "sr3")
    throw json.error(cat("'model.which_model_G' is '", which, "', another network than SR3's"));
  Sr3Config c;
  c.in_channel = get_count(unet, "in_channel", c.in_channel);
  c.out_channel = get_count(unet, "out_channel", c.out_channel);
  c.inner_channel = get_count(unet, "inner_channel", c.inner_channel);
  c.norm_groups = get_count(unet, "norm_groups", c.norm_groups);
  c.channel_multiplier = get_counts(unet, "channel_multiplier", {});
  c.attn_res = get_counts(unet, "attn_res", {});
  c.res_blocks = get_count(unet, "res_blocks", 0);
  c.dropout = unet.get("dropout", 0.0);
  c.image_size = get_count(diffusion, "image_size", 0);
  c.conditional = diffusion.get("conditional", c.in_channel != c.out_channel);
  if (c.in_channel != c.out_channel * (c.conditional ? 2 : 1))
    throw json.error(cat("'model.unet.in_channel' is ", c.in_channel, ", which is not ", c.conditional ? "twice " : "",
                         "'model.unet.out_channel'"));
  if (c.channel_multiplier.empty() || c.res_blocks < 1 || c.image_size < 1)
    throw json.error(
        "'model.unet.channel_multiplier', 'model.unet.res_blocks' and 'model.diffusion.image_size' are required");
  for (const char* part : {"val", "train"}) {
    const JsonObject data = get_section(datasets, part);
    if (c.conditional) c.low_res = get_count(data, "l_resolution", c.low_res);
  }
  c.batch = get_count(get_section(datasets, "train"), "batch_size", 0);
  c.learning_rate = get_section(get_section(json, "train"), "optimizer").get("lr", 0.0);
  c.has_train = schedules.has("train");
  c.train = schedule_of(train);
  c.train_kind = train.get<std::string>("schedule", "linear");
  c.val = schedules.has("val") ? schedule_of(val) : c.train;
  c.val_kind = val.get<std::string>("schedule", c.train_kind);
  return c;
}

UNetOptions sr3_network(const Sr3Config& c) {
  UNetOptions o;
  o.in_channels = o.out_channels = c.out_channel;
  o.condition_channels = c.conditional ? c.out_channel : 0;
  o.concat_order = "condition-x";
  o.channels = c.inner_channel;
  o.multipliers.assign(c.channel_multiplier.begin(), c.channel_multiplier.end());
  o.blocks.assign(o.multipliers.size(), c.res_blocks);
  o.attention.clear();
  for (size_t level = 0; level < o.multipliers.size() && level < 16; ++level)
    if (std::find(c.attn_res.begin(), c.attn_res.end(), c.image_size >> level) != c.attn_res.end())
      o.attention.push_back(static_cast<int64_t>(level));
  o.attention_bias = false;
  o.groups = c.norm_groups;
  o.scale_shift = false;
  o.dropout = c.dropout;
  o.level.input = "sqrt-alpha-bar";
  o.level.order = "sin-cos";
  o.level.out = c.inner_channel;
  o.level.activate = false;
  try {
    validate(o);
  } catch (const Error& error) {
    throw DataError(cat("cannot use the configuration: ", error.what()));
  }
  return o;
}

Layout sr3_layout(const UNetOptions& network) {
  return layout_of(network, [](const Place& p) {
    std::string name;
    if (p.part == "time") {
      name = cat("noise_level_mlp.", p.number == 0 ? 1 : 3);
    } else if (p.part == "out") {
      name = cat("final_conv.block.", p.layer == "norm" ? 0 : 3);
    } else {
      // Blocks and resamplings are numbered as ours are.
      name = cat(p.part == "down" ? "downs." : p.part == "up" ? "ups." : "mid.", p.number);
      const std::string& l = p.layer;
      if (l == "conv")
        name += p.resample ? ".conv" : "";
      else if (l.starts_with("attention."))
        name += ".attn." + l.substr(10);
      else
        name += l == "embed"   ? ".res_block.noise_func.noise_func.0"
                : l == "skip"  ? ".res_block.res_conv"
                : l == "norm1" ? ".res_block.block1.block.0"
                : l == "conv1" ? ".res_block.block1.block.3"
                : l == "norm2" ? ".res_block.block2.block.0"
                               : ".res_block.block2.block.3";
    }
    ImportedTensor tensor;
    tensor.sources = {{cat(name, ".", p.leaf), p.shape}};
    return tensor;
  });
}

StageManifest sr3_manifest(const Sr3Config& c) {
  StageManifest m;
  m.kind = c.conditional ? "super-resolution" : "base";
  m.image.channels = c.out_channel;
  m.image.high_res = c.image_size;
  m.image.low_res = c.low_res;
  m.network = sr3_network(c);
  m.diffusion.schedule = c.val;
  m.diffusion.variance = "posterior";
  m.diffusion.level_draw = "sqrt-gamma";
  m.diffusion.loss = "l1";
  m.sampling.steps = std::to_string(c.val.steps);
  m.low_res.recipe.kernel = "bicubic";
  m.low_res.recipe.convention = "pillow";
  m.low_res.upsample = "pillow-bicubic";
  m.training.batch = c.batch;
  m.training.learning_rate = c.learning_rate;
  return m;
}

void check_sr3_schedule(const NetworkView& net, const Sr3Config& config, StageManifest& stage) {
  std::string above = net.prefix();  // the buffers belong to the diffusion, which contains the network
  if (above.ends_with("denoise_fn.")) above.resize(above.size() - std::string("denoise_fn.").size());
  const CheckpointTensor* found = net.file().find(above + "betas");
  const bool known = !config.val.kind.empty();
  if (!found || found->shape.size() != 1) {
    if (!known)
      throw DataError(cat("cannot import '", net.file().path(), "': the schedule '", config.val_kind,
                          "' is not supported, and the file has no betas"));
    return;
  }
  const at::Tensor betas = net.file().read(found->name).to(at::kDouble).contiguous();
  std::vector<double> values(betas.data_ptr<double>(), betas.data_ptr<double>() + betas.numel());
  if (!known) {
    if (found->type == at::kHalf || found->type == at::kBFloat16)
      throw DataError(
          cat("cannot import '", net.file().path(), "': the schedule '", config.val_kind,
              "' is not supported, and the file's betas are rounded to 16 bits, too coarsely to sample with"));
    stage.diffusion.schedule = {.kind = "betas", .steps = betas.numel(), .betas = std::move(values)};
    stage.sampling.steps = std::to_string(betas.numel());
    return;
  }
  if (config.train.kind.empty() || !config.has_train) return;
  const std::vector<double> expected = make_betas(config.train);
  const auto refuse = [&](const auto&... parts) {
    throw DataError(cat("cannot import '", net.file().path(), "': its betas are not the configuration's ('",
                        config.train_kind, "'): ", parts...));
  };
  if (expected.size() != values.size()) refuse("there are ", values.size(), ", not ", expected.size());
  for (size_t i = 0; i < values.size(); ++i)
    if (!agree(values[i], expected[i], found->type)) refuse("number ", i, " is ", values[i], ", not ", expected[i]);
}

std::optional<Sr3Config> infer_sr3_config(const NetworkView& net) {
  Sr3Config inferred;
  inferred.inner_channel = size_of(net, "noise_level_mlp.1.weight", 1);
  inferred.in_channel = size_of(net, kSr3Marker, 1);
  inferred.out_channel = size_of(net, "final_conv.block.3.weight", 0);
  if (inferred.inner_channel < 1 || inferred.in_channel < 1 || inferred.out_channel < 1) return std::nullopt;
  inferred.conditional = inferred.in_channel != inferred.out_channel;
  inferred.channel_multiplier.clear();
  inferred.attn_res.clear();
  inferred.res_blocks = 0;
  int64_t blocks = 0;
  for (int64_t k = 1; k < kMaxUnits; ++k) {
    const int64_t width = size_of(net, cat("downs.", k, ".res_block.block1.block.3.weight"), 0);
    if (width > 0) {
      const int64_t level = static_cast<int64_t>(inferred.channel_multiplier.size()) - (blocks > 0 ? 1 : 0);
      if (blocks++ == 0) inferred.channel_multiplier.push_back(width / inferred.inner_channel);
      if (blocks == 1 && net.find(cat("downs.", k, ".attn.qkv.weight")))
        inferred.attn_res.push_back(inferred.image_size >> std::min<int64_t>(level, 30));
      continue;
    }
    inferred.res_blocks = std::max(inferred.res_blocks, blocks);
    blocks = 0;
    if (!net.find(cat("downs.", k, ".conv.weight"))) break;
  }
  if (inferred.channel_multiplier.empty()) return std::nullopt;
  return inferred;
}

std::vector<std::string> contradictions(const Sr3Config& config, const Sr3Config& inferred) {
  std::vector<std::string> list;
  const auto compare = [&](const char* name, const auto& given, const auto& wanted) {
    if (given != wanted) list.push_back(cat("'", name, "' ", wanted, " (here ", given, ")"));
  };
  compare("in_channel", config.in_channel, inferred.in_channel);
  compare("out_channel", config.out_channel, inferred.out_channel);
  compare("inner_channel", config.inner_channel, inferred.inner_channel);
  compare("channel_multiplier", list_text(config.channel_multiplier), list_text(inferred.channel_multiplier));
  compare("res_blocks", config.res_blocks, inferred.res_blocks);
  if (!list.empty()) return list;
  // Attention is compared by level, because attn_res depends on image_size.
  Sr3Config as_inferred = inferred;
  const std::vector<int64_t> have = sr3_network(config).attention;
  as_inferred.norm_groups = config.norm_groups;
  const std::vector<int64_t> wanted = sr3_network(as_inferred).attention;
  if (have != wanted) {
    std::vector<int64_t> resolutions;
    resolutions.reserve(wanted.size());
    for (const int64_t level : wanted) resolutions.push_back(config.image_size >> level);
    compare("attn_res", list_text(config.attn_res), list_text(resolutions));
  }
  return list;
}

std::string sr3_config_text(const Sr3Config& inferred) {
  return cat("in_channel ", inferred.in_channel, ", out_channel ", inferred.out_channel, ", inner_channel ",
             inferred.inner_channel, ", channel_multiplier ", list_text(inferred.channel_multiplier), ", res_blocks ",
             inferred.res_blocks, ", attn_res ", list_text(inferred.attn_res), " for image_size ", inferred.image_size);
}

}  // namespace sr3

#include "import/adm.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/options.h"

namespace sr3 {
namespace {

// Further flags of their scripts, which do not describe a network.
const std::set<std::string> kIgnored = {"batch_size",
                                        "num_samples",
                                        "model_path",
                                        "base_samples",
                                        "data_dir",
                                        "lr",
                                        "weight_decay",
                                        "microbatch",
                                        "ema_rate",
                                        "log_interval",
                                        "save_interval",
                                        "use_kl",
                                        "use_checkpoint",
                                        "use_fp16",
                                        "fp16_scale_growth",
                                        "schedule_sampler",
                                        "lr_anneal_steps",
                                        "resume_checkpoint",
                                        "rescale_learned_sigmas",
                                        "iterations",
                                        "noised",
                                        "anneal_lr"};

bool truth(const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* yes : {"yes", "true", "t", "y", "1"})
    if (lower == yes) return true;
  for (const char* no : {"no", "false", "f", "n", "0"})
    if (lower == no) return false;
  throw UsageError(cat("'", text, "' is neither True nor False"));
}

std::vector<int64_t> whole_numbers(const std::string& text) {
  return parse_list(text, [](const std::string& part) {
    const int64_t number = parse_int(part);
    if (number < 1) throw UsageError(cat("'", part, "' is less than 1"));
    return number;
  });
}

using Setter = std::function<void(const std::string&)>;

std::map<std::string, Setter> setters(AdmFlags& f) {
  const auto size = [](int64_t& value) {
    return [&value](const std::string& text) {
      value = parse_int(text);
      if (value < 1 || value > 1 << 16) throw UsageError(cat("'", text, "' is not in 1 to 65536"));
    };
  };
  const auto whole = [](int64_t& value) { return [&value](const std::string& text) { value = parse_int(text); }; };
  const auto word = [](std::string& value) { return [&value](const std::string& text) { value = text; }; };
  const auto flag = [](bool& value) { return [&value](const std::string& text) { value = truth(text); }; };
  return {{"image_size", size(f.image_size)},
          {"large_size", size(f.large_size)},
          {"small_size", size(f.small_size)},
          {"num_channels", size(f.num_channels)},
          {"num_res_blocks", size(f.num_res_blocks)},
          {"num_heads", size(f.num_heads)},
          {"num_heads_upsample", whole(f.num_heads_upsample)},
          {"num_head_channels", whole(f.num_head_channels)},
          {"attention_resolutions", word(f.attention_resolutions)},
          {"channel_mult", word(f.channel_mult)},
          {"noise_schedule", word(f.noise_schedule)},
          {"timestep_respacing", word(f.timestep_respacing)},
          {"dropout", [&f](const std::string& text) { f.dropout = parse_double(text); }},
          {"class_cond", flag(f.class_cond)},
          {"learn_sigma", flag(f.learn_sigma)},
          {"sigma_small", flag(f.sigma_small)},
          {"predict_xstart", flag(f.predict_xstart)},
          {"use_scale_shift_norm", flag(f.use_scale_shift_norm)},
          {"resblock_updown", flag(f.resblock_updown)},
          {"use_new_attention_order", flag(f.use_new_attention_order)},
          {"rescale_timesteps", flag(f.rescale_timesteps)},
          {"use_ddim", flag(f.use_ddim)},
          {"clip_denoised", flag(f.clip_denoised)},
          {"diffusion_steps", size(f.diffusion_steps)}};
}

// Splits a text into flags and values, without quotes, "MODEL_FLAGS=" and the line ends of a shell script; "--x=y" is
// split too.
std::vector<std::string> words_of(std::string text) {
  for (const char* empty : {"\"\"", "''"})  // an empty value
    for (size_t at; (at = text.find(empty)) != std::string::npos;) text.replace(at, 2, " \x01 ");
  for (char& c : text)
    if (c == '"' || c == '\'' || c == '\\') c = ' ';
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    const size_t equals = word.find('=');
    if (word.starts_with("--") && equals != std::string::npos) {
      words.push_back(word.substr(0, equals));
      words.push_back(word.substr(equals + 1));
    } else if (word.ends_with("=") && std::isupper(static_cast<unsigned char>(word[0]))) {
      continue;
    } else {
      words.push_back(word == "\x01" ? "" : word);
    }
  }
  return words;
}

void check(const AdmFlags& f) {
  const auto refuse = [](const auto&... parts) { throw UsageError(cat("--flags: ", parts...)); };
  if (f.super_resolution && f.given.contains("image_size"))
    refuse("--image_size belongs to a generator, --large_size and --small_size to a super-resolution network");
  if (f.super_resolution && (f.use_new_attention_order || !f.channel_mult.empty()))
    refuse("super-resolution takes neither --use_new_attention_order nor --channel_mult");
  if (f.super_resolution && (f.small_size >= f.large_size || f.large_size % f.small_size != 0))
    refuse("--large_size ", f.large_size, " is not a multiple of --small_size ", f.small_size);
  if (f.num_head_channels < 1 && f.num_head_channels != -1) refuse("--num_head_channels is ", f.num_head_channels);
  if (f.num_heads_upsample != -1 && f.num_heads_upsample != f.num_heads && f.num_head_channels == -1)
    refuse("--num_heads_upsample ", f.num_heads_upsample, " differs from --num_heads ", f.num_heads,
           ", and a stage's network has the same heads on both sides");
  if (f.noise_schedule != "linear" && f.noise_schedule != "cosine")
    refuse("--noise_schedule ", f.noise_schedule, " is neither linear nor cosine");
}

const std::map<std::string, std::string> kLayers = {
    {"norm1", "in_layers.0"},   {"conv1", "in_layers.2"},  {"embed", "emb_layers.1"},
    {"norm2", "out_layers.0"},  {"conv2", "out_layers.3"}, {"skip", "skip_connection"},
    {"attention.norm", "norm"}, {"attention.qkv", "qkv"},  {"attention.out", "proj_out"}};

// The module that has the layers of a place: "input_blocks.4.0."
std::string module_of(const Place& p) {
  const bool attention = p.layer.starts_with("attention.");
  if (p.part == "down") return cat("input_blocks.", p.number, attention ? ".1." : ".0.");
  if (p.part == "middle") return cat("middle_block.", p.number == 0 ? (attention ? 1 : 0) : 2, ".");
  // A resampling is the last module of the block before it.
  if (p.resample) return cat("output_blocks.", p.block - 1, p.attends ? ".2." : ".1.");
  return cat("output_blocks.", p.block, attention ? ".1." : ".0.");
}

std::string name_of(const Place& p) {
  if (p.part == "time") return cat("time_embed.", p.number, ".", p.leaf);
  if (p.part == "classes") return "label_emb.weight";
  if (p.part == "out") return cat("out.", p.layer == "norm" ? 0 : 2, ".", p.leaf);
  std::string module = module_of(p);
  if (p.layer != "conv") return cat(module, kLayers.at(p.layer), ".", p.leaf);
  if (!p.resample) return module + p.leaf;  // the first convolution
  return cat(module, p.part == "down" ? "op." : "conv.", p.leaf);
}

}  // namespace

AdmFlags parse_adm_flags(const std::string& text) {
  AdmFlags flags;
  const auto known = setters(flags);
  const std::vector<std::string> words = words_of(text);
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string name = words[i].starts_with("--") ? words[i].substr(2) : "";
    if (name.empty()) throw UsageError(cat("--flags: '", words[i], "' is not a flag (--name value)"));
    if (i + 1 == words.size()) throw UsageError(cat("--flags: --", name, " has no value"));
    const auto found = known.find(name);
    if (found == known.end() && !kIgnored.contains(name) && !name.starts_with("classifier_"))
      throw UsageError(cat("--flags: --", name, " is not a flag of guided-diffusion or improved-diffusion"));
    flags.given.insert(name);
    if (found == known.end()) continue;
    try {
      found->second(words[i + 1]);
    } catch (const UsageError& error) {
      throw UsageError(cat("--flags: --", name, ": ", error.what()));
    }
  }
  flags.super_resolution = flags.given.contains("large_size") || flags.given.contains("small_size");
  // improved-diffusion's default, unless there is a flag that only guided-diffusion has.
  const bool guided = std::any_of(flags.given.begin(), flags.given.end(), [](const std::string& name) {
    return name == "resblock_updown" || name == "num_head_channels" || name == "use_new_attention_order" ||
           name == "channel_mult" || name.starts_with("classifier_");
  });
  if (!flags.given.contains("rescale_timesteps")) flags.rescale_timesteps = !guided && flags.diffusion_steps != 1000;
  check(flags);
  return flags;
}

std::vector<double> channel_multipliers(const AdmFlags& flags) {
  if (!flags.channel_mult.empty()) {
    try {
      const auto numbers = whole_numbers(flags.channel_mult);
      return {numbers.begin(), numbers.end()};
    } catch (const UsageError& error) {
      throw UsageError(cat("--flags: --channel_mult: ", error.what()));
    }
  }
  const int64_t size = flags.size();
  if (size == 512 && !flags.super_resolution) return {0.5, 1, 1, 2, 2, 4, 4};
  if (size == 512 || size == 256) return {1, 1, 2, 2, 4, 4};
  if (size == 128 && !flags.super_resolution) return {1, 1, 2, 3, 4};
  if (size == 64) return {1, 2, 3, 4};
  if (size == 32 && !flags.super_resolution) return {1, 2, 2, 2};
  throw UsageError(cat("--flags: there is no network for --", flags.super_resolution ? "large_size " : "image_size ",
                       size,
                       flags.super_resolution ? " (64, 256, 512)" : " (32, 64, 128, 256, 512) without --channel_mult"));
}

std::vector<int64_t> attention_levels(const AdmFlags& flags) {
  std::set<int64_t> downsampled;  // factors by which the feature maps are smaller
  try {
    for (const int64_t resolution : whole_numbers(flags.attention_resolutions))
      downsampled.insert(flags.size() / resolution);
  } catch (const UsageError& error) {
    throw UsageError(cat("--flags: --attention_resolutions: ", error.what()));
  }
  std::vector<int64_t> levels;
  for (size_t level = 0; level < channel_multipliers(flags).size(); ++level)
    if (downsampled.contains(int64_t{1} << level)) levels.push_back(static_cast<int64_t>(level));
  return levels;
}

UNetOptions adm_network(const AdmFlags& flags, int64_t classes) {
  UNetOptions o;
  o.condition_channels = flags.super_resolution ? 3 : 0;
  o.out_channels = flags.learn_sigma ? 6 : 3;
  o.channels = flags.num_channels;
  o.multipliers = channel_multipliers(flags);
  o.blocks.assign(o.multipliers.size(), flags.num_res_blocks);
  o.attention = attention_levels(flags);
  o.heads = flags.num_heads;
  o.head_channels = std::max<int64_t>(flags.num_head_channels, 0);
  o.scale_shift = flags.use_scale_shift_norm;
  o.resample = flags.resblock_updown ? "block" : "conv";
  o.dropout = flags.dropout;
  o.classes = flags.class_cond ? classes : 0;
  o.level.input = "timestep";
  o.level.scale = flags.rescale_timesteps ? 1000.0 / static_cast<double>(flags.diffusion_steps) : 1;
  try {
    validate(o);
  } catch (const Error& error) {
    throw UsageError(cat("--flags: ", error.what()));
  }
  return o;
}

Layout adm_layout(const UNetOptions& network, bool legacy) {
  return layout_of(network, [&](const Place& p) {
    ImportedTensor tensor;
    std::vector<int64_t> shape = p.shape;
    const bool projection = p.is_qkv() || p.layer == "attention.out";
    if (projection && p.leaf == "weight") shape.pop_back();  // 1-D convolutions
    tensor.sources = {{name_of(p), shape}};
    if (p.is_qkv() && legacy)
      tensor.legacy_heads = network.head_channels > 0 ? p.shape[0] / 3 / network.head_channels : network.heads;
    return tensor;
  });
}

std::vector<TensorSource> adm_classifier_shapes(const AdmFlags& flags) {
  const UNetOptions network = adm_network(flags, 0);
  std::vector<TensorSource> shapes;
  for (const TensorSource& source : adm_layout(network, false).sources())
    if (!source.name.starts_with("output_blocks.") && !source.name.starts_with("out.")) shapes.push_back(source);
  const auto c = static_cast<int64_t>(network.multipliers.back() * static_cast<double>(network.channels));
  const int64_t side = flags.size() >> (network.multipliers.size() - 1), labels = 1000;
  shapes.insert(shapes.end(), {{"out.0.weight", {c}},
                               {"out.0.bias", {c}},
                               {"out.2.positional_embedding", {c, side * side + 1}},
                               {"out.2.qkv_proj.weight", {3 * c, c, 1}},
                               {"out.2.qkv_proj.bias", {3 * c}},
                               {"out.2.c_proj.weight", {labels, c, 1}},
                               {"out.2.c_proj.bias", {labels}}});
  return shapes;
}

StageManifest adm_manifest(const AdmFlags& flags, int64_t classes) {
  StageManifest m;
  m.kind = flags.super_resolution ? "super-resolution" : "base";
  m.image.high_res = flags.size();
  m.image.low_res = flags.super_resolution ? flags.small_size : 0;
  m.network = adm_network(flags, classes);
  const auto steps = static_cast<double>(flags.diffusion_steps);
  m.diffusion.schedule.kind = flags.noise_schedule;
  m.diffusion.schedule.steps = flags.diffusion_steps;
  if (flags.noise_schedule == "linear") {
    m.diffusion.schedule.beta_start = 1000 / steps * 1e-4;
    m.diffusion.schedule.beta_end = 1000 / steps * 0.02;
    if (!(m.diffusion.schedule.beta_end < 1))
      throw UsageError(cat("--flags: --diffusion_steps ", flags.diffusion_steps,
                           " is too few for a linear schedule, which needs more than 20"));
  }
  m.diffusion.predict = flags.predict_xstart ? "x0" : "eps";
  m.diffusion.variance = flags.learn_sigma ? "learned" : flags.sigma_small ? "posterior" : "beta";
  m.diffusion.level_draw = "discrete";
  m.diffusion.loss = "l2";
  m.sampling.sampler = flags.use_ddim ? "ddim" : "ddpm";
  m.sampling.steps =
      flags.timestep_respacing.empty() ? std::to_string(flags.diffusion_steps) : flags.timestep_respacing;
  m.sampling.variance = m.diffusion.variance;
  m.sampling.clip = flags.clip_denoised;
  // Low-resolution images are means of square blocks of pixels, in floating point; the network itself enlarges them
  // bilinearly, without antialiasing.
  m.low_res.recipe.kernel = "box";
  m.low_res.recipe.convention = "float";
  m.low_res.upsample = "bilinear";
  return m;
}

}  // namespace sr3

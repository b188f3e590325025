// What the tensors of an ADM network tell of the flags it was made with.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "import/adm.h"

namespace sr3 {
namespace {

constexpr int64_t kMaxBlocks = 1024;  // of the decoder, that are looked for

int64_t size_of(const NetworkView& net, const std::string& name, size_t axis) {
  const CheckpointTensor* tensor = net.find(name);
  return tensor && axis < tensor->shape.size() ? tensor->shape[axis] : 0;
}

std::string comma_list(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += cat(text.empty() ? "" : ",", value);
  return text;
}

// The size whose network has these multipliers; else one that the levels divide.
int64_t usual_size(const std::vector<double>& multipliers, bool super_resolution) {
  AdmFlags flags;
  flags.super_resolution = super_resolution;
  for (const int64_t size : {64, 256, 128, 512, 32}) {
    flags.image_size = flags.large_size = size;
    if (super_resolution && (size == 128 || size == 32)) continue;
    if (channel_multipliers(flags) == multipliers) return size;
  }
  return 0;
}

}  // namespace

std::optional<AdmFlags> infer_adm_flags(const NetworkView& net) {
  AdmFlags told;
  told.num_channels = size_of(net, "time_embed.0.weight", 1);
  const int64_t in = size_of(net, kAdmMarker, 1), out = size_of(net, "out.2.weight", 0);
  if (told.num_channels < 1 || in < 1 || out < 1) return std::nullopt;
  told.super_resolution = in == 6;
  told.learn_sigma = out == 6;
  told.class_cond = net.find("label_emb.weight") != nullptr;
  std::vector<double> multipliers;  // innermost first, as the decoder has them
  std::vector<bool> attends;
  int64_t blocks = 0;
  for (int64_t k = 0; k < kMaxBlocks; ++k) {
    const std::string block = cat("output_blocks.", k, ".");
    const int64_t width = size_of(net, block + "0.out_layers.0.weight", 0);
    if (width == 0) break;
    if (blocks++ == 0) {
      multipliers.push_back(static_cast<double>(width) / static_cast<double>(told.num_channels));
      attends.push_back(net.find(block + "1.qkv.weight") != nullptr);
      told.use_scale_shift_norm = size_of(net, block + "0.emb_layers.1.weight", 0) == 2 * width;
    }
    const std::string up = block + (attends.back() ? "2." : "1.");
    const bool by_block = net.find(up + "in_layers.0.weight") != nullptr;
    if (!by_block && !net.find(up + "conv.weight")) continue;
    told.resblock_updown = by_block;
    told.num_res_blocks = blocks - 1;
    blocks = 0;
  }
  if (multipliers.empty()) return std::nullopt;
  if (multipliers.size() == 1) told.num_res_blocks = blocks - 1;
  std::reverse(multipliers.begin(), multipliers.end());
  std::reverse(attends.begin(), attends.end());
  const int64_t usual = usual_size(multipliers, told.super_resolution);
  if (usual == 0) told.channel_mult = comma_list(multipliers);
  const int64_t size =
      usual ? usual : std::max<int64_t>(64, int64_t{1} << std::min<size_t>(multipliers.size() + 2, 16));
  (told.super_resolution ? told.large_size : told.image_size) = size;
  told.attention_resolutions.clear();
  for (size_t level = 0; level < attends.size() && level < 16; ++level)
    if (attends[level]) told.attention_resolutions += cat(told.attention_resolutions.empty() ? "" : ",", size >> level);
  return told;
}

std::vector<std::string> contradictions(const AdmFlags& flags, const AdmFlags& told) {
  std::vector<std::string> list;
  const auto compare = [&](const char* name, const auto& given, const auto& wanted) {
    if (given != wanted) list.push_back(cat("--", name, " ", wanted, " (here ", given, ")"));
  };
  const auto word = [](bool value) { return value ? "True" : "False"; };
  if (told.super_resolution != flags.super_resolution)
    list.emplace_back(told.super_resolution
                          ? "--large_size and --small_size (they take 6 channels: an image and its condition)"
                          : "--image_size (they take 3 channels: no condition)");
  compare("num_channels", flags.num_channels, told.num_channels);
  compare("num_res_blocks", flags.num_res_blocks, told.num_res_blocks);
  compare("class_cond", std::string(word(flags.class_cond)), std::string(word(told.class_cond)));
  compare("learn_sigma", std::string(word(flags.learn_sigma)), std::string(word(told.learn_sigma)));
  compare("resblock_updown", std::string(word(flags.resblock_updown)), std::string(word(told.resblock_updown)));
  compare("use_scale_shift_norm", std::string(word(flags.use_scale_shift_norm)),
          std::string(word(told.use_scale_shift_norm)));
  const auto multipliers_of = [](const AdmFlags& f) {
    if (f.channel_mult.empty()) return comma_list(channel_multipliers(f));
    return f.channel_mult;  // as the tensors tell it, not always whole numbers
  };
  const std::string have = multipliers_of(flags), want = multipliers_of(told);
  if (have != want) {
    if (told.channel_mult.empty() && told.super_resolution == flags.super_resolution)
      compare(told.super_resolution ? "large_size" : "image_size", flags.size(), told.size());
    else
      compare("channel_mult", have, want);
    return list;  // levels are other ones: attention cannot be compared
  }
  // Attention by levels: the same ones may be written in any order, and for any size.
  const std::vector<int64_t> attention = attention_levels(flags);
  AdmFlags as_told = told;
  if (as_told.attention_resolutions.empty()) as_told.attention_resolutions = cat(as_told.size() * 2);
  if (as_told.channel_mult.empty() || as_told.channel_mult.find('.') == std::string::npos) {
    const std::vector<int64_t> wanted = attention_levels(as_told);
    std::string resolutions;
    for (const int64_t level : wanted) resolutions += cat(resolutions.empty() ? "" : ",", flags.size() >> level);
    if (attention != wanted)
      list.push_back(cat("--attention_resolutions ", resolutions.empty() ? cat(2 * flags.size()) : resolutions,
                         " (here ", flags.attention_resolutions, ")"));
  }
  return list;
}

std::string adm_flags_text(const AdmFlags& told) {
  std::string text;
  const auto add = [&](const char* name, const auto& value) {
    text += cat(text.empty() ? "--" : " --", name, " ", value);
  };
  const auto truth = [&](const char* name, bool value) { add(name, value ? "True" : "False"); };
  if (told.super_resolution)
    add("large_size", told.large_size), add("small_size", told.small_size);
  else
    add("image_size", told.image_size);
  add("num_channels", told.num_channels);
  add("num_res_blocks", told.num_res_blocks);
  if (!told.channel_mult.empty()) add("channel_mult", told.channel_mult);
  add("attention_resolutions", told.attention_resolutions.empty() ? cat(2 * told.size()) : told.attention_resolutions);
  truth("class_cond", told.class_cond);
  truth("learn_sigma", told.learn_sigma);
  truth("resblock_updown", told.resblock_updown);
  truth("use_scale_shift_norm", told.use_scale_shift_norm);
  return text;
}

}  // namespace sr3

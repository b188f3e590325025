// Infers the flags of an ADM network from its tensors.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "import/adm.h"

namespace sr3 {
namespace {

constexpr int64_t kMaxBlocks = 1024;  // of the decoder

int64_t size_of(const NetworkView& net, const std::string& name, size_t axis) {
  const CheckpointTensor* tensor = net.find(name);
  return tensor && axis < tensor->shape.size() ? tensor->shape[axis] : 0;
}

std::string comma_list(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += cat(text.empty() ? "" : ",", value);
  return text;
}

// The size for which the projects use these multipliers; 0 if there is none.
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
  AdmFlags inferred;
  inferred.num_channels = size_of(net, "time_embed.0.weight", 1);
  const int64_t in = size_of(net, kAdmMarker, 1), out = size_of(net, "out.2.weight", 0);
  if (inferred.num_channels < 1 || in < 1 || out < 1) return std::nullopt;
  inferred.super_resolution = in == 6;
  inferred.learn_sigma = out == 6;
  inferred.class_cond = net.find("label_emb.weight") != nullptr;
  std::vector<double> multipliers;  // innermost first, as the decoder has them
  std::vector<bool> attends;
  int64_t blocks = 0;
  for (int64_t k = 0; k < kMaxBlocks; ++k) {
    const std::string block = cat("output_blocks.", k, ".");
    const int64_t width = size_of(net, block + "0.out_layers.0.weight", 0);
    if (width == 0) break;
    if (blocks++ == 0) {
      multipliers.push_back(static_cast<double>(width) / static_cast<double>(inferred.num_channels));
      attends.push_back(net.find(block + "1.qkv.weight") != nullptr);
      inferred.use_scale_shift_norm = size_of(net, block + "0.emb_layers.1.weight", 0) == 2 * width;
    }
    const std::string up = block + (attends.back() ? "2." : "1.");
    const bool by_block = net.find(up + "in_layers.0.weight") != nullptr;
    if (!by_block && !net.find(up + "conv.weight")) continue;
    inferred.resblock_updown = by_block;
    inferred.num_res_blocks = blocks - 1;
    blocks = 0;
  }
  if (multipliers.empty()) return std::nullopt;
  if (multipliers.size() == 1) inferred.num_res_blocks = blocks - 1;
  std::reverse(multipliers.begin(), multipliers.end());
  std::reverse(attends.begin(), attends.end());
  const int64_t usual = usual_size(multipliers, inferred.super_resolution);
  if (usual == 0) inferred.channel_mult = comma_list(multipliers);
  const int64_t size =
      usual ? usual : std::max<int64_t>(64, int64_t{1} << std::min<size_t>(multipliers.size() + 2, 16));
  (inferred.super_resolution ? inferred.large_size : inferred.image_size) = size;
  inferred.attention_resolutions.clear();
  for (size_t level = 0; level < attends.size() && level < 16; ++level)
    if (attends[level])
      inferred.attention_resolutions += cat(inferred.attention_resolutions.empty() ? "" : ",", size >> level);
  return inferred;
}

std::vector<std::string> contradictions(const AdmFlags& flags, const AdmFlags& inferred) {
  std::vector<std::string> list;
  const auto compare = [&](const char* name, const auto& given, const auto& wanted) {
    if (given != wanted) list.push_back(cat("--", name, " ", wanted, " (here ", given, ")"));
  };
  const auto word = [](bool value) { return value ? "True" : "False"; };
  if (inferred.super_resolution != flags.super_resolution)
    list.emplace_back(inferred.super_resolution
                          ? "--large_size and --small_size (they take 6 channels: an image and its condition)"
                          : "--image_size (they take 3 channels: no condition)");
  compare("num_channels", flags.num_channels, inferred.num_channels);
  compare("num_res_blocks", flags.num_res_blocks, inferred.num_res_blocks);
  compare("class_cond", std::string(word(flags.class_cond)), std::string(word(inferred.class_cond)));
  compare("learn_sigma", std::string(word(flags.learn_sigma)), std::string(word(inferred.learn_sigma)));
  compare("resblock_updown", std::string(word(flags.resblock_updown)), std::string(word(inferred.resblock_updown)));
  compare("use_scale_shift_norm", std::string(word(flags.use_scale_shift_norm)),
          std::string(word(inferred.use_scale_shift_norm)));
  const auto multipliers_of = [](const AdmFlags& f) {
    if (f.channel_mult.empty()) return comma_list(channel_multipliers(f));
    return f.channel_mult;  // inferred ones are not always integers
  };
  const std::string have = multipliers_of(flags), want = multipliers_of(inferred);
  if (have != want) {
    if (inferred.channel_mult.empty() && inferred.super_resolution == flags.super_resolution)
      compare(inferred.super_resolution ? "large_size" : "image_size", flags.size(), inferred.size());
    else
      compare("channel_mult", have, want);
    return list;  // the levels differ, so attention cannot be compared
  }
  // Attention is compared by level, because the same levels may be written in any order and for any size.
  const std::vector<int64_t> attention = attention_levels(flags);
  AdmFlags as_inferred = inferred;
  if (as_inferred.attention_resolutions.empty()) as_inferred.attention_resolutions = cat(as_inferred.size() * 2);
  if (as_inferred.channel_mult.empty() || as_inferred.channel_mult.find('.') == std::string::npos) {
    const std::vector<int64_t> wanted = attention_levels(as_inferred);
    std::string resolutions;
    for (const int64_t level : wanted) resolutions += cat(resolutions.empty() ? "" : ",", flags.size() >> level);
    if (attention != wanted)
      list.push_back(cat("--attention_resolutions ", resolutions.empty() ? cat(2 * flags.size()) : resolutions,
                         " (here ", flags.attention_resolutions, ")"));
  }
  return list;
}

std::string adm_flags_text(const AdmFlags& inferred) {
  std::string text;
  const auto add = [&](const char* name, const auto& value) {
    text += cat(text.empty() ? "--" : " --", name, " ", value);
  };
  const auto truth = [&](const char* name, bool value) { add(name, value ? "True" : "False"); };
  if (inferred.super_resolution)
    add("large_size", inferred.large_size), add("small_size", inferred.small_size);
  else
    add("image_size", inferred.image_size);
  add("num_channels", inferred.num_channels);
  add("num_res_blocks", inferred.num_res_blocks);
  if (!inferred.channel_mult.empty()) add("channel_mult", inferred.channel_mult);
  add("attention_resolutions",
      inferred.attention_resolutions.empty() ? cat(2 * inferred.size()) : inferred.attention_resolutions);
  truth("class_cond", inferred.class_cond);
  truth("learn_sigma", inferred.learn_sigma);
  truth("resblock_updown", inferred.resblock_updown);
  truth("use_scale_shift_norm", inferred.use_scale_shift_norm);
  return text;
}

}  // namespace sr3

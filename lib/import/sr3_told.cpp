// What the tensors of Janspiry's network tell of its configuration.
#include <algorithm>

#include "base/error.h"
#include "import/sr3_config.h"

namespace sr3 {
namespace {

constexpr int64_t kMostUnits = 1024;

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

std::optional<Sr3Config> sr3_told_by(const NetworkView& net) {
  Sr3Config told;
  told.inner_channel = size_of(net, "noise_level_mlp.1.weight", 1);
  told.in_channel = size_of(net, kSr3Marker, 1);
  told.out_channel = size_of(net, "final_conv.block.3.weight", 0);
  if (told.inner_channel < 1 || told.in_channel < 1 || told.out_channel < 1) return std::nullopt;
  told.conditional = told.in_channel != told.out_channel;
  told.channel_multiplier.clear();
  told.attn_res.clear();
  told.res_blocks = 0;
  int64_t blocks = 0;
  for (int64_t k = 1; k < kMostUnits; ++k) {
    const int64_t width = size_of(net, cat("downs.", k, ".res_block.block1.block.3.weight"), 0);
    if (width > 0) {
      const int64_t level = static_cast<int64_t>(told.channel_multiplier.size()) - (blocks > 0 ? 1 : 0);
      if (blocks++ == 0) told.channel_multiplier.push_back(width / told.inner_channel);
      if (blocks == 1 && net.find(cat("downs.", k, ".attn.qkv.weight")))
        told.attn_res.push_back(told.image_size >> std::min<int64_t>(level, 30));
      continue;
    }
    told.res_blocks = std::max(told.res_blocks, blocks);
    blocks = 0;
    if (!net.find(cat("downs.", k, ".conv.weight"))) break;
  }
  if (told.channel_multiplier.empty()) return std::nullopt;
  return told;
}

std::vector<std::string> contradictions(const Sr3Config& config, const Sr3Config& told) {
  std::vector<std::string> list;
  const auto compare = [&](const char* name, const auto& given, const auto& wanted) {
    if (given != wanted) list.push_back(cat("'", name, "' ", wanted, " (here ", given, ")"));
  };
  compare("in_channel", config.in_channel, told.in_channel);
  compare("out_channel", config.out_channel, told.out_channel);
  compare("inner_channel", config.inner_channel, told.inner_channel);
  compare("channel_multiplier", list_text(config.channel_multiplier), list_text(told.channel_multiplier));
  compare("res_blocks", config.res_blocks, told.res_blocks);
  if (!list.empty()) return list;
  // Attention by level: attn_res counts from image_size.
  Sr3Config as_told = told;
  const std::vector<int64_t> have = sr3_network(config).attention;
  as_told.norm_groups = config.norm_groups;
  const std::vector<int64_t> wanted = sr3_network(as_told).attention;
  if (have != wanted) {
    std::vector<int64_t> resolutions;
    for (const int64_t level : wanted) resolutions.push_back(config.image_size >> level);
    compare("attn_res", list_text(config.attn_res), list_text(resolutions));
  }
  return list;
}

std::string sr3_config_text(const Sr3Config& told) {
  return cat("in_channel ", told.in_channel, ", out_channel ", told.out_channel, ", inner_channel ", told.inner_channel,
             ", channel_multiplier ", list_text(told.channel_multiplier), ", res_blocks ", told.res_blocks,
             ", attn_res ", list_text(told.attn_res), " for image_size ", told.image_size);
}

}  // namespace sr3

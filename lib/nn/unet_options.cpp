// What a network description may say. Shapes are checked here, so that nothing below meets a division with a remainder.
#include "nn/unet_options.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace sr3 {

namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& why) {
  throw Error(cat("network '", field, "': ", why));
}

void in_range(const std::string& field, double value, double low, double high) {
  if (!(value >= low && value <= high)) refuse(field, cat(value, " is not in ", low, "..", high));
}

void one_of(const std::string& field, const std::string& value, const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), value) != words.end()) return;
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "'" : ", '") + word + "'";
  refuse(field, cat("'", value, "' is none of ", all));
}

void validate_level(const LevelEmbedding& level, int64_t channels) {
  one_of("level.input", level.input, {"timestep", "sqrt-alpha-bar", "alpha-bar", "log-snr", "none"});
  one_of("level.order", level.order, {"cos-sin", "sin-cos"});
  if (!std::isfinite(level.scale)) refuse("level.scale", "is not finite");
  in_range("level.width", static_cast<double>(level.width), 0, 1 << 16);
  in_range("level.hidden", static_cast<double>(level.hidden), 0, 1 << 16);
  in_range("level.out", static_cast<double>(level.out), 0, 1 << 16);
  const int64_t half = (level.width > 0 ? level.width : channels) / 2;
  if (!(level.frequency_shift >= 0 && level.frequency_shift < static_cast<double>(std::max<int64_t>(1, half))))
    refuse("level.frequency_shift", cat(level.frequency_shift, " is not between 0 and below half the width, ", half));
}

}  // namespace

void validate(const UNetOptions& o) {
  in_range("in_channels", static_cast<double>(o.in_channels), 1, 4096);
  in_range("condition_channels", static_cast<double>(o.condition_channels), 0, 4096);
  in_range("out_channels", static_cast<double>(o.out_channels), 1, 4096);
  one_of("concat_order", o.concat_order, {"x-condition", "condition-x"});
  in_range("patch", static_cast<double>(o.patch), 1, 64);
  in_range("channels", static_cast<double>(o.channels), 1, 1 << 14);
  if (o.multipliers.empty() || o.multipliers.size() > 16) refuse("multipliers", "needs 1 to 16 levels");
  if (o.blocks.size() != o.multipliers.size())
    refuse("blocks", cat(o.blocks.size(), " levels, but 'multipliers' has ", o.multipliers.size()));
  in_range("groups", static_cast<double>(o.groups), 1, 1 << 14);
  in_range("heads", static_cast<double>(o.heads), 1, 1 << 10);
  in_range("head_channels", static_cast<double>(o.head_channels), 0, 1 << 14);
  for (size_t i = 0; i < o.multipliers.size(); ++i) {
    const double channels = o.multipliers[i] * static_cast<double>(o.channels);
    if (!(channels >= 1 && channels <= 1 << 16) || channels != std::floor(channels))
      refuse("multipliers", cat(o.multipliers[i], " times ", o.channels, " channels is no whole number of channels"));
    const auto whole = static_cast<int64_t>(channels);
    if (whole % o.groups != 0)
      refuse("groups", cat(o.groups, " does not divide the ", whole, " channels of level ", i));
    in_range("blocks", static_cast<double>(o.blocks[i]), 1, 64);
    const bool attends =
        std::find(o.attention.begin(), o.attention.end(), static_cast<int64_t>(i)) != o.attention.end() ||
        (o.middle_attention && i + 1 == o.multipliers.size());
    const int64_t heads = o.head_channels > 0 ? o.head_channels : o.heads;
    if (attends && whole % heads != 0)
      refuse(o.head_channels > 0 ? "head_channels" : "heads",
             cat(heads, " does not divide the ", whole, " channels of level ", i));
  }
  for (const int64_t level : o.attention)
    if (level < 0 || level >= static_cast<int64_t>(o.multipliers.size()))
      refuse("attention", cat("there is no level ", level, " of ", o.multipliers.size()));
  if (!(o.norm_eps > 0 && o.norm_eps < 1)) refuse("norm_eps", cat(o.norm_eps, " is not in 0..1"));
  one_of("resample", o.resample, {"conv", "conv-same", "block"});
  if (!(o.skip_scale > 0 && o.skip_scale <= 1)) refuse("skip_scale", cat(o.skip_scale, " is not in 0..1"));
  if (!(o.dropout >= 0 && o.dropout < 1)) refuse("dropout", cat(o.dropout, " is not in 0..1"));
  in_range("classes", static_cast<double>(o.classes), 0, 1 << 24);
  validate_level(o.level, o.channels);
}

}  // namespace sr3

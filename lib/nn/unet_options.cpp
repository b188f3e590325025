// Which networks are possible. Their shapes are checked here, so that code below need not expect a division with a remainder.
#include "nn/unet_options.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/range.h"

namespace sr3 {

namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& why) {
  throw Error(cat("network '", field, "': ", why));
}

template <class Number>
void in_range(const std::string& field, Number value, const Range& range) {
  if (!range.holds(static_cast<double>(value))) refuse(field, cat(value, " is not in the range ", range.text()));
}

void one_of(const std::string& field, const std::string& value, const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), value) != words.end()) return;
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "'" : ", '") + word + "'";
  refuse(field, cat("'", value, "' is not one of ", all));
}

void validate_level(const LevelEmbedding& level, int64_t channels) {
  one_of("level.input", level.input, {"timestep", "sqrt-alpha-bar", "alpha-bar", "log-snr", "none"});
  one_of("level.order", level.order, {"cos-sin", "sin-cos"});
  if (!std::isfinite(level.scale)) refuse("level.scale", "it is not finite");
  in_range("level.width", level.width, within(0, 1 << 16));
  in_range("level.hidden", level.hidden, within(0, 1 << 16));
  in_range("level.out", level.out, within(0, 1 << 16));
  const int64_t half = (level.width > 0 ? level.width : channels) / 2;
  // Below half the width, by which the exponents are divided after the shift.
  in_range("level.frequency_shift", level.frequency_shift,
           from_to_below(0, static_cast<double>(std::max<int64_t>(1, half))));
}

}  // namespace

void validate(const UNetOptions& o) {
  in_range("in_channels", o.in_channels, within(1, 4096));
  in_range("condition_channels", o.condition_channels, within(0, 4096));
  in_range("out_channels", o.out_channels, within(1, 4096));
  one_of("concat_order", o.concat_order, {"x-condition", "condition-x"});
  in_range("patch", o.patch, within(1, 64));
  in_range("channels", o.channels, within(1, 1 << 14));
  if (o.multipliers.empty() || o.multipliers.size() > 16) refuse("multipliers", "needs 1 to 16 levels");
  if (o.blocks.size() != o.multipliers.size())
    refuse("blocks", cat(o.blocks.size(), " levels, but 'multipliers' has ", o.multipliers.size()));
  in_range("groups", o.groups, within(1, 1 << 14));
  in_range("heads", o.heads, within(1, 1 << 10));
  in_range("head_channels", o.head_channels, within(0, 1 << 14));
  for (size_t i = 0; i < o.multipliers.size(); ++i) {
    const double channels = o.multipliers[i] * static_cast<double>(o.channels);
    if (!(channels >= 1 && channels <= 1 << 16) || channels != std::floor(channels))
      refuse("multipliers",
             cat(o.multipliers[i], " times ", o.channels, " channels is not a whole number of channels"));
    const auto whole = static_cast<int64_t>(channels);
    if (whole % o.groups != 0)
      refuse("groups", cat(o.groups, " does not divide the ", whole, " channels of level ", i));
    in_range("blocks", o.blocks[i], within(1, 64));
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
  in_range("norm_eps", o.norm_eps, between(0, 1));
  one_of("resample", o.resample, {"conv", "conv-same", "block"});
  in_range("skip_scale", o.skip_scale, {.low = 0, .high = 1, .low_open = true});
  in_range("dropout", o.dropout, from_to_below(0, 1));
  in_range("classes", o.classes, within(0, 1 << 24));
  validate_level(o.level, o.channels);
}

}  // namespace sr3

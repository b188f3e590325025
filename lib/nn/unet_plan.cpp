#include "nn/unet_plan.h"

#include <algorithm>

namespace sr3 {

namespace {

int last(const auto& list) { return static_cast<int>(list.size()) - 1; }

int64_t or_else(int64_t value, int64_t otherwise) { return value > 0 ? value : otherwise; }

}  // namespace

void Plan::add(std::string name, std::vector<int64_t> shape, Init init, int64_t fan_in) {
  parameters.push_back({std::move(name), std::move(shape), init, fan_in});
}

int Plan::add_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t level, bool zero,
                   int64_t stride, bool bias) {
  const Init init = zero ? Init::kZero : Init::kUniform;
  add(name + ".weight", {out, in, kernel, kernel}, init, in * kernel * kernel);
  if (bias) add(name + ".bias", {out}, init, in * kernel * kernel);
  convs.push_back({name, in, out, kernel, stride, bias, level, stride == 2 && options.resample == "conv-same"});
  return last(convs);
}

int Plan::add_norm(const std::string& name, int64_t channels) {
  add(name + ".weight", {channels}, Init::kOne);
  add(name + ".bias", {channels}, Init::kZero);
  norms.push_back({name, channels});
  return last(norms);
}

void Plan::add_linear(const std::string& name, int64_t in, int64_t out, bool zero) {
  const Init init = zero ? Init::kZero : Init::kUniform;
  add(name + ".weight", {out, in}, init, in);
  add(name + ".bias", {out}, init, in);
}

int Plan::add_attention(const std::string& name, int64_t channels, int64_t level) {
  AttentionPlan a;
  a.norm = add_norm(name + ".norm", channels);
  a.qkv = add_conv(name + ".qkv", channels, 3 * channels, 1, level, false, 1, options.attention_bias);
  a.out = add_conv(name + ".out", channels, channels, 1, level, /*zero=*/true);
  a.heads = options.head_channels > 0 ? channels / options.head_channels : options.heads;
  a.channels = channels;
  a.level = level;
  attentions.push_back(a);
  return last(attentions);
}

int Plan::add_block(const std::string& name, int64_t in, int64_t out, int64_t level, Resample resample,
                    bool attention) {
  BlockPlan b;
  b.number = static_cast<int>(blocks.size());
  b.resample = resample;
  b.norm1 = add_norm(name + ".norm1", in);
  b.conv1 = add_conv(name + ".conv1", in, out, 3, level);
  if (embedding > 0) {
    const int64_t width = options.scale_shift ? 2 * out : out;
    add_linear(name + ".embed", embedding, width);
    projections.push_back({name + ".embed", embedding, width});
    b.projection = last(projections);
  }
  b.norm2 = add_norm(name + ".norm2", out);
  b.conv2 = add_conv(name + ".conv2", out, out, 3, level, /*zero=*/true);
  if (in != out) b.skip = add_conv(name + ".skip", in, out, 1, level);
  if (attention) b.attention = add_attention(name + ".attention", out, level);
  blocks.push_back(b);
  return last(blocks);
}

void Plan::add_embeddings() {
  const LevelEmbedding& level = options.level;
  has_level_embedding = level.input != "none";
  sinusoid = or_else(level.width, options.channels);
  const int64_t hidden = or_else(level.hidden, 4 * options.channels);
  const int64_t out = or_else(level.out, hidden);
  if (!has_level_embedding && options.classes == 0 && !options.augmentation_level) return;
  embedding = out;
  if (has_level_embedding) {
    add_linear("time.0", sinusoid, hidden);
    add_linear("time.2", hidden, out);
  }
  if (options.classes > 0) add("classes.weight", {options.classes, out}, Init::kNormal);
  if (options.augmentation_level) {
    add_linear("augment.0", sinusoid, hidden);
    add_linear("augment.2", hidden, out, /*zero=*/true);
  }
}

int64_t Plan::channels_of(int64_t level) const {
  return static_cast<int64_t>(options.multipliers[level] * static_cast<double>(options.channels));
}

bool Plan::attends(int64_t level) const {
  return std::find(options.attention.begin(), options.attention.end(), level) != options.attention.end();
}

Step Plan::add_resampling(const std::string& name, int64_t channels, int64_t level, Resample to) {
  Step step;
  step.resample = to;
  if (options.resample == "block")
    step.block = add_block(name, channels, channels, level, to, false);
  else
    step.conv = add_conv(name + ".conv", channels, channels, 3, level, false, to == Resample::kDown ? 2 : 1);
  return step;
}

std::vector<int64_t> Plan::add_encoder() {
  const auto levels = static_cast<int64_t>(options.multipliers.size());
  int number = 0;
  const auto name = [&] { return "down." + std::to_string(number++); };
  int64_t c = channels_of(0);
  const int64_t area = options.patch * options.patch;
  stem = add_conv(name() + ".conv", (options.in_channels + options.condition_channels) * area, c, 3, 0);
  std::vector<int64_t> kept = {c};
  const auto keep = [&](Step step) {
    step.keep = true;
    kept.push_back(c);
    steps.push_back(step);
  };
  for (int64_t level = 0; level < levels; ++level) {
    for (int64_t i = 0; i < options.blocks[level]; ++i) {
      Step step;
      step.block = add_block(name(), c, channels_of(level), level, Resample::kNone, attends(level));
      c = channels_of(level);
      keep(step);
    }
    if (level + 1 < levels) keep(add_resampling(name(), c, level + 1, Resample::kDown));
  }
  return kept;
}

void Plan::add_middle(int64_t channels) {
  const auto innermost = static_cast<int64_t>(options.multipliers.size()) - 1;
  for (int i = 0; i < 2; ++i) {
    Step step;
    step.block = add_block("middle." + std::to_string(i), channels, channels, innermost, Resample::kNone,
                           i == 0 && options.middle_attention);
    steps.push_back(step);
  }
}

int64_t Plan::add_decoder(std::vector<int64_t> kept) {
  int number = 0;
  const auto name = [&] { return "up." + std::to_string(number++); };
  int64_t c = kept.back();
  for (auto level = static_cast<int64_t>(options.multipliers.size()) - 1; level >= 0; --level) {
    for (int64_t i = 0; i <= options.blocks[level]; ++i) {
      Step step;
      step.join = true;
      step.block = add_block(name(), c + kept.back(), channels_of(level), level, Resample::kNone, attends(level));
      kept.pop_back();
      c = channels_of(level);
      steps.push_back(step);
    }
    if (level > 0) steps.push_back(add_resampling(name(), c, level - 1, Resample::kUp));
  }
  return c;
}

Plan::Plan(const UNetOptions& given) : options(given) {
  validate(options);
  add_embeddings();
  const std::vector<int64_t> kept = add_encoder();
  add_middle(kept.back());
  const int64_t channels = add_decoder(kept);
  out_norm = add_norm("out.norm", channels);
  out_conv = add_conv("out.conv", channels, options.out_channels * options.patch * options.patch, 3, 0, /*zero=*/true);
}

int64_t Plan::multiple() const { return options.patch << (options.multipliers.size() - 1); }

double Plan::flops(int64_t height, int64_t width) const {
  const auto padded = [&](int64_t n) {
    return static_cast<double>((n + multiple() - 1) / multiple() * multiple() / options.patch);
  };
  const double area = padded(height) * padded(width);
  const auto at = [&](int64_t level) { return area / static_cast<double>(int64_t{1} << (2 * level)); };
  double sum = 0;
  for (const auto& c : convs) sum += 2.0 * static_cast<double>(c.in * c.out * c.kernel * c.kernel) * at(c.level);
  for (const auto& p : projections) sum += 2.0 * static_cast<double>(p.in * p.out);
  for (const auto& a : attentions) sum += 4.0 * static_cast<double>(a.channels) * at(a.level) * at(a.level);
  return sum;
}

}  // namespace sr3

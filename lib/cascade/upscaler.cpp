#include "cascade/upscaler.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "cascade/consistency.h"
#include "diffusion/noise_aug.h"
#include "tensor/aten.h"
#include "tensor/upsample.h"

namespace sr3 {
namespace {

constexpr int64_t kLongestSide = 512, kShortestSide = 128, kOverlap = 32;
constexpr int64_t kMaxAtOnce = 16;
// Prepared conditions of up to this size are kept for all steps; larger ones are prepared again at each step.
constexpr int64_t kPreparedBytes = int64_t{1} << 28;
// Clipping and the overlap of the kernels leave an error after each projection, which shrinks geometrically.
constexpr int kFinalProjections = 10;

// One batch of images through all sampling steps.
class Job {
 public:
  Job(const Stage& stage, bool consistency, const std::vector<UpscaleItem>& items, Tiling tiling, int64_t at_once);
  at::Tensor run(const std::function<void(int64_t)>& after_step);  // (N,C,H,W) in [-1,1]

 private:
  Stage::Prepared prepared(TileRange range);
  at::Tensor noise(int64_t k) const;
  at::Tensor image_of(const at::Tensor& x0) const;
  at::Tensor noisy_image_of(const at::Tensor& x) const;
  at::Tensor projected(const at::Tensor& image) const;
  at::Tensor corrected(const at::Tensor& x0) const;

  const Stage& stage_;
  const bool consistency_;
  const int64_t at_once_;
  const ImageOptions& image_;
  const bool residual_;
  Tiling tiling_;
  Projection projection_;
  std::vector<NoiseKey> keys_;
  std::vector<at::Tensor> low_res_;  // with --consistency
  at::Tensor condition_, labels_;    // (N,C,H,W), (N)
  bool keep_ = false;
  std::vector<Stage::Prepared> kept_;  // for each batch of windows
};

Job::Job(const Stage& stage, bool consistency, const std::vector<UpscaleItem>& items, Tiling tiling, int64_t at_once)
    : stage_(stage),
      consistency_(consistency),
      at_once_(at_once),
      image_(stage.manifest().image),
      residual_(stage.manifest().diffusion.target == "residual"),
      tiling_(std::move(tiling)) {
  const auto& low = stage.manifest().low_res;
  const Enlargement up = enlargement_named(low.upsample);
  std::vector<at::Tensor> conditions;
  std::vector<int64_t> labels;
  for (const UpscaleItem& item : items) {
    at::Tensor given = item.low_res;
    if (stage.noise_steps() && !item.noised)
      given = add_condition_noise_at(given.unsqueeze(0), stage.alpha_bar(), *stage.noise_steps(), item.key.seed,
                                     static_cast<int64_t>(item.key.index))
                  .condition[0];
    conditions.push_back(enlarge_planes(given, tiling_.width(), tiling_.height(), up));
    keys_.push_back(item.key);
    labels.push_back(item.label);
    if (consistency) low_res_.push_back(item.low_res);
  }
  projection_ = {kernel_named(low.recipe.kernel), up.kernel, items[0].low_res.size(2), items[0].low_res.size(1)};
  condition_ = at::stack(conditions).to(stage.device());
  if (stage.manifest().network.classes > 0) labels_ = at::tensor(labels, at::kLong).to(stage.device());
  tiling_.to(stage.device());
  // The network keeps the first convolution's output for the condition, in float32.
  const auto& network = stage.manifest().network;
  const int64_t bytes = condition_.size(0) * tiling_.tiles() * tiling_.tile_height() * tiling_.tile_width() /
                        (network.patch * network.patch) * network.channels * 4;
  keep_ = bytes <= kPreparedBytes;
}

Stage::Prepared Job::prepared(TileRange range) {
  const auto slot = static_cast<size_t>(range.first / at_once_);
  if (slot < kept_.size() && kept_[slot].given) return kept_[slot];
  at::Tensor labels;
  if (labels_.defined())
    labels = labels_.index_select(
        0, at::arange(range.first, range.first + range.count, labels_.options()).div(tiling_.tiles(), "floor"));
  // The regression network has no x_t: the condition takes its place (run()).
  const bool concatenated = stage_.manifest().network.condition_channels > 0;
  auto made = stage_.prepare(range.count, concatenated ? windows(tiling_, condition_, range) : at::Tensor(), labels);
  if (keep_) {
    kept_.resize(std::max(kept_.size(), slot + 1));
    kept_[slot] = made;
  }
  return made;
}

at::Tensor Job::noise(int64_t k) const {
  return philox_noise(keys_, static_cast<uint32_t>(k), image_.channels, tiling_.height(), tiling_.width())
      .to(stage_.device());
}

// The image (N,C,H,W) in [-1,1] of a predicted x0, which may be a residual.
at::Tensor Job::image_of(const at::Tensor& x0) const {
  if (!residual_) return x0.clamp(-1, 1);
  return x0.div(stage_.manifest().diffusion.residual_scale).add_(condition_).clamp_(-1, 1);
}

// The noisy image of x at the level where the stage stops; x may be a residual (Stage::stop_at).
at::Tensor Job::noisy_image_of(const at::Tensor& x) const {
  if (!residual_) return x;
  const double level = stage_.levels().end, scale = stage_.manifest().diffusion.residual_scale;
  return (condition_ * std::sqrt(level) + x / scale) * std::sqrt(stage_.stops_at() / level);
}

at::Tensor Job::projected(const at::Tensor& image) const {
  std::vector<at::Tensor> moved;
  const at::Tensor here = image.to(at::kCPU);
  for (size_t i = 0; i < low_res_.size(); ++i) moved.push_back(projection_(here[static_cast<int64_t>(i)], low_res_[i]));
  return at::stack(moved).to(image.device()).clamp_(-1, 1);
}

// Replaces the sampler's clamp, which is right for images only: a residual is clamped so that its image stays within [-1,1].
at::Tensor Job::corrected(const at::Tensor& x0) const {
  at::Tensor image = image_of(x0);
  if (consistency_) image = projected(image);
  return residual_ ? image.sub_(condition_).mul_(stage_.manifest().diffusion.residual_scale) : image;
}

at::Tensor Job::run(const std::function<void(int64_t)>& after_step) {
  const bool learned = stage_.diffuses() && stage_.manifest().diffusion.variance == "learned";
  const auto evaluate = [&](const at::Tensor& x, int64_t k) {
    const at::Tensor prediction = blend_tiles(tiling_, x, at_once_, [&](const at::Tensor& part, TileRange range) {
      const Denoised one = stage_.denoise(prepared(range), part, k);
      return learned ? at::cat({one.x0, one.variance_fraction}, 1) : one.x0;
    });
    return learned ? Denoised{prediction.narrow(1, 0, image_.channels),
                              prediction.narrow(1, image_.channels, image_.channels)}
                   : Denoised{prediction, {}};
  };
  at::Tensor x0;
  if (stage_.diffuses()) {
    SamplerOptions sampling = stage_.sampling();
    SampleHooks hooks;
    if (sampling.clip || consistency_) hooks.correct_x0 = [&](const at::Tensor& x, int64_t) { return corrected(x); };
    hooks.after_step = [&](int64_t k) { after_step(k + 1); };
    sampling.clip = false;  // corrected() does it
    x0 = sample_loop(
        sampling, stage_.levels(), evaluate, [&](int64_t k) { return noise(k); }, hooks);
  } else {
    x0 = evaluate(condition_, 0).x0;
    after_step(1);
  }
  if (stage_.stops_at() < 1) return noisy_image_of(x0);
  at::Tensor image = image_of(x0);
  if (consistency_)
    for (int i = 0; i < kFinalProjections; ++i) image = projected(image);
  return image;
}

}  // namespace

void UpscaleOptions::declare(Options& options) {
  options.group(groups::kTiles);
  options.add("tile", 0, &tile, "N", at_least(0),
              "longest side of the tiles, in pixels of the result; 0: by the network");
  options.add("overlap", 0, &overlap, "N", at_least(0),
              "pixels that neighbouring tiles share; default: 32, or half of smaller tiles");
  options.add("batch", 0, &batch, "N", at_least(0), "tiles, or images of one size, in one batch; 0: by size");
  options.group(groups::kResult);
  options.add("consistency", 0, &consistency, "project the result onto the images that shrink to the input");
}

void validate(const UpscaleOptions& options) {
  const int64_t side = options.tile ? options.tile : kShortestSide;
  if (options.overlap && *options.overlap > side / 2)
    throw UsageError(cat("--overlap ", *options.overlap, " is more than half of the tiles' ", side));
}

Upscaler::Upscaler(const Stage& stage, const UpscaleOptions& options) : stage_(stage), options_(options) {
  validate(options);
  const auto& m = stage.manifest();
  if (m.kind == "base") throw Error(cat("cannot upscale with '", stage.path(), "': it is a base stage, for sample(1)"));
}

// Attention was trained on as many positions as a training crop has, so larger tiles suit it less; without attention only memory
// limits the size. An image of the size of a training crop is never cut.
int64_t Upscaler::default_side() const {
  const auto& network = stage_.manifest().network;
  const int64_t pixels = kMapBytes * network.patch * network.patch / (network.channels * 4);
  int64_t side = std::clamp(static_cast<int64_t>(std::sqrt(static_cast<double>(pixels))), kShortestSide, kLongestSide);
  if (network.middle_attention || !network.attention.empty())
    side = std::min(side, std::max(kShortestSide, stage_.manifest().image.high_res));
  return std::max(side, std::min(kLongestSide, stage_.manifest().image.high_res));
}

Tiling Upscaler::tiling(int64_t width, int64_t height) const {
  int64_t side = options_.tile ? options_.tile : default_side();
  // An image that has no more pixels than a tile is not cut, whatever its shape.
  if (options_.tile == 0 && width * height <= side * side) side = std::max({width, height, side});
  const int64_t overlap = options_.overlap.value_or(std::min(kOverlap, side / 2));
  return Tiling(height, width, {side, overlap, stage_.scale(), stage_.size_multiple()});
}

int64_t Upscaler::tiles_at_once(const Tiling& tiling) const {
  if (options_.batch) return options_.batch;
  const int64_t side = default_side(), pixels = tiling.tile_width() * tiling.tile_height();
  return std::clamp<int64_t>(side * side / pixels, 1, kMaxAtOnce);
}

int64_t Upscaler::images_at_once(int64_t low_width, int64_t low_height) const {
  const Tiling whole = tiling(low_width * stage_.scale(), low_height * stage_.scale());
  return whole.tiles() > 1 ? 1 : tiles_at_once(whole);
}

at::Tensor Upscaler::operator()(const std::vector<UpscaleItem>& items,
                                const std::function<void(int64_t)>& after_step) const {
  const at::NoGradGuard no_grad;
  const at::Tensor& first = items.at(0).low_res;
  for (const UpscaleItem& item : items)
    if (item.low_res.sizes() != first.sizes()) throw std::logic_error("Upscaler: images of different sizes");
  const int64_t width = first.size(2) * stage_.scale(), height = first.size(1) * stage_.scale();
  Tiling tiles = tiling(width, height);
  const int64_t at_once = tiles_at_once(tiles);
  Job job(stage_, options_.consistency, items, std::move(tiles), at_once);
  return job.run(after_step).to(at::kCPU);
}

}  // namespace sr3

#include "cascade/upscaler.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/options.h"
#include "cascade/consistency.h"
#include "diffusion/noise_aug.h"
#include "nn/embedding.h"
#include "tensor/aten.h"
#include "tensor/upsample.h"

namespace sr3 {
namespace {

constexpr int64_t kLongestSide = 512, kShortestSide = 128, kOverlap = 32;
constexpr int64_t kMaxAtOnce = 16;
// Prepared conditions of up to this size are kept for all steps; larger ones are prepared again at each step.
constexpr int64_t kPreparedBytes = int64_t{1} << 28;
// A condition of up to this size is kept for all steps; a larger one is made again, band by band.
constexpr int64_t kConditionBytes = int64_t{1} << 27;
// Clipping and the overlap of the kernels leave an error after each projection, which shrinks geometrically.
constexpr int kFinalProjections = 10;

// One batch of images through all sampling steps, in bands of rows (cascade/tiling.h).
class Job {
 public:
  Job(const Stage& stage, bool consistency, const std::vector<UpscaleItem>& items, Tiling tiling, int64_t at_once);
  at::Tensor run(const std::function<void(double)>& after);  // (N,C,H,W) in [-1,1]

 private:
  at::Tensor condition(Rows rows) const;
  Stage::Prepared prepared(const WindowBatch& batch, const at::Tensor& condition, int64_t top);
  at::Tensor noise(int64_t k, Rows rows) const;
  Denoised predicted(Blend& blend, const Band& band, const at::Tensor& x, int64_t k);
  at::Tensor image_of(const at::Tensor& x0, Rows rows) const;
  at::Tensor noisy_image_of(const at::Tensor& x, Rows rows) const;
  at::Tensor projected(const at::Tensor& image) const;
  at::Tensor corrected(const at::Tensor& x0, Rows rows) const;
  at::Tensor finished(const at::Tensor& x, Rows rows) const;
  at::Tensor regressed(const std::function<void(double)>& after);
  at::Tensor sampled(const std::function<void(double)>& after);

  const Stage& stage_;
  const bool consistency_;
  const int64_t at_once_;
  const ImageOptions& image_;
  const bool residual_;
  Tiling tiling_;
  std::vector<Band> bands_;
  NoiseField noise_;
  std::optional<Projection> projection_;  // with --consistency
  std::vector<EnlargedRows> enlarged_;
  at::Tensor condition_, labels_;  // (N,C,H,W), unless it is too large to keep; (N)
  bool keep_ = false;
  std::map<int64_t, Stage::Prepared> kept_;  // for each batch of windows, by the first one
};

Job::Job(const Stage& stage, bool consistency, const std::vector<UpscaleItem>& items, Tiling tiling, int64_t at_once)
    : stage_(stage),
      consistency_(consistency),
      at_once_(at_once),
      image_(stage.manifest().image),
      residual_(stage.manifest().diffusion.target == "residual"),
      tiling_(std::move(tiling)),
      // A projection needs the whole image.
      bands_(tiling_.bands(consistency ? tiling_.tiles() : at_once)) {
  const auto& low = stage.manifest().low_res;
  const Enlargement up = enlargement_named(low.upsample);
  std::vector<NoiseKey> keys;
  std::vector<int64_t> labels;
  std::vector<at::Tensor> low_res;
  for (const UpscaleItem& item : items) {
    at::Tensor given = item.low_res;
    if (stage.noise_steps() && !item.noised)
      given = add_condition_noise_at(given.unsqueeze(0), stage.alpha_bar(), *stage.noise_steps(), item.key.seed,
                                     static_cast<int64_t>(item.key.index))
                  .condition[0];
    enlarged_.emplace_back(given, tiling_.width(), tiling_.height(), up);
    keys.push_back(item.key);
    labels.push_back(item.label);
    low_res.push_back(item.low_res);
  }
  noise_ = NoiseField(keys, image_.channels, tiling_.width(), stage.device());
  if (consistency)
    projection_.emplace(at::stack(low_res), tiling_.width(), tiling_.height(),
                        shrinking_kernel(low.recipe).value_or(Kernel::kBicubic), up.kernel, stage.device());
  const auto n = static_cast<int64_t>(items.size());
  // To another device it is copied once, whatever its size.
  if (!stage.device().is_cpu() || n * image_.channels * tiling_.height() * tiling_.width() * 4 <= kConditionBytes)
    condition_ = condition({0, tiling_.height()});
  if (stage.manifest().network.classes > 0) {
    const at::Tensor given = at::tensor(labels, at::kLong);
    check_labels(stage.manifest().network, given);
    labels_ = given.to(stage.device());
  }
  tiling_.to(stage.device());
  // The network keeps the first convolution's output for the condition, in float32.
  const auto& network = stage.manifest().network;
  const int64_t bytes = n * tiling_.tiles() * tiling_.tile_height() * tiling_.tile_width() /
                        (network.patch * network.patch) * network.channels * 4;
  keep_ = bytes <= kPreparedBytes;
}

// (N,C,rows,W), on the device.
at::Tensor Job::condition(Rows rows) const {
  if (condition_.defined()) return condition_.narrow(2, rows.first, rows.count);
  std::vector<at::Tensor> each;
  for (const EnlargedRows& one : enlarged_) each.push_back(one(rows));
  return at::stack(each).to(stage_.device());
}

// condition: (N,C,rows,W), whose first row is row `top`.
Stage::Prepared Job::prepared(const WindowBatch& batch, const at::Tensor& condition, int64_t top) {
  const int64_t first = batch.front().image * tiling_.tiles() + batch.front().tile;
  const auto found = kept_.find(first);
  if (found != kept_.end()) return found->second;
  at::Tensor labels;
  if (labels_.defined()) {
    std::vector<at::Tensor> each;  // views, since a list of numbers would have to be copied to the device
    for (const Window& window : batch) each.push_back(labels_.narrow(0, window.image, 1));
    labels = at::cat(each);
  }
  // The regression network has no x_t: the condition takes its place (regressed()).
  const bool concatenated = stage_.manifest().network.condition_channels > 0;
  auto made = stage_.prepare(static_cast<int64_t>(batch.size()),
                             concatenated ? windows(tiling_, condition, batch, top) : at::Tensor(), labels);
  if (keep_) kept_[first] = made;
  return made;
}

at::Tensor Job::noise(int64_t k, Rows rows) const { return noise_(static_cast<uint32_t>(k), rows.first, rows.count); }

// The network's prediction of the rows band.done.
Denoised Job::predicted(Blend& blend, const Band& band, const at::Tensor& x, int64_t k) {
  const bool learned = stage_.diffuses() && stage_.manifest().diffusion.variance == "learned";
  const at::Tensor given = condition(band.covered);
  const at::Tensor prediction = blend(band, x, at_once_, [&](const at::Tensor& part, const WindowBatch& batch) {
    const Denoised one = stage_.denoise(prepared(batch, given, band.covered.first), part, k);
    return learned ? at::cat({one.x0, one.variance_fraction}, 1) : one.x0;
  });
  if (!learned) return {prediction, {}};
  return {prediction.narrow(1, 0, image_.channels), prediction.narrow(1, image_.channels, image_.channels)};
}

// The image (N,C,rows,W) in [-1,1] of a predicted x0, which may be a residual.
at::Tensor Job::image_of(const at::Tensor& x0, Rows rows) const {
  if (!residual_) return x0.clamp(-1, 1);
  return stage_.residual().image(x0, condition(rows)).clamp_(-1, 1);
}

// The noisy image of x at the level where the stage stops; x may be a residual (Stage::stop_at).
at::Tensor Job::noisy_image_of(const at::Tensor& x, Rows rows) const {
  if (!residual_) return x;
  // The residual of the image sqrt(level) x + ... is linear in it: at this level its estimate counts sqrt(level) times.
  const double level = stage_.levels().end;
  const Residual& residual = stage_.residual();
  return (residual.estimate(condition(rows)) * std::sqrt(level) + x / residual.scale) *
         std::sqrt(stage_.stops_at() / level);
}

at::Tensor Job::projected(const at::Tensor& image) const { return (*projection_)(image).clamp_(-1, 1); }

// Replaces the sampler's clamp, which is right for images only: a residual is clamped so that its image stays within [-1,1].
at::Tensor Job::corrected(const at::Tensor& x0, Rows rows) const {
  if (!stage_.sampling().clip && !consistency_) return x0;
  at::Tensor image = image_of(x0, rows);
  if (consistency_) image = projected(image);
  return residual_ ? stage_.residual().of(image, condition(rows)) : image;
}

// What the last step, or the regression, makes of an image.
at::Tensor Job::finished(const at::Tensor& x, Rows rows) const {
  if (stage_.stops_at() < 1) return noisy_image_of(x, rows);
  at::Tensor image = image_of(x, rows);
  if (consistency_)
    for (int i = 0; i < kFinalProjections; ++i) image = projected(image);
  return image;
}

at::Tensor Job::regressed(const std::function<void(double)>& after) {
  const at::Tensor x = condition({0, tiling_.height()});
  at::Tensor result;
  Blend blend(tiling_);
  for (const Band& band : bands_) {
    const at::Tensor image = finished(predicted(blend, band, x, 0).x0, band.done);
    if (bands_.size() == 1) {
      result = image;
    } else {
      if (!result.defined()) result = at::empty_like(x);
      result.narrow(2, band.done.first, band.done.count).copy_(image);
    }
    after(static_cast<double>(band.done.first + band.done.count) / static_cast<double>(tiling_.height()));
  }
  return result;
}

at::Tensor Job::sampled(const std::function<void(double)>& after) {
  const ReverseSteps steps(stage_.sampling(), stage_.levels());
  const auto rows_of = [](const at::Tensor& image, Rows rows) {
    return image.defined() ? image.narrow(2, rows.first, rows.count) : image;
  };
  at::Tensor x = noise(0, {0, tiling_.height()}), previous;
  if (steps.uses_previous()) previous = at::empty_like(x);
  for (int64_t k = 0; k < steps.count(); ++k) {
    Blend blend(tiling_);
    for (const Band& band : bands_) {
      const Rows rows = band.done;
      Denoised prediction = predicted(blend, band, x, k);
      prediction.x0 = corrected(prediction.x0, rows);
      const at::Tensor x_t = rows_of(x, rows), former = rows_of(previous, rows);
      const at::Tensor next = steps(k, x_t, prediction, former, [&] { return noise(k + 1, rows); });
      // Rows that are done are not read again in this step.
      x_t.copy_(k + 1 < steps.count() ? next : finished(next, rows));
      if (previous.defined()) former.copy_(prediction.x0);
      after(static_cast<double>(k) +
            static_cast<double>(rows.first + rows.count) / static_cast<double>(tiling_.height()));
    }
  }
  return x;
}

at::Tensor Job::run(const std::function<void(double)>& after) {
  return stage_.diffuses() ? sampled(after) : regressed(after);
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
  if (options.consistency && !shrinking_kernel(m.low_res.recipe))
    throw UsageError(
        cat("--consistency: '", stage.path(), "' learned ",
            m.low_res.recipe.kernel == kGivenImages ? "from given low-resolution images" : "to undo a random recipe",
            ", and its results need not shrink to the input"));
  if (options.consistency && m.image.scale() == 1)
    throw UsageError(cat("--consistency: '", stage.path(), "' does not enlarge, and its results would be the input"));
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
  const int64_t factor = batch_factor(stage_.device());
  return std::clamp<int64_t>(factor * side * side / pixels, 1, factor * kMaxAtOnce);
}

int64_t Upscaler::images_at_once(int64_t low_width, int64_t low_height) const {
  const Tiling whole = tiling(low_width * stage_.scale(), low_height * stage_.scale());
  return whole.tiles() > 1 ? 1 : tiles_at_once(whole);
}

at::Tensor Upscaler::operator()(const std::vector<UpscaleItem>& items, const std::function<void(double)>& after) const {
  const at::NoGradGuard no_grad;
  const at::Tensor& first = items.at(0).low_res;
  for (const UpscaleItem& item : items)
    if (item.low_res.sizes() != first.sizes()) throw std::logic_error("Upscaler: images of different sizes");
  const int64_t width = first.size(2) * stage_.scale(), height = first.size(1) * stage_.scale();
  const Tiling tiles = tiling(width, height);
  const int64_t at_once = tiles_at_once(tiles);
  const auto total = static_cast<double>(items.size());
  std::vector<at::Tensor> results;
  limit_.for_parts(static_cast<int64_t>(items.size()), std::min(at_once, tiles.tiles()),
                   [&](int64_t begin, int64_t count) {
                     const std::vector<UpscaleItem> some(items.begin() + begin, items.begin() + begin + count);
                     Job job(stage_, options_.consistency, some, tiles, std::min(at_once, limit_.limit()));
                     results.push_back(job.run([&](double steps) {
                                            const auto before = static_cast<double>(begin * stage_.steps());
                                            after((before + steps * static_cast<double>(count)) / total);
                                          })
                                           .to(at::kCPU));
                   });
  return results.size() == 1 ? results[0] : at::cat(results);
}

}  // namespace sr3

#include "cascade/chain.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "base/options.h"
#include "cascade/base_sampler.h"
#include "degrade/resize.h"
#include "image/alpha.h"
#include "tensor/aten.h"
#include "tensor/convert.h"

namespace sr3 {
namespace {

// The result with the alpha of the image that it was made from, enlarged. With 8 bits alpha is rounded, as a file would.
Image with_alpha_of(const Image& image, Image result) {
  result.alpha = resized_alpha(image, result.width, result.height, Kernel::kBicubic);
  if (result.depth == 8)
    for (uint16_t& alpha : result.alpha) alpha = static_cast<uint16_t>(rounded_to_8(alpha) * 257);
  return result;
}

}  // namespace

void ChainOptions::declare(Options& options) {
  options.group(groups::kResult);
  options.add("samples", 0, &samples, "K", at_least(1), "results for each image");
  declare_class(options, &label, "name, index or none, for stages with classes; default: the stream's");
  options.add("seed", 0, &seed, "N", at_least(0), "seed of the noise; default: the stream's, else 0");
  options.add("same-noise", 0, &same_noise, "one noise for all images, such as the frames of a video: no flicker");
  upscale.declare(options);
}

Chain::Chain(const std::vector<Stage>& stages, ChainOptions options, int depth, Hooks hooks)
    : stages_(stages), options_(std::move(options)), depth_(depth), hooks_(std::move(hooks)), labels_(stages.size()) {
  bool classes = false;
  for (size_t i = 0; i < stages.size(); ++i) {
    upscalers_.emplace_back(stages[i], options_.upscale);
    if (options_.label.empty() || stages[i].manifest().network.classes == 0) continue;
    const bool none = names_no_class(stages[i], options_.label);
    if (none && stages[i].manifest().diffusion.label_dropout == 0)
      throw UsageError(cat("--class none: '", stages[i].path(), "' was trained with a class always"));
    labels_[i] = none ? -1 : stages[i].class_index(options_.label);
    classes = true;
  }
  if (!options_.label.empty() && options_.label != kNoClass && !classes)
    throw UsageError(cat("--class ", options_.label, ": stage '", stages.at(0).path(), "' has no classes"));
}

int64_t Chain::steps_each() const {
  int64_t steps = 0;
  for (const Stage& stage : stages_) steps += stage.steps();
  return steps * options_.samples;
}

void Chain::push(const Frame& frame, const at::Tensor& image, bool noised) {
  const Work given{frame, image, noised};
  if (!waiting_.empty() && (waiting_.front().width() != given.width() || waiting_.front().height() != given.height()))
    flush();
  const int64_t at_once = upscalers_.at(0).images_at_once(given.width(), given.height()), k = options_.samples;
  for (int64_t sample = 0; sample < k; ++sample) {
    Work work = given;
    work.sample = sample;
    Frame& made = work.frame;
    if (k > 1) {
      made.key = suffixed_key(made.key, cat("-", sample + 1));
      if (made.total) *made.total *= k;
    }
    if (hooks_.skip && hooks_.skip(made.key)) {
      ++begun_;
      continue;
    }
    made.seed = options_.seed ? *options_.seed : frame.seed.value_or(0);
    for (size_t stage = 0; stage < stages_.size(); ++stage) label_for(stage, made);  // throws before any work is done
    waiting_.push_back(std::move(work));
    if (static_cast<int64_t>(waiting_.size()) >= at_once) flush();
  }
}

void Chain::flush() {
  std::vector<Work> work = std::move(waiting_);
  waiting_.clear();
  end_ = done_ + static_cast<int64_t>(work.size()) * steps_each() / options_.samples;
  for (size_t stage = 0; stage < stages_.size() && !work.empty(); ++stage) run(stage, work);
  for (Work& one : work) hooks_.sink(std::move(one.frame));
}

void Chain::run(size_t stage, std::vector<Work>& work) {
  const auto at_once = static_cast<size_t>(upscalers_[stage].images_at_once(work[0].width(), work[0].height()));
  for (size_t i = 0; i < work.size(); i += at_once) run_batch(stage, &work[i], std::min(at_once, work.size() - i));
}

void Chain::run_batch(size_t stage, Work* work, size_t count) {
  const int64_t scale = stages_[stage].scale();
  std::vector<UpscaleItem> items;
  for (size_t i = 0; i < count; ++i) {
    const Work& one = work[i];
    const uint64_t seed = stage_seed(static_cast<uint64_t>(*one.frame.seed), one.width() * scale, one.height() * scale,
                                     scale, one.sample);
    items.push_back({one.image.defined()
                         ? one.image
                         : to_tensor(with_filled_colours(one.frame.image), stages_[stage].manifest().image.channels),
                     {seed, options_.same_noise ? 0 : static_cast<uint64_t>(one.frame.index)},
                     label_for(stage, one.frame),
                     one.noised});
  }
  if (stage == 0) begun_ += static_cast<int64_t>(count);
  const auto n = static_cast<int64_t>(count), steps = stages_[stage].steps();
  const auto after = [&](double done) {
    if (!hooks_.progress) return;
    const std::string all = hooks_.expected ? cat(" of ", *hooks_.expected) : "";
    const std::string of = stages_.size() > 1 ? cat(", stage ", stage + 1) : "";
    hooks_.progress(static_cast<double>(done_) + done * static_cast<double>(n),
                    cat("image ", begun_, all, of, ", step ", static_cast<int64_t>(done), "/", steps),
                    static_cast<double>(end_));
  };
  const bool last = stage + 1 == stages_.size();
  const at::Tensor results = upscalers_[stage](items, after);
  const bool noisy = stages_[stage].stops_at() < 1, exact = !last && (options_.exact || noisy);
  done_ += n * steps;
  for (size_t i = 0; i < count; ++i) {
    Frame& frame = work[i].frame;
    const at::Tensor result = results[static_cast<int64_t>(i)];
    work[i].image = exact ? result.clone() : at::Tensor();
    work[i].noised = noisy;
    if (!noisy) frame.image = with_alpha_of(frame.image, to_image(result, last ? depth_ : 8));
    if (labels_[stage]) frame.label = *labels_[stage] < 0 ? std::nullopt : labels_[stage];
    // After the first stage each sample is an image of its own, with its own index in the stream.
    if (stage == 0) frame.index = frame.index * options_.samples + work[i].sample;
    work[i].sample = 0;
    if (hooks_.keep && !noisy) hooks_.keep(stage, frame);
  }
}

int64_t Chain::label_for(size_t stage, const Frame& frame) const {
  const int64_t classes = stages_[stage].manifest().network.classes;
  if (classes == 0) return -1;
  if (labels_[stage]) return *labels_[stage];
  if (!frame.label)
    throw DataError(
        cat("cannot upscale '", frame.origin, "': stage '", stages_[stage].path(), "' needs a class (--class)"));
  if (*frame.label < 0 || *frame.label >= classes)
    throw DataError(cat("cannot upscale '", frame.origin, "': its class ", *frame.label, " is out of range: stage '",
                        stages_[stage].path(), "' has ", classes, " classes"));
  return *frame.label;
}

}  // namespace sr3

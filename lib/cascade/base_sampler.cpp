#include "cascade/base_sampler.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/options.h"
#include "data/class_names.h"
#include "tensor/aten.h"
#include "tensor/noise.h"

namespace sr3 {
namespace {

constexpr int64_t kMaxAtOnce = 64;

std::vector<int64_t> labels_named(const Stage& stage, const std::string& text) {
  const int64_t classes = stage.manifest().network.classes;
  if (classes == 0) {
    if (text.empty() || text == kNoClass) return {};
    throw UsageError(cat("--class ", text, ": stage '", stage.path(), "' has no classes"));
  }
  std::vector<int64_t> labels;
  const auto& names = stage.manifest().classes;
  if (std::find(names.begin(), names.end(), text) != names.end()) {  // a class may be called "none", or "a,b"
    labels.push_back(stage.class_index(text));
  } else if (text == kNoClass) {
    if (stage.manifest().diffusion.label_dropout == 0)
      throw UsageError(cat("--class none: '", stage.path(), "' was trained with a class always"));
    labels.push_back(-1);
  } else if (text.empty() || text == "all") {
    for (int64_t i = 0; i < classes; ++i) labels.push_back(i);
  } else {
    std::set<int64_t> seen;
    for (const std::string& word : split_list(text)) {
      labels.push_back(stage.class_index(word));
      if (!seen.insert(labels.back()).second)
        throw UsageError(cat("--class ", text, ": '", word, "' is listed twice (a name goes before a number)"));
    }
  }
  return labels;
}

// A folder name for each class.
std::vector<std::string> folders_of(const StageManifest& manifest) {
  if (!manifest.classes.empty()) return class_folder_names(manifest.classes);
  std::vector<std::string> folders;
  for (int64_t i = 0; i < manifest.network.classes; ++i) folders.push_back(std::to_string(i));
  return folders;
}

}  // namespace

bool names_no_class(const Stage& stage, const std::string& text) {
  const auto& names = stage.manifest().classes;
  return text == kNoClass && std::find(names.begin(), names.end(), text) == names.end();
}

void check_base(const std::string& path, const StageManifest& manifest) {
  if (manifest.kind != "base")
    throw Error(cat("cannot draw from '", path, "': it is not a base stage but a ", manifest.kind,
                    " stage, which needs images (upscale)"));
}

void DrawOptions::declare(Options& options) {
  options.group(groups::kImages);
  options.add("number", 'n', &number, "N", at_least(1), "images in all");
  declare_class(options, &classes, "name, index, several with commas, all, or none; in equal shares");
  options.add("by-class", 0, &by_class, "name images CLASS/NUMBER, for a folder of each class");
  options.add("shard", 0, &shard, "I/N", "make only every N-th image, starting with the I-th");
  options.add("batch", 0, &batch, "N", at_least(0), "images in one batch; 0: by the network");
}

BaseSampler::BaseSampler(const Stage& stage, const DrawOptions& options)
    : stage_(stage), options_(options), shard_(options.shard) {
  check_base(stage.path(), stage.manifest());
  if (options.seed > INT64_MAX)
    throw UsageError(cat("--seed ", options.seed, " is more than a stream can carry, 2^63 - 1"));
  labels_ = labels_named(stage, options.classes);
  if (options.by_class && labels_.empty())
    throw UsageError(cat("--by-class: stage '", stage.path(), "' has no classes"));
  if (options.by_class) folders_ = folders_of(stage.manifest());
}

Frame BaseSampler::planned(int64_t k) const {
  Frame frame;
  frame.index = shard_.first + k * shard_.step;
  frame.key = number_key(frame.index);
  frame.origin = cat("image ", frame.index);
  frame.total = count();
  frame.seed = static_cast<int64_t>(options_.seed);
  if (labels_.empty()) return frame;
  const int64_t label = labels_[static_cast<size_t>(frame.index) % labels_.size()];
  if (label >= 0) frame.label = label;
  if (options_.by_class) {
    frame.key = cat(label < 0 ? kNoClass : folders_[static_cast<size_t>(label)], "/", frame.key);
  }
  return frame;
}

int64_t BaseSampler::at_once() const {
  if (options_.batch) return options_.batch;
  const StageManifest& m = stage_.manifest();
  const int64_t side = m.image.high_res / m.network.patch;
  const int64_t factor = batch_factor(stage_.device());
  return std::clamp<int64_t>(factor * kMapBytes / (side * side * m.network.channels * 4), 1, factor * kMaxAtOnce);
}

at::Tensor BaseSampler::operator()(const std::vector<Frame>& frames,
                                   const std::function<void(int64_t)>& after_step) const {
  const auto n = static_cast<int64_t>(frames.size());
  std::vector<at::Tensor> results;
  limit_.for_parts(n, 0, [&](int64_t begin, int64_t count) {
    const std::vector<Frame> some(frames.begin() + begin, frames.begin() + begin + count);
    results.push_back(batch(some, [&](int64_t step) { after_step((begin * stage_.steps() + step * count) / n); }));
  });
  return results.size() == 1 ? results[0] : at::cat(results);
}

at::Tensor BaseSampler::batch(const std::vector<Frame>& frames, const std::function<void(int64_t)>& after_step) const {
  const at::NoGradGuard no_grad;
  const ImageOptions& image = stage_.manifest().image;
  const int64_t side = image.high_res;
  std::vector<NoiseKey> keys;
  std::vector<int64_t> labels;
  for (const Frame& frame : frames) {
    keys.push_back(
        {stage_seed(static_cast<uint64_t>(*frame.seed), side, side, 1, 0), static_cast<uint64_t>(frame.index)});
    labels.push_back(frame.label.value_or(-1));
  }
  const auto n = static_cast<int64_t>(frames.size());
  const at::Tensor classes = labels_.empty() ? at::Tensor() : at::tensor(labels, at::kLong);
  const Stage::Prepared prepared = stage_.prepare(n, {}, classes);
  const NoiseField noise(keys, image.channels, side, stage_.device());
  SampleHooks hooks;
  hooks.after_step = [&](int64_t k) { after_step(k + 1); };
  const at::Tensor x = sample_loop(
      stage_.sampling(), stage_.levels(),
      [&](const at::Tensor& x_t, int64_t k) { return stage_.denoise(prepared, x_t, k); },
      [&](int64_t k) { return noise(static_cast<uint32_t>(k), 0, side); }, hooks);
  return (stage_.stops_at() < 1 ? x : x.clamp(-1, 1)).to(at::kCPU, at::kFloat);
}

void BaseSampler::all(const std::function<bool(const std::string& key)>& skip,
                      const std::function<void(int64_t done, const std::string& what)>& progress,
                      const std::function<void(Frame, const at::Tensor&)>& sink) const {
  std::vector<Frame> frames;
  int64_t done = 0;
  for (int64_t k = 0; k < count(); ++k) {
    Frame frame = planned(k);
    if (!skip || !skip(frame.key)) frames.push_back(std::move(frame));
    if (frames.empty() || (static_cast<int64_t>(frames.size()) < at_once() && k + 1 < count())) continue;
    const auto n = static_cast<int64_t>(frames.size());
    const at::Tensor images = (*this)(frames, [&](int64_t step) {
      if (progress)
        progress(done + step * n, cat("image ", k + 1, " of ", count(), ", step ", step, "/", stage_.steps()));
    });
    done += n * stage_.steps();
    for (int64_t i = 0; i < n; ++i) sink(std::move(frames[static_cast<size_t>(i)]), images[i]);
    frames.clear();
  }
}

}  // namespace sr3

#include "cas/labelled.h"

#include <algorithm>
#include <deque>
#include <future>
#include <string_view>

#include "base/error.h"
#include "data/class_names.h"
#include "data/dataset.h"
#include "format/digest.h"
#include "stream/workers.h"

namespace sr3 {
namespace {

DataOptions options_of(const std::vector<std::string>& operands, int64_t cache_mb) {
  DataOptions options;
  options.operands = operands;
  options.cache_mb = cache_mb;
  options.can_keep_going = false;  // without some of the images it would be a different score
  return options;
}

std::string digest_of(const Image& image) {
  std::string bytes = cat(image.width, "x", image.height, ":");
  bytes.append(reinterpret_cast<const char*>(image.u8.data()), image.u8.size());
  return sha256_bytes(bytes);
}

}  // namespace

struct LabelledImages::Images {
  Dataset dataset;
  Images(const std::vector<std::string>& operands, int64_t cache_mb)
      : dataset(options_of(operands, cache_mb), /*side=*/1) {}
};

LabelledImages::LabelledImages(const std::vector<std::string>& operands, int64_t cache_mb, int64_t threads,
                               const std::vector<std::string>& names)
    : images_(std::make_unique<Images>(operands, cache_mb)) {
  Dataset& dataset = images_->dataset;
  for (const std::string& folder : dataset.classes()) classes_.push_back(class_called(folder, names));
  std::sort(classes_.begin(), classes_.end());
  classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const auto found = std::find(classes_.begin(), classes_.end(), class_called(dataset.class_of(i), names));
    if (found == classes_.end())
      throw Error(cat("'", dataset.origin(i), "' has no class: images must lie in a folder for each class"));
    labels_.push_back(found - classes_.begin());
  }
  Workers workers(threads);
  std::deque<std::future<std::string>> pending;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    pending.push_back(workers.submit([&dataset, i] { return digest_of(*dataset.image(i)); }));
    if (pending.size() <= 4 * workers.size() && i + 1 < dataset.size()) continue;
    for (; !pending.empty() && (pending.size() > 2 * workers.size() || i + 1 == dataset.size()); pending.pop_front())
      digests_.push_back(pending.front().get());
  }
}

LabelledImages::~LabelledImages() = default;

std::shared_ptr<const Image> LabelledImages::image(int64_t i) const { return images_->dataset.image(i); }

const std::string& LabelledImages::origin(int64_t i) const { return images_->dataset.origin(i); }

const std::string& LabelledImages::key(int64_t i) const { return images_->dataset.key(i); }

std::vector<int64_t> LabelledImages::labels_among(const std::vector<std::string>& classes) const {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < size(); ++i) {
    const std::string& name = classes_[static_cast<size_t>(label(i))];
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end()) throw Error(cat("'", origin(i), "' has the unknown class '", name, "'"));
    labels.push_back(found - classes.begin());
  }
  return labels;
}

std::vector<int64_t> LabelledImages::counts() const {
  std::vector<int64_t> counts(classes_.size());
  for (const int64_t label : labels_) ++counts[static_cast<size_t>(label)];
  return counts;
}

std::string LabelledImages::digest() const {
  std::string all;
  for (int64_t i = 0; i < size(); ++i) all += cat(classes_[static_cast<size_t>(label(i))], "\n", digest(i), "\n");
  return sha256_bytes(all);
}

}  // namespace sr3

// Labelled images for classifiers. All images are decoded once to compute digests of their pixels, by which an image that
// is in two sets is recognised in any file format. The class of an image is that of data/dataset.h, which is usually the
// name of its folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "image/image.h"

namespace sr3 {

class LabelledImages {
 public:
  // Error if there are no images, or if an image has no class. `threads` 0 uses all cores. `names` are the class names
  // that folders may stand for (class_called in data/class_names.h).
  LabelledImages(const std::vector<std::string>& operands, int64_t cache_mb, int64_t threads,
                 const std::vector<std::string>& names = {});
  ~LabelledImages();

  int64_t size() const { return static_cast<int64_t>(digests_.size()); }
  // Image i, with 8 bits per sample. Thread-safe.
  std::shared_ptr<const Image> image(int64_t i) const;
  const std::string& origin(int64_t i) const;
  const std::string& key(int64_t i) const;
  // The sorted names of the classes, the index of image i's class, and the number of images in each class.
  const std::vector<std::string>& classes() const { return classes_; }
  int64_t label(int64_t i) const { return labels_[static_cast<size_t>(i)]; }
  std::vector<int64_t> counts() const;
  // The class of each image as an index into `classes`. Error if it is not among them.
  std::vector<int64_t> labels_among(const std::vector<std::string>& classes) const;
  // The SHA-256 of the size and samples of image i; and of all images with their classes, in order.
  const std::string& digest(int64_t i) const { return digests_[static_cast<size_t>(i)]; }
  std::string digest() const;

 private:
  struct Images;
  std::unique_ptr<Images> images_;
  std::vector<std::string> classes_, digests_;
  std::vector<int64_t> labels_;
};

}  // namespace sr3

// Images with classes, for classifiers: found, decoded once, and known by their pixels, so that an image that is in two
// sets is noticed whatever its file's format. The class is what data/dataset.h says: the folder that an image lies in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "image/image.h"

namespace sr3 {

class LabelledImages {
 public:
  // Error when there is no image, or one is of no class. threads: 0: all cores. names: of classes that folders may stand
  // for (class_called).
  LabelledImages(const std::vector<std::string>& operands, int64_t cache_mb, int64_t threads,
                 const std::vector<std::string>& names = {});
  ~LabelledImages();

  int64_t size() const { return static_cast<int64_t>(digests_.size()); }
  // 8 bits, as it is stored. For any thread.
  std::shared_ptr<const Image> image(int64_t i) const;
  const std::string& origin(int64_t i) const;
  // Sorted names; the place of image i's among them; images of each.
  const std::vector<std::string>& classes() const { return classes_; }
  int64_t label(int64_t i) const { return labels_[static_cast<size_t>(i)]; }
  std::vector<int64_t> counts() const;
  // SHA-256 of size and samples of one image; and of all images with their classes, in order.
  const std::string& digest(int64_t i) const { return digests_[static_cast<size_t>(i)]; }
  std::string digest() const;

 private:
  struct Images;
  std::unique_ptr<Images> images_;
  std::vector<std::string> classes_, digests_;
  std::vector<int64_t> labels_;
};

}  // namespace sr3

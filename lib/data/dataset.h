// The images from which training examples are cropped: listed once, checked by their headers, decoded when needed, and cached in
// memory within a limit. Any thread may call image().
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/loader.h"
#include "stream/listing.h"

namespace sr3 {

constexpr const char* kKeepGoingHelps = " (--keep-going replaces it by another image)";

// The class among `names` that a folder denotes: the class of the same name, else the only one whose images --by-class would
// put into this folder (a key cannot contain every name). If there is no such class, the folder's own name.
std::string class_called(const std::string& folder, const std::vector<std::string>& names);

class Dataset {
 public:
  // side: of the crops. Throws Error when an image is smaller (unless skip_small) or when there are no images, and DataError
  // when the size of an image cannot be read. With keep_going such an image stays in the list, and image() will throw.
  Dataset(const DataOptions& options, int64_t side);

  int64_t size() const { return static_cast<int64_t>(listing_.items.size()); }
  // Image i in 8 bits, after preprocessing. Throws DataError when it cannot be decoded, Error when its file is gone.
  std::shared_ptr<const Image> image(int64_t i);
  const std::string& origin(int64_t i) const { return listing_.items[static_cast<size_t>(i)].origin; }

  ImagesDigest digest() const;

  // The name of an image's class: the one that a list gives, else its folder, as "cats" for "train/cats/0001.png"; "" without
  // either.
  std::string class_of(int64_t i) const;
  // The names of all classes, sorted; empty when an image has no class.
  std::vector<std::string> classes() const;

 private:
  using Kept = std::list<std::pair<int64_t, std::shared_ptr<const Image>>>;  // most recently used first

  void leave_out(const std::vector<std::string>& paths);
  void leave_small_ones(const DataOptions& options);
  Image prepared(int64_t i) const;

  Listing listing_;
  int64_t side_;
  int64_t pad_;
  bool resize_;
  uint64_t budget_, held_ = 0;  // bytes of decoded images
  std::mutex mutex_;
  Kept kept_;
  std::unordered_map<int64_t, Kept::iterator> place_;
};

}  // namespace sr3

// The images from which training examples are cropped: listed once, checked by their headers, decoded when needed, and cached in
// memory within a limit. Any thread may call image().
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/loader.h"
#include "stream/listing.h"

namespace sr3 {

constexpr const char* kKeepGoingHelps = " (--keep-going replaces it by another image)";

class Dataset {
 public:
  // side: of the crops. Throws Error when an image is smaller (unless skip_small) or when there are no images, and DataError
  // when the size of an image cannot be read. With keep_going such an image stays in the list, and image() will throw.
  Dataset(const DataOptions& options, int64_t side);

  int64_t size() const { return static_cast<int64_t>(listing_.items.size()); }
  // Image i in 8 bits, after preprocessing. Throws DataError when it cannot be decoded, Error when its file is gone.
  std::shared_ptr<const Image> image(int64_t i);
  const std::string& origin(int64_t i) const { return listing_.items[static_cast<size_t>(i)].origin; }

  const std::string& key(int64_t i) const { return listing_.items[static_cast<size_t>(i)].key; }
  // The shorter and the longer side of the stored image, by its header. DataError when it cannot be read.
  std::pair<int64_t, int64_t> sides(int64_t i) const;

  ImagesDigest digest() const;

  // The name of an image's class: the one that a list gives, else its class folder (Part::folder in stream/operands.h); ""
  // without either.
  std::string class_of(int64_t i) const;
  // The number of images of each class; empty when none has a class. Throws DataError when some have one and others none.
  std::map<std::string, int64_t> class_counts() const;
  std::vector<std::string> classes() const;  // their names, in byte order

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

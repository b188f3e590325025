// The images that examples are cut from: found once, checked by their headers, decoded when needed, and kept in memory as far as
// that is allowed. For any thread.
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

constexpr const char* kKeepGoingHelps = " (--keep-going puts another image in its place)";

// The class among `names` that a folder stands for: the one called so, else the only one whose images --by-class would put
// there, since a key cannot hold every name. The folder's own name where there is none.
std::string class_called(const std::string& folder, const std::vector<std::string>& names);

class Dataset {
 public:
  // side: of the crops. Error when an image is smaller (unless skip_small), when there is none at all. With keep_going an
  // image that shows no size counts: image() will say what is wrong with it.
  Dataset(const DataOptions& options, int64_t side);

  int64_t size() const { return static_cast<int64_t>(listing_.items.size()); }
  // 8 bits, after preprocessing. DataError when it cannot be decoded, Error when it is gone.
  std::shared_ptr<const Image> image(int64_t i);
  const std::string& origin(int64_t i) const { return listing_.items[static_cast<size_t>(i)].origin; }

  ImagesDigest digest() const;

  // The class that a list names for an image, else the folder that it lies in, "" without one: "cats" of
  // "train/cats/0001.png".
  std::string class_of(int64_t i) const;
  // The names of all classes, sorted; none when an image is of none.
  std::vector<std::string> classes() const;

 private:
  using Kept = std::list<std::pair<int64_t, std::shared_ptr<const Image>>>;  // latest first

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

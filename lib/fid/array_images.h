// Images that other programs store as one array of a .npz file: arr_0, uint8, (N,H,W,3) or (N,H,W,1), as
// guided-diffusion writes its samples. They are read one by one, since the array may be larger than memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "stream/frame.h"
#include "stream/shard.h"

namespace sr3 {

class ArrayImages {
 public:
  // Whether the .npz file contains an arr_0. Error if it cannot be opened, DataError if it is damaged.
  static bool has_images(const std::string& path);

  // DataError if arr_0 is missing or is not an array of images, or if the images have more than max_pixels.
  ArrayImages(const std::string& path, const Shard& shard, int64_t max_pixels);
  ~ArrayImages();
  ArrayImages(const ArrayImages&) = delete;

  // The next image of the shard, or nothing at the end. Its key and index are its number in the array. A grey image gets
  // three equal channels.
  std::optional<Frame> next();
  // The number of images in this shard.
  int64_t expected() const;
  // The number of images in the file, other shards included.
  int64_t total() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3

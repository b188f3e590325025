// Images that other programs keep as one array of a .npz file: arr_0, uint8, (N,H,W,3) or (N,H,W,1), as
// guided-diffusion samples and evaluates them. Read image by image: the array may be larger than memory.
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
  // Whether the file is a .npz with an arr_0. Error when it cannot be opened, DataError when it is damaged.
  static bool has_images(const std::string& path);

  // DataError when arr_0 is no array of images, or one is larger than max_pixels.
  ArrayImages(const std::string& path, const Shard& shard, int64_t max_pixels);
  ~ArrayImages();
  ArrayImages(const ArrayImages&) = delete;

  // The next of the shard; key and index are its number; nothing at the end.
  std::optional<Frame> next();
  int64_t expected() const;
  // How many the file has, those of other shards too.
  int64_t met() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3

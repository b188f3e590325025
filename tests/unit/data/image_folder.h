// Shared by the loader's tests: a folder of images, images that encode their coordinates, and a stage's sizes.
#pragma once

#include <cmath>
#include <string>

#include "base/folder.h"
#include "base/rng.h"
#include "data/loader.h"
#include "image/codec.h"
#include "stage/presets.h"
#include "tensor/aten.h"

namespace samples {

using namespace sr3;

struct ImageFolder : Folder {
  void write(const std::string& name, const Image& image) const { put(name, encode(image, Format::kPng, {})); }
};

// Red encodes the image, green the column and blue the row, so that a crop shows where it is from.
inline Image marked(int64_t width, int64_t height, int which) {
  Image image = make_image(width, height);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      uint8_t* pixel = image.u8.data() + (y * width + x) * 3;
      pixel[0] = static_cast<uint8_t>(which), pixel[1] = static_cast<uint8_t>(x), pixel[2] = static_cast<uint8_t>(y);
    }
  return image;
}

inline Image noisy(int64_t width, int64_t height, uint64_t seed) {
  Image image = make_image(width, height);
  RandomStream random(seed, 0, 99);
  for (uint8_t& value : image.u8) value = static_cast<uint8_t>(random.below(256));
  return image;
}

inline StageManifest stage(int64_t low_res, int64_t high_res) {
  StageManifest m = preset_named("tiny").manifest;
  m.image.low_res = low_res, m.image.high_res = high_res;
  return m;
}

inline DataOptions from(const ImageFolder& folder, uint64_t seed = 1) {
  DataOptions options;
  options.operands = {folder.path};
  options.seed = seed;
  return options;
}

inline int level(const at::Tensor& batch, int64_t n, int64_t c, int64_t y, int64_t x) {
  return static_cast<int>(std::lround((batch[n][c][y][x].item<double>() + 1) * 127.5));
}

}  // namespace samples

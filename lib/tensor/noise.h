// Standard normal noise for images by Philox, keyed by seed, image index and step. A value depends otherwise only on its
// channel, its pixel (y, x) and the image's width, so it is the same for all tiles, batches, threads, shards and devices.
//   key = seed; counter = (y * width + x, step << 16 | channel / 4, index low, index high); of the block's four normal
//   numbers, channel % 4 selects one
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

namespace sr3 {

struct NoiseKey {
  uint64_t seed = 0, index = 0;
};

// The noise of one image: (channels, height, width) float32. Step 0 is x_T, step k the noise of the k-th reverse step;
// step < 65536. std::logic_error when an argument is out of range.
at::Tensor philox_noise(NoiseKey key, uint32_t step, int64_t channels, int64_t height, int64_t width);
// The noise of a batch of N images, one key each: (N, channels, height, width).
at::Tensor philox_noise(const std::vector<NoiseKey>& keys, uint32_t step, int64_t channels, int64_t height,
                        int64_t width);
// A window of the noise of an image that is `width` wide: rows y..y+window_height-1, columns x..x+window_width-1.
at::Tensor philox_noise_window(NoiseKey key, uint32_t step, int64_t channels, int64_t width, int64_t x, int64_t y,
                               int64_t window_width, int64_t window_height);

// The noise of a batch of images of one width, on the device that needs it: on a CPU by the functions above, on any other by
// operators that run there (philox.h), so that nothing is copied at a step. The bits are the same.
class NoiseField {
 public:
  NoiseField() = default;
  // keys: of the N images, at least one
  NoiseField(const std::vector<NoiseKey>& keys, int64_t channels, int64_t width, at::Device device);
  // Rows first .. first+rows-1 of the step's noise: (N, channels, rows, width) float32. std::logic_error as above.
  at::Tensor operator()(uint32_t step, int64_t first, int64_t rows) const;

 private:
  std::vector<NoiseKey> keys_;
  int64_t channels_ = 0, width_ = 0;
  at::Device device_ = at::kCPU;
  // On other devices than a CPU: philox_round_keys() of different seeds, and the images' numbers (N, 1) int64.
  at::Tensor round_keys_, index_;
};

}  // namespace sr3

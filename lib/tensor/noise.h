// Standard normal noise for images by Philox, keyed by seed, image index and step. A value depends otherwise only on its
// channel, its pixel (y, x) and the image's width, so it is the same for all tiles, batches, threads, shards and devices.
//   key = seed; counter = (y * width + x, step << 16 | channel / 4, index low, index high); of the block's four normal
//   numbers, channel % 4 selects one
#pragma once

#include <ATen/core/Tensor.h>

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

}  // namespace sr3

// Standard normal noise of an image by Philox keyed by seed, image index and step. The value at pixel (y, x) of a
// W-wide image depends on nothing else, so that tiles, batches, threads, shards and devices never change it.
//   key = seed; counter = (y * width + x, step << 16 | channel / 4, index low, index high); channel % 4 picks the normal
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace sr3 {

struct NoiseKey {
  uint64_t seed = 0, index = 0;
};

// (channels, height, width) float32; step 0 is x_T, step k the k-th reverse step. step < 65536.
at::Tensor philox_noise(NoiseKey key, uint32_t step, int64_t channels, int64_t height, int64_t width);
// One field an image, of its own key: (N, channels, height, width).
at::Tensor philox_noise(const std::vector<NoiseKey>& keys, uint32_t step, int64_t channels, int64_t height,
                        int64_t width);
// A window of it: rows y..y+window_height-1, columns x..x+window_width-1 of the `width`-wide field.
at::Tensor philox_noise_window(NoiseKey key, uint32_t step, int64_t channels, int64_t width, int64_t x, int64_t y,
                               int64_t window_width, int64_t window_height);

}  // namespace sr3

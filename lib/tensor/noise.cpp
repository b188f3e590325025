#include "tensor/noise.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <stdexcept>

#include "base/normal.h"
#include "base/rng.h"
#include "tensor/aten.h"

namespace sr3 {

at::Tensor philox_noise(NoiseKey key, uint32_t step, int64_t channels, int64_t height, int64_t width) {
  return philox_noise_window(key, step, channels, width, 0, 0, width, height);
}

at::Tensor philox_noise(const std::vector<NoiseKey>& keys, uint32_t step, int64_t channels, int64_t height,
                        int64_t width) {
  std::vector<at::Tensor> fields;
  fields.reserve(keys.size());
  for (const NoiseKey& key : keys) fields.push_back(philox_noise(key, step, channels, height, width));
  return at::stack(fields);
}

at::Tensor philox_noise_window(NoiseKey key, uint32_t step, int64_t channels, int64_t width, int64_t x, int64_t y,
                               int64_t window_width, int64_t window_height) {
  if (step >= 65536 || channels < 1 || channels > 4 * 65536 || x < 0 || y < 0 || window_width < 0 ||
      window_height < 0 || x + window_width > width)
    throw std::logic_error("philox_noise: step, channels or window out of range");
  if (window_height > 0 && (y + window_height) * width > int64_t{1} << 32)
    throw std::logic_error("philox_noise: more than 2^32 pixels");

  auto out = at::empty({channels, window_height, window_width}, at::kFloat);
  float* const data = out.data_ptr<float>();
  const auto words = philox_key(key.seed);
  const auto low = static_cast<uint32_t>(key.index), high = static_cast<uint32_t>(key.index >> 32);
  const int64_t plane = window_height * window_width;
  at::parallel_for(0, window_height, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, window_width)),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t row = begin; row < end; ++row)
                       for (int64_t c = 0; c < channels; c += 4) {
                         const int planes = static_cast<int>(std::min<int64_t>(4, channels - c));
                         float* rows[4] = {};
                         for (int j = 0; j < planes; ++j) rows[j] = data + (c + j) * plane + row * window_width;
                         philox_normals(words, static_cast<uint32_t>((y + row) * width + x),
                                        step << 16 | static_cast<uint32_t>(c / 4), low, high,
                                        static_cast<size_t>(window_width), planes, rows);
                       }
                   });
  return out;
}

}  // namespace sr3

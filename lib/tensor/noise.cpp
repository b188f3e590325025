#include "tensor/noise.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <stdexcept>

#include "base/normal.h"
#include "base/rng.h"
#include "tensor/aten.h"
#include "tensor/philox.h"

namespace sr3 {

namespace {

// Of an image whose rows from 0 to below `end` are asked for.
void check_field(uint32_t step, int64_t channels, int64_t end, int64_t width) {
  if (step >= 65536 || channels < 1 || channels > 4 * 65536)
    throw std::logic_error("philox_noise: step or channels out of range");
  if (end > 0 && end * width > int64_t{1} << 32) throw std::logic_error("philox_noise: more than 2^32 pixels");
}

}  // namespace

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
  if (x < 0 || y < 0 || window_width < 0 || window_height < 0 || x + window_width > width)
    throw std::logic_error("philox_noise: window out of range");
  check_field(step, channels, window_height > 0 ? y + window_height : 0, width);

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

NoiseField::NoiseField(const std::vector<NoiseKey>& keys, int64_t channels, int64_t width, at::Device device)
    : keys_(keys), channels_(channels), width_(width), device_(device) {
  if (device.is_cpu()) return;
  const auto n = static_cast<int64_t>(keys.size());
  // Mostly the images have one seed and consecutive numbers, and nothing needs to be copied to the device.
  bool one_seed = true, consecutive = true;
  for (int64_t i = 0; i < n; ++i) {
    const NoiseKey& key = keys[static_cast<size_t>(i)];
    one_seed &= key.seed == keys[0].seed;
    consecutive &= key.index == keys[0].index + static_cast<uint64_t>(i);
  }
  const auto options = at::TensorOptions(at::kLong).device(device);
  if (consecutive) {
    index_ = at::arange(n, options).add_(static_cast<int64_t>(keys[0].index)).unsqueeze(1);
  } else {
    std::vector<int64_t> indices;
    for (const NoiseKey& key : keys) indices.push_back(static_cast<int64_t>(key.index));
    index_ = at::tensor(indices).to(device).unsqueeze(1);
  }
  if (one_seed) return;
  std::vector<uint64_t> seeds;
  for (const NoiseKey& key : keys) seeds.push_back(key.seed);
  round_keys_ = philox_round_keys(seeds).to(device);
}

at::Tensor NoiseField::operator()(uint32_t step, int64_t first, int64_t rows) const {
  if (device_.is_cpu()) {
    std::vector<at::Tensor> each;
    for (const NoiseKey& key : keys_)
      each.push_back(philox_noise_window(key, step, channels_, width_, 0, first, width_, rows).unsqueeze(0));
    return each.size() == 1 ? each[0] : at::cat(each);
  }
  check_field(step, channels_, first + rows, width_);
  constexpr int64_t kLow = 0xFFFFFFFF;
  const at::Tensor pixel = at::arange(first * width_, (first + rows) * width_, index_.options()).unsqueeze(0);
  const at::Tensor low = index_.bitwise_and(kLow), high = index_.bitwise_right_shift(32).bitwise_and(kLow);
  std::vector<at::Tensor> planes;  // (N, 4 or fewer, pixels)
  for (int64_t c = 0; c < channels_; c += 4) {
    const at::Tensor word = at::full({1, 1}, int64_t{step} << 16 | c / 4, index_.options());
    const PhiloxWords counter = {pixel, word, low, high};
    const PhiloxWords words =
        round_keys_.defined() ? philox_words(counter, round_keys_) : philox_words(counter, keys_[0].seed);
    planes.push_back(philox_normals(words).narrow(1, 0, std::min<int64_t>(4, channels_ - c)));
  }
  return (planes.size() == 1 ? planes[0] : at::cat(planes, 1)).reshape({index_.size(0), channels_, rows, width_});
}

}  // namespace sr3

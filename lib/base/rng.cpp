#include "base/rng.h"

#include <algorithm>
#include <cmath>

#include "base/normal.h"

namespace sr3 {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * c[0];
    const uint64_t b = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(b),
         static_cast<uint32_t>(a >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(a)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

std::array<float, 4> philox_normal4(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  std::array<float, 4> out;
  float* const planes[4] = {&out[0], &out[1], &out[2], &out[3]};
  philox_normals(key, counter[0], counter[1], counter[2], counter[3], 1, 4, planes);
  return out;
}

RandomStream::RandomStream(uint64_t seed, uint64_t index, uint32_t stream)
    : counter_{0, stream, static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32)},
      // The key differs from that of image noise (philox_key), whose counters are laid out differently.
      key_{static_cast<uint32_t>(seed) ^ 0x5352334Du, static_cast<uint32_t>(seed >> 32)} {}

uint32_t RandomStream::bits() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

double RandomStream::uniform() {
  const uint64_t high = bits() >> 5, low = bits() >> 6;  // 27 + 26 bits
  return static_cast<double>((high << 26) + low) * 0x1p-53;
}

double RandomStream::normal() {
  const double u = 1.0 - uniform(), v = uniform();
  return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586477 * v);
}

void RandomStream::normals(std::span<float> out) {
  constexpr size_t kBlocks = 512;
  float values[4][kBlocks];
  float* const planes[4] = {values[0], values[1], values[2], values[3]};
  used_ = 4;
  for (size_t first = 0; first < out.size(); first += 4 * kBlocks) {
    const size_t count = std::min(out.size() - first, 4 * kBlocks), blocks = (count + 3) / 4;
    philox_normals(key_, counter_[0], counter_[1], counter_[2], counter_[3], blocks, 4, planes);
    counter_[0] += static_cast<uint32_t>(blocks);
    for (size_t i = 0; i < count; ++i) out[first + i] = values[i % 4][i / 4];
  }
}

uint64_t RandomStream::below(uint64_t n) {
  // Rejection sampling makes it exactly uniform.
  const uint64_t limit = ~uint64_t{0} - (~uint64_t{0} % n + 1) % n;
  for (;;) {
    const uint64_t value = (uint64_t{bits()} << 32) | bits();
    if (value <= limit) return value % n;
  }
}

}  // namespace sr3

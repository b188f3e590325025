#include "nn/dropout.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "base/rng.h"
#include "tensor/aten.h"
#include "tensor/philox.h"

namespace sr3 {

namespace {

// The mask on x's own device, with the bits of the other one's.
at::Tensor mask_on_device(const at::Tensor& x, double probability, uint64_t seed, uint32_t layer) {
  const int64_t count = x.numel();
  const auto options = x.options().dtype(at::kLong);
  const at::Tensor block = at::arange((count + 3) / 4, options);
  const auto word = [&](int64_t value) { return at::full({1}, value, options); };
  const PhiloxWords words = philox_words(
      {block.bitwise_and(int64_t{0xFFFFFFFF}), block.bitwise_right_shift(32), word(layer), word(kRandomDropout)}, seed);
  const at::Tensor bits = at::stack({words[0], words[1], words[2], words[3]}, 1).view({-1}).narrow(0, 0, count);
  const auto threshold = static_cast<int64_t>(probability * 4294967296.0);
  const at::Tensor kept = (bits >= threshold).to(x.scalar_type()).mul_(static_cast<float>(1 / (1 - probability)));
  return kept.view({x.size(0), x.size(2), x.size(3), x.size(1)}).permute({0, 3, 1, 2});
}

}  // namespace

at::Tensor dropout_mask(const at::Tensor& x, double probability, uint64_t seed, uint32_t layer) {
  if (!x.is_cpu()) return mask_on_device(x, probability, seed, layer);
  // The counter of the random numbers follows the memory order, (N, H, W, C).
  at::Tensor mask = at::empty(x.sizes(), x.options().dtype(at::kFloat), at::MemoryFormat::ChannelsLast);
  auto* to = mask.data_ptr<float>();
  const int64_t count = mask.numel();
  const auto kept = static_cast<float>(1 / (1 - probability));
  const auto threshold = static_cast<uint64_t>(probability * 4294967296.0);
  const auto key = philox_key(seed);
  at::parallel_for(0, (count + 3) / 4, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const auto counter = static_cast<uint64_t>(block);
      const auto bits = philox4x32(
          {static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32), layer, kRandomDropout}, key);
      for (int64_t i = 4 * block; i < std::min(count, 4 * block + 4); ++i)
        to[i] = bits[i % 4] < threshold ? 0.0F : kept;
    }
  });
  return mask.to(x.options());
}

}  // namespace sr3

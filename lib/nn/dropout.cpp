#include "nn/dropout.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "base/rng.h"
#include "tensor/aten.h"

namespace sr3 {

at::Tensor dropout_mask(const at::Tensor& x, double probability, uint64_t seed, uint32_t layer) {
  // The counter of the random numbers follows the memory order, (N, H, W, C).
  at::Tensor mask =
      at::empty(x.sizes(), x.options().device(at::kCPU).dtype(at::kFloat), at::MemoryFormat::ChannelsLast);
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

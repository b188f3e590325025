// How much is computed at once on a device. A CPU takes batches of a fixed size, an accelerator what its memory has room for; where
// that was too much, batches are halved until they fit.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <limits>

namespace sr3 {

// The number of images in a batch, or the size of a tile, is chosen so that the network's largest feature maps take about this
// many bytes; all maps that it keeps for its skip connections take ten times as many.
constexpr int64_t kMapBytes = int64_t{1} << 24;

// How many times as much as on a CPU a device takes at once: 1 to 64, by its free memory.
int64_t batch_factor(at::Device device);

// The most images or tiles that have not been too many.
class BatchLimit {
 public:
  // Calls compute(first, count) for consecutive parts of `items`. If the device is out of memory, that part is halved, with one
  // warning; `inner` is what a single item is divided into further (its tiles; 0: it is not divided), whose number in a batch is
  // limit(). Error if a single one is too much.
  void for_parts(int64_t items, int64_t inner, const std::function<void(int64_t first, int64_t count)>& compute);
  int64_t limit() const { return limit_; }

 private:
  int64_t limit_ = std::numeric_limits<int64_t>::max();
};

}  // namespace sr3

#include "cascade/device_batch.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "tensor/device.h"

namespace sr3 {

int64_t batch_factor(at::Device device) {
  constexpr int64_t kShare =
      64;  // of the memory, for the largest maps: those kept beside them take ten times as many bytes
  const std::optional<int64_t> bytes = free_memory(device);
  return bytes ? std::clamp<int64_t>(*bytes / kShare / kMapBytes, 1, 64) : 1;
}

void BatchLimit::for_parts(int64_t items, int64_t inner,
                           const std::function<void(int64_t first, int64_t count)>& compute) {
  for (int64_t first = 0; first < items;) {
    const int64_t count = std::min(items - first, limit_);
    try {
      compute(first, count);
      first += count;
    } catch (const c10::OutOfMemoryError&) {
      const int64_t at_once = std::max(count, std::min(inner, limit_));
      if (at_once == 1)
        throw Error(cat("the device is out of memory: take ",
                        inner > 0 ? "smaller tiles (--tile), a smaller image, or " : "", "--device cpu"));
      if (limit_ > items && limit_ > inner)
        warn(
            cat("the device is out of memory with batches of ", at_once, ": they are halved until they fit (--batch)"));
      limit_ = at_once / 2;
    }
  }
}

}  // namespace sr3

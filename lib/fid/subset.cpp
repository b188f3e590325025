#include "fid/subset.h"

#include <numeric>
#include <stdexcept>
#include <utility>

#include "base/rng.h"
#include "tensor/aten.h"

namespace sr3 {

at::Tensor random_subset(int64_t n, int64_t size, uint64_t seed, uint64_t number) {
  if (size < 0 || size > n) throw std::logic_error("random_subset: the size is out of range");
  at::Tensor all = at::arange(n, at::kLong);
  auto* order = all.data_ptr<int64_t>();
  RandomStream random(seed, number, kRandomSubset);
  for (int64_t i = 0; i < size; ++i)
    std::swap(order[i], order[i + static_cast<int64_t>(random.below(static_cast<uint64_t>(n - i)))]);
  return all.narrow(0, 0, size).clone();
}

}  // namespace sr3

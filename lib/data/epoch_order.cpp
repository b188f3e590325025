#include "data/epoch_order.h"

#include <numeric>
#include <utility>

#include "base/rng.h"

namespace sr3 {

int64_t EpochOrder::operator()(int64_t example) {
  if (example / n_ != epoch_) {
    epoch_ = example / n_;
    order_.resize(static_cast<size_t>(n_));
    std::iota(order_.begin(), order_.end(), 0);
    RandomStream random(seed_, static_cast<uint64_t>(epoch_), kRandomOrder);
    for (uint64_t i = static_cast<uint64_t>(n_) - 1; i > 0; --i) std::swap(order_[i], order_[random.below(i + 1)]);
  }
  return order_[static_cast<size_t>(example % n_)];
}

}  // namespace sr3

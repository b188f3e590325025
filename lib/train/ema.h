// The decay of the exponential moving average (EMA) of the weights. The optimizer keeps the average itself, in the pass
// that updates the weights (train/optimizer.h).
#pragma once

#include <algorithm>
#include <cstdint>

namespace sr3 {

// The decay at update t, counted from 1: min(decay, (1 + t) / (10 + t)). With the full decay from the first update on,
// the random initial weights would stay in the average for about 1 / (1 - decay) updates.
inline double ema_decay(double decay, int64_t t) {
  return std::min(decay, (1.0 + static_cast<double>(t)) / (10.0 + static_cast<double>(t)));
}

}  // namespace sr3

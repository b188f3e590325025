// How fast the average of the weights forgets. The average itself is kept by the optimizer, in the same pass.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sr3 {

// After the t-th update (from 1): the full decay would hold on to the random first weights for 1 / (1 - decay) updates,
// so it begins small: min(decay, (1 + t) / (10 + t)).
inline double ema_decay(double decay, int64_t t) {
  return std::min(decay, (1.0 + static_cast<double>(t)) / (10.0 + static_cast<double>(t)));
}

}  // namespace sr3

// The learning rate of each step: a linear warmup, then a constant rate or a decay to zero at the end of the training.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace sr3 {

struct LearningRate {
  double rate = 1e-4;
  int64_t warmup = 0;          // steps
  std::string decay = "none";  // none|cosine|linear
  int64_t steps = 0;           // of the whole training: where the decay ends

  // The rate at `step`, counted from 1. The decay reaches zero at steps + 1, so that the last step still changes the
  // weights.
  double at(int64_t step) const {
    double factor = warmup > 0 ? std::min(1.0, static_cast<double>(step) / static_cast<double>(warmup)) : 1.0;
    if (decay != "none" && step > warmup && steps > warmup) {
      const double done = std::min(1.0, static_cast<double>(step - 1 - warmup) / static_cast<double>(steps - warmup));
      factor *= decay == "cosine" ? 0.5 * (1 + std::cos(3.14159265358979323846 * done)) : 1 - done;
    }
    return rate * factor;
  }
};

}  // namespace sr3

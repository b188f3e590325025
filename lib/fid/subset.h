// Random subsets by the project's generator, so that the same seed draws the same on every machine.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace sr3 {

// (size) int64: `size` of 0..n-1 without replacement, a function of (seed, number) alone. 0 <= size <= n.
at::Tensor random_subset(int64_t n, int64_t size, uint64_t seed, uint64_t number);

}  // namespace sr3

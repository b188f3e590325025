// Random subsets, drawn with the project's generator, so that a seed gives the same subsets on every machine.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace sr3 {

// `size` different numbers of 0..n-1 in random order, int64; they depend only on the arguments. Requires 0 <= size <= n.
at::Tensor random_subset(int64_t n, int64_t size, uint64_t seed, uint64_t number);

}  // namespace sr3

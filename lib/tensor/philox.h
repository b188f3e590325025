// Philox4x32-10 and its normal numbers (base/rng.h, base/normal.h) by tensor operators, for devices whose memory the CPU cannot
// write: random numbers are made where they are needed, and have the bits that the CPU's functions give. Every operation is one of
// integers, or an IEEE 754 operation that is an operator of its own, so that no compiler can contract two of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace sr3 {

// Four words of 32 bits, each as int64 in 0 .. 2^32-1, of shapes that broadcast.
using PhiloxWords = std::array<at::Tensor, 4>;

// The keys of the ten rounds for each of N seeds: (10, 2, N, 1) int64 on the CPU.
at::Tensor philox_round_keys(const std::vector<uint64_t>& seeds);
// The blocks at these counters; round_keys as above, on their device, where the result is.
PhiloxWords philox_words(PhiloxWords counter, const at::Tensor& round_keys);
// The same with one seed for all.
PhiloxWords philox_words(PhiloxWords counter, uint64_t seed);
// Four standard normal numbers of each block of shape (N, P): (N, 4, P) float32, by Box-Muller on the block's two pairs.
at::Tensor philox_normals(const PhiloxWords& words);

}  // namespace sr3

// Standard normal numbers from Philox blocks, in bulk: the Box-Muller transform with our own logarithm, sine and cosine.
// Every operation is an IEEE 754 operation in a fixed order (no libm, no fused multiply-add: the file is compiled with
// -ffp-contract=off), so that every machine, vector width and compiler computes the same bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sr3 {

// Sets out[j][i] to normal number j of the block philox4x32({first + i, c1, c2, c3}, key), for i in 0..count-1 and j in
// 0..planes-1; planes is 1 to 4. first + i wraps around at 2^32.
void philox_normals(std::array<uint32_t, 2> key, uint32_t first, uint32_t c1, uint32_t c2, uint32_t c3, size_t count,
                    int planes, float* const* out);

}  // namespace sr3

#include "base/normal.h"

#include <algorithm>
#include <bit>
#include <cmath>

// One source, compiled for three instruction sets; the program chooses one when it starts. All give the same values.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define SR3_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SR3_VECTOR_CLONES
#endif

namespace sr3 {
namespace {

constexpr size_t kLanes = 64;

// log(u), u = k / 2^24, k in 1..2^24: u = 2^e m with m in [sqrt(1/2), sqrt 2), log(1 + f) by Cephes' polynomial.
// The error is at most 2 ulp, except close to u = 1, where it is at most 1e-7 |f|.
inline float log_of(float u) {
  uint32_t bits = std::bit_cast<uint32_t>(u);
  bits += 0x3f800000u - 0x3f3504f3u;
  const float e = static_cast<float>(static_cast<int32_t>(bits >> 23) - 127);
  const float f = std::bit_cast<float>((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  const float f2 = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  p = p * f * f2;
  p = p + e * -2.12194440e-4f;
  p = p - 0.5f * f2;
  return (f + p) + e * 0.693359375f;
}

// sin and cos of 2 pi k / 2^24. The multiple of a quarter turn is split off in integer arithmetic, exactly.
inline void sine_cosine(uint32_t k, float* sine, float* cosine) {
  const uint32_t quarter = (k + (1u << 21)) >> 22;
  const float x = static_cast<float>(static_cast<int32_t>(k) - static_cast<int32_t>(quarter << 22)) *
                  static_cast<float>(6.283185307179586477 / 16777216);
  const float x2 = x * x;
  float s = -1.9515295891e-4f;
  s = s * x2 + 8.3321608736e-3f;
  s = s * x2 - 1.6666654611e-1f;
  s = s * x2 * x + x;
  float c = 2.443315711809948e-5f;
  c = c * x2 - 1.388731625493765e-3f;
  c = c * x2 + 4.166664568298827e-2f;
  c = c * x2 * x2 - 0.5f * x2 + 1.0f;
  const uint32_t a = std::bit_cast<uint32_t>(s), b = std::bit_cast<uint32_t>(c);
  const uint32_t swap = 0u - (quarter & 1u);
  const uint32_t sine_bits = (a & ~swap) | (b & swap), cosine_bits = (b & ~swap) | (a & swap);
  *sine = std::bit_cast<float>(sine_bits ^ ((quarter & 2u) << 30));
  *cosine = std::bit_cast<float>(cosine_bits ^ (((quarter + 1u) & 2u) << 30));
}

SR3_VECTOR_CLONES void block_of_normals(uint32_t k0, uint32_t k1, uint32_t first, uint32_t c1, uint32_t c2, uint32_t c3,
                                        float (*__restrict out)[kLanes]) {
  uint32_t bits[4][kLanes];
  for (size_t i = 0; i < kLanes; ++i) {
    uint32_t w = first + static_cast<uint32_t>(i), x = c1, y = c2, z = c3, a = k0, b = k1;
    for (int round = 0; round < 10; ++round) {
      const uint64_t p = uint64_t{0xD2511F53} * w, q = uint64_t{0xCD9E8D57} * y;
      w = static_cast<uint32_t>(q >> 32) ^ x ^ a;
      y = static_cast<uint32_t>(p >> 32) ^ z ^ b;
      x = static_cast<uint32_t>(q);
      z = static_cast<uint32_t>(p);
      a += 0x9E3779B9, b += 0xBB67AE85;
    }
    bits[0][i] = w, bits[1][i] = x, bits[2][i] = y, bits[3][i] = z;
  }
  for (int pair = 0; pair < 4; pair += 2)
    for (size_t i = 0; i < kLanes; ++i) {
      // u in (0, 1], so that the logarithm is finite.
      const float u = static_cast<float>(static_cast<int32_t>(bits[pair][i] >> 8) + 1) * 0x1p-24f;
      const float radius2 = -2.0f * log_of(u);
      float sine, cosine;
      sine_cosine(bits[pair + 1][i] >> 8, &sine, &cosine);
      // log_of(u) is never above 0, so that the square root is never taken of a negative number.
      const float radius = std::sqrt(radius2);
      out[pair][i] = radius * cosine;
      out[pair + 1][i] = radius * sine;
    }
}

}  // namespace

void philox_normals(std::array<uint32_t, 2> key, uint32_t first, uint32_t c1, uint32_t c2, uint32_t c3, size_t count,
                    int planes, float* const* out) {
  alignas(64) float block[4][kLanes];
  for (size_t done = 0; done < count; done += kLanes) {
    block_of_normals(key[0], key[1], first + static_cast<uint32_t>(done), c1, c2, c3, block);
    const size_t n = std::min(kLanes, count - done);
    for (int j = 0; j < planes; ++j) std::copy_n(block[j], n, out[j] + done);
  }
}

}  // namespace sr3

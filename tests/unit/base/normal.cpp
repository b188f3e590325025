#include "base/normal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "base/relative.h"
#include "base/rng.h"

using namespace sr3;

// Golden values of an independent Philox and Box-Muller in Python's double precision.
TEST_CASE("normals agree with double precision") {
  const double zero[4] = {0.991137475, -0.924662780, -0.617609055, -0.482068347};
  const double other[4] = {-0.160024084, 0.487061785, 0.535101868, 2.020339869};
  const auto a = philox_normal4({0, 0, 0, 0}, {0, 0}), b = philox_normal4({5, 0x30001, 7, 1}, {9, 2});
  for (int j = 0; j < 4; ++j) {
    CHECK(a[j] == relative(zero[j], 1e-6));
    CHECK(b[j] == relative(other[j], 1e-6));
  }
}

TEST_CASE("every normal is within 2e-6 of Box-Muller with the C library in double precision") {
  double worst = 0, largest = 0;
  for (uint32_t i = 0; i < 200000; ++i) {
    const auto bits = philox4x32({i, 1, 2, 3}, {4, 5});
    const auto got = philox_normal4({i, 1, 2, 3}, {4, 5});
    for (int p = 0; p < 4; p += 2) {
      const double radius = std::sqrt(-2 * std::log((static_cast<double>(bits[p] >> 8) + 1) * 0x1p-24));
      const double angle = 6.283185307179586477 * static_cast<double>(bits[p + 1] >> 8) * 0x1p-24;
      worst = std::max(
          {worst, std::abs(got[p] - radius * std::cos(angle)), std::abs(got[p + 1] - radius * std::sin(angle))});
      largest = std::max(largest, radius);
    }
  }
  CHECK(worst < 2e-6);
  CHECK(largest > 4.5);
}

TEST_CASE("an array of normals equals single normals in sequence, whatever its length and planes") {
  for (size_t count : {size_t{1}, size_t{63}, size_t{64}, size_t{65}, size_t{200}})
    for (int planes = 1; planes <= 4; ++planes) {
      std::vector<float> out(4 * count, -99.0f);
      float* rows[4] = {&out[0], &out[count], &out[2 * count], &out[3 * count]};
      philox_normals({8, 9}, 0xffffffe0u, 1, 2, 3, count, planes, rows);
      bool same = true;
      for (size_t i = 0; i < count; ++i) {
        const auto one = philox_normal4({0xffffffe0u + static_cast<uint32_t>(i), 1, 2, 3}, {8, 9});
        for (int j = 0; j < 4; ++j) same &= out[j * count + i] == (j < planes ? one[j] : -99.0f);
      }
      CHECK(same);
    }
}

// Checksums of the bit patterns of the same operations in numpy's float32. Different bits would change every sample.
TEST_CASE("the bits of the normals are fixed") {
  std::vector<float> out(4 * 4096);
  float* rows[4] = {&out[0], &out[4096], &out[8192], &out[12288]};
  philox_normals({4, 5}, 0, 1, 2, 3, 4096, 4, rows);
  const uint64_t expected[4] = {0x3ec014f8253fad, 0x3ed912606d3d31, 0x3f726411966281, 0x3f12a82143fce1};
  for (int j = 0; j < 4; ++j) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 4096; ++i) sum += uint64_t{std::bit_cast<uint32_t>(rows[j][i])} * (i % 9973 + 1);
    CHECK(sum == expected[j]);
  }
}

#include "base/rng.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace sr3;

// Known answers of the Random123 distribution (kat_vectors, philox 4x32 10).
TEST_CASE("philox4x32-10 reproduces the published vectors") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const uint32_t f = 0xffffffff;
  CHECK(philox4x32({f, f, f, f}, {f, f}) == std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("normals have mean 0, variance 1, kurtosis 3") {
  double sum = 0, square = 0, fourth = 0;
  const int blocks = 50000;
  for (uint32_t b = 0; b < blocks; ++b)
    for (float x : philox_normal4({b, 1, 2, 3}, {4, 5})) sum += x, square += x * x, fourth += std::pow(x, 4);
  const double n = 4.0 * blocks;
  CHECK(std::abs(sum / n) < 4 / std::sqrt(n));
  CHECK(std::abs(square / n - 1) < 4 * std::sqrt(2 / n));
  CHECK(std::abs(fourth / n - 3) < 4 * std::sqrt(96 / n));
}

TEST_CASE("a random stream depends on seed, index and purpose, and draws uniformly below n") {
  CHECK(RandomStream(1, 2, 3).bits() == RandomStream(1, 2, 3).bits());
  CHECK(RandomStream(1, 2, 3).bits() != RandomStream(1, 2, 4).bits());
  CHECK(RandomStream(1, 2, 3).bits() != RandomStream(1, 3, 3).bits());
  CHECK(RandomStream(1, 2, 3).bits() != RandomStream(2, 2, 3).bits());
  RandomStream draws(7, 0, 0);
  int count[5] = {};
  for (int i = 0; i < 50000; ++i) ++count[draws.below(5)];
  for (int c : count) CHECK(std::abs(c - 10000) < 400);
}

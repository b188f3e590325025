// Normalisation and SiLU of the inputs of a convolution, for vectors of any size: conv_kernels.cpp compiles them for each
// instruction set. Used there only.
#pragma once

#include <cstring>
#include <type_traits>

#include "nn/always_inline.h"
#include "nn/conv_kernels.h"
#include "nn/vector_exp.h"

namespace sr3 {

using Vector8 __attribute__((vector_size(32))) = float;
using Vector16 __attribute__((vector_size(64))) = float;

// Of a Vector, the integers and the bytes of the same size.
template <class Vector>
struct IntegersOf;
template <>
struct IntegersOf<Vector8> {
  using type __attribute__((vector_size(32))) = int32_t;
  using bytes __attribute__((vector_size(32))) = uint8_t;
};
template <>
struct IntegersOf<Vector16> {
  using type __attribute__((vector_size(64))) = int32_t;
  using bytes __attribute__((vector_size(64))) = uint8_t;
};

// z * sigmoid(z)
template <class Vector>
SR3_INLINE void silu(Vector& z, const ConvNorm<float>&) {
  Vector exponential = -z;
  vector_exp<typename IntegersOf<Vector>::type>(exponential);
  z /= exponential + 1.0F;
}

// As exactly as a byte needs.
template <class Vector>
SR3_INLINE void silu(Vector& z, const ConvNorm<uint8_t>&) {
  Vector exponential = z * -1.44269504F;
  vector_exp2_coarse<typename IntegersOf<Vector>::type>(exponential);
  z /= exponential + 1.0F;
}

template <class Vector, class Size>
SR3_INLINE void store_normalised(float* y, const Vector& z, Size size, const ConvNorm<float>&) {
  std::memcpy(y, &z, size * sizeof(float));
}

template <class Vector, class Size>
SR3_INLINE void store_normalised(uint8_t* y, const Vector& z, Size size, const ConvNorm<uint8_t>& norm) {
  using Integers = typename IntegersOf<Vector>::type;
  using Bytes = typename IntegersOf<Vector>::bytes;
  Integers q = __builtin_convertvector(z * norm.inverse + (norm.zero + 0.5F), Integers);
  q = q < 0 ? q * 0 : q;
  const Integers highest = Integers{} + norm.highest;
  q = q > highest ? highest : q;
#if defined(__clang__)
  using Lowest __attribute__((vector_size(sizeof(Vector) / 4))) = uint8_t;
  const Lowest bytes = __builtin_convertvector(q, Lowest);
#else
  // The lowest byte of each integer: GCC's __builtin_convertvector would extract them one by one.
  Bytes lowest;
  for (size_t i = 0; i < sizeof(Vector); ++i) lowest[i] = static_cast<uint8_t>(4 * i % sizeof(Vector));
  const Bytes bytes = __builtin_shuffle((Bytes)q, lowest);
#endif
  std::memcpy(y, &bytes, size);
}

// The channels c .. c + size of one pixel.
template <class Vector, bool activate, class X, class Size>
SR3_INLINE void normalise_vector(const ConvNorm<X>& norm, const float* x, X* y, int64_t c, Size size) {
  Vector z = {}, center = {}, slope = {}, base = {};
  std::memcpy(&z, x + c, size * sizeof(float));
  std::memcpy(&center, norm.center + c, size * sizeof(float));
  std::memcpy(&slope, norm.slope + c, size * sizeof(float));
  std::memcpy(&base, norm.base + c, size * sizeof(float));
  z = (z - center) * slope + base;
  if (activate) silu(z, norm);
  store_normalised(y + c, z, size, norm);
}

// Channels that do not fill the last vector are computed with those before them, again: a copy of a varying size costs more.
template <class Vector, bool activate, class X>
SR3_INLINE void normalise_loop(const ConvNorm<X>& norm) {
  constexpr int64_t lanes = sizeof(Vector) / sizeof(float);
  const std::integral_constant<int64_t, lanes> all;
  const float* x = norm.x;
  X* y = norm.y;
  for (int64_t i = 0; i < norm.pixels; ++i, x += norm.x_stride, y += norm.y_stride) {
    int64_t c = 0;
    for (; c + lanes <= norm.channels; c += lanes) normalise_vector<Vector, activate>(norm, x, y, c, all);
    if (c == norm.channels) continue;
    if (c > 0)
      normalise_vector<Vector, activate>(norm, x, y, norm.channels - lanes, all);
    else
      normalise_vector<Vector, activate>(norm, x, y, 0, norm.channels);
  }
}

template <class Vector, class X>
SR3_INLINE void normalise_loop(const ConvNorm<X>& given) {
  const ConvNorm<X> norm = given;  // a copy that the stores of bytes cannot change, as far as the compiler knows
  const bool narrow = sizeof(Vector) > sizeof(Vector8) && norm.channels < 16 && norm.channels >= 8;
  if (narrow)
    norm.activate ? normalise_loop<Vector8, true>(norm) : normalise_loop<Vector8, false>(norm);
  else
    norm.activate ? normalise_loop<Vector, true>(norm) : normalise_loop<Vector, false>(norm);
}

}  // namespace sr3

// e^x of all lanes of a vector, to 2 units in the last place: a library's exp would be called lane by lane.
#pragma once

#include "nn/always_inline.h"

namespace sr3 {

// x = e^x, x clamped to [-87, 88]. exp(x) = 2^n exp(r), |r| <= ln(2) / 2, with the polynomial of Cephes. Vector: floats of a GCC
// vector type; Integers: as many int32_t. Inlined into its caller, whose instruction set it gets.
template <class Integers, class Vector>
SR3_INLINE void vector_exp(Vector& x) {
  x = x < -87.0F ? x * 0 - 87.0F : x;
  x = x > 88.0F ? x * 0 + 88.0F : x;
  const Vector shifted = x * 1.44269504F + 12582912.0F;  // 1.5 * 2^23: the integer is in the low bits
  const Vector n = shifted - 12582912.0F;
  const Vector r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  Vector p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  x = (Vector)((Integers)p + ((Integers)shifted << 23));
}

}  // namespace sr3

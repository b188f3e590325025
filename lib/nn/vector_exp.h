// Powers of e and 2 of all lanes of a vector: a library's exp would be called lane by lane.
#pragma once

#include "nn/always_inline.h"

namespace sr3 {

template <class Vector>
SR3_INLINE void vector_clamp(Vector& x, float lowest, float highest) {
  const Vector least = Vector{} + lowest, most = Vector{} + highest;
  x = x < least ? least : x;
  x = x > most ? most : x;
}

// x = e^x to 2 units in the last place, x clamped to [-87, 88]. exp(x) = 2^n exp(r), |r| <= ln(2) / 2, with the polynomial of
// Cephes. Vector: floats of a GCC vector type; Integers: as many int32_t. Inlined into its caller, whose instruction set it gets.
template <class Integers, class Vector>
SR3_INLINE void vector_exp(Vector& x) {
  vector_clamp(x, -87, 88);
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

// x = 2^x with a relative error below 3e-6, x clamped to [-126, 126]. 2^x = 2^n 2^f, |f| <= 1/2, with the polynomial of the least
// relative error of its degree there (Remez).
template <class Integers, class Vector>
SR3_INLINE void vector_exp2_coarse(Vector& x) {
  vector_clamp(x, -126, 126);
  const Vector shifted = x + 12582912.0F;  // 1.5 * 2^23, as above
  const Vector f = x - (shifted - 12582912.0F);
  Vector p = f * 9.570101908e-03F + 5.591786032e-02F;
  p = p * f + 2.402474483e-01F;
  p = p * f + 6.931218147e-01F;
  p = p * f + 0.999999261F;
  x = (Vector)((Integers)p + ((Integers)shifted << 23));
}

}  // namespace sr3

// The loops of winograd_kernels.h, for vectors of any size: conv_kernels.cpp compiles them for each instruction set.
#pragma once

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "nn/always_inline.h"
#include "nn/winograd_kernels.h"

namespace sr3 {

// d[0], d[step], ... of a tile become B^T d.
template <int M, class Vector>
SR3_INLINE void winograd_input(Vector* d, int step) {
  if constexpr (M == 2) {
    const Vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    d[0] = d0 - d2;
    d[step] = d1 + d2;
    d[2 * step] = d2 - d1;
    d[3 * step] = d1 - d3;
  } else {
    const Vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    const Vector even = d4 - 4.0F * d2, odd = d3 - 4.0F * d1, even2 = d4 - d2, odd2 = 2.0F * (d3 - d1);
    d[0] = 4.0F * d0 - 5.0F * d2 + d4;
    d[step] = even + odd;
    d[2 * step] = even - odd;
    d[3 * step] = even2 + odd2;
    d[4 * step] = even2 - odd2;
    d[5 * step] = 4.0F * d1 - 5.0F * d3 + d5;
  }
}

// m[0], m[step], ... become A^T m.
template <int M, class Vector>
SR3_INLINE void winograd_result(Vector* m, int step) {
  if constexpr (M == 2) {
    const Vector m1 = m[step], m2 = m[2 * step];
    m[0] += m1 + m2;
    m[step] = m1 - m2 - m[3 * step];
  } else {
    const Vector a = m[step] + m[2 * step], b = m[step] - m[2 * step];
    const Vector c = m[3 * step] + m[4 * step], d = m[3 * step] - m[4 * step];
    m[0] += a + c;
    m[step] = b + 2.0F * d;
    m[2 * step] = a + 4.0F * c;
    m[3 * step] = b + 8.0F * d + m[5 * step];
  }
}

template <int M, class Vector>
SR3_INLINE void winograd_input_loop(const WinogradInput& in) {
  constexpr int64_t lanes = sizeof(Vector) / sizeof(float);
  constexpr int size = M + 2;
  for (int64_t tile = 0; tile < in.tiles; ++tile)
    for (int64_t c = 0; c < in.chunk; c += lanes) {
      Vector d[size * size];
      const int64_t at = tile * M * in.chunk + c;
#pragma GCC unroll 6
      for (int x = 0; x < size; ++x) {
#pragma GCC unroll 6
        for (int y = 0; y < size; ++y) std::memcpy(&d[y * size + x], in.rows[y] + at + x * in.chunk, sizeof(Vector));
        winograd_input<M>(d + x, size);
      }
      float* out = in.out + tile * in.chunk + c;
#pragma GCC unroll 6
      for (int y = 0; y < size; ++y) {
        winograd_input<M>(d + y * size, 1);
#pragma GCC unroll 6
        for (int x = 0; x < size; ++x, out += in.stride) std::memcpy(out, &d[y * size + x], sizeof(Vector));
      }
    }
}

// The sums of one tile of results, of `count` channels from c.
template <int M, class Vector, class Count>
SR3_INLINE void winograd_result_tile(const WinogradResult& r, int64_t tile, int64_t c, Count count) {
  constexpr int size = M + 2;
  Vector m[size * size];
  const float* sums = r.sums + tile * r.width + c;
#pragma GCC unroll 6
  for (int x = 0; x < size; ++x) {
#pragma GCC unroll 6
    for (int y = 0; y < size; ++y) std::memcpy(&m[y * size + x], sums + (y * size + x) * r.stride, sizeof(Vector));
    winograd_result<M>(m + x, size);
  }
  Vector bias = {};
  std::memcpy(&bias, r.bias + c, count * sizeof(float));
  const int64_t pixels = std::min<int64_t>(M, r.pixels - tile * M);
#pragma GCC unroll 4
  for (int y = 0; y < M; ++y) {
    if (y >= r.rows) return;
    winograd_result<M>(m + y * size, 1);
    int64_t at = y * r.row_stride + tile * M * r.pixel_stride + c;
#pragma GCC unroll 4
    for (int x = 0; x < M; ++x, at += r.pixel_stride) {
      if (x >= pixels) break;
      Vector value = m[y * size + x] + bias, residual = {};
      if (r.residual != nullptr) std::memcpy(&residual, r.residual + at, count * sizeof(float));
      value = (value + residual) * r.scale;
      std::memcpy(r.out + at, &value, count * sizeof(float));
    }
  }
}

template <int M, class Vector>
SR3_INLINE void winograd_result_loop(const WinogradResult& r) {
  constexpr int64_t lanes = sizeof(Vector) / sizeof(float);
  const std::integral_constant<int64_t, lanes> all;
  for (int64_t tile = 0; tile < r.tiles; ++tile) {
    int64_t c = 0;
    for (; c + lanes <= r.channels; c += lanes) winograd_result_tile<M, Vector>(r, tile, c, all);
    if (c < r.channels) winograd_result_tile<M, Vector>(r, tile, c, r.channels - c);
  }
}

}  // namespace sr3

// The transforms of Winograd's minimal filtering F(M x M, 3 x 3) (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural
// Networks", 4.1 and 4.3): M x M outputs of a 3x3 convolution of stride 1 from a tile of (M + 2) x (M + 2) inputs d, which takes
// (M + 2)^2 products for each pair of channels where the plain sum takes 9 M^2:
//   Y = A^T [(G g G^T) * (B^T d B)] A
// Used by conv_kernels.cpp and winograd_task.h only.
#pragma once

#include <cstdint>

namespace sr3 {

// B^T d B of the chunk's channels of `tiles` neighbouring tiles. rows: the M + 2 rows of the first tile, pixels of `chunk` numbers;
// the chunk is a multiple of 16. out[k][tile][channel], where k = row * (M + 2) + column; its k are `stride` numbers apart.
struct WinogradInput {
  const float* const* rows;
  float* out;
  int64_t tiles, chunk, stride;
};

// A^T sums A, of sums[k][tile][width] whose k are `stride` numbers apart: for the first `rows` rows and `pixels` pixels of the
// tiles, out = (result + bias[channel] + residual) * scale. Rows of residual and out are `row_stride` numbers apart, pixels
// `pixel_stride`. residual: or null. The width is a multiple of the lanes of a vector.
struct WinogradResult {
  const float *sums, *bias, *residual;
  float* out;
  int64_t tiles, channels, width, stride;
  int64_t rows, pixels, row_stride, pixel_stride;
  float scale;
};

struct WinogradKernels {
  void (*input)(const WinogradInput& input);
  void (*result)(const WinogradResult& result);
};

// G, (M + 2) x 3.
template <int M>
constexpr double kWinogradWeights[M + 2][3] = {};
template <>
inline constexpr double kWinogradWeights<2>[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
template <>
inline constexpr double kWinogradWeights<4>[6][3] = {
    {1.0 / 4, 0, 0},
    {-1.0 / 6, -1.0 / 6, -1.0 / 6},
    {-1.0 / 6, 1.0 / 6, -1.0 / 6},
    {1.0 / 24, 1.0 / 12, 1.0 / 6},
    {1.0 / 24, -1.0 / 12, 1.0 / 6},
    {0, 0, 1},
};

}  // namespace sr3

#include "nn/conv_pack.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "nn/winograd_kernels.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

constexpr int64_t kMaxTaps = 9, kMaxProducts = 36, kMaxLanes = 16;

// taps[k * k][lane] of one input channel and some output channels become products[size * size][lane] = G g G^T.
template <int M>
void transform(const double (*taps)[kMaxLanes], double (*products)[kMaxLanes]) {
  constexpr int size = M + 2;
  const auto& g = kWinogradWeights<M>;
  double half[size][3][kMaxLanes];
  for (int i = 0; i < size; ++i)
    for (int x = 0; x < 3; ++x)
      for (int64_t l = 0; l < kMaxLanes; ++l)
        half[i][x][l] = g[i][0] * taps[x][l] + g[i][1] * taps[3 + x][l] + g[i][2] * taps[6 + x][l];
  for (int i = 0; i < size; ++i)
    for (int j = 0; j < size; ++j)
      for (int64_t l = 0; l < kMaxLanes; ++l)
        products[i * size + j][l] = g[j][0] * half[i][0][l] + g[j][1] * half[i][1][l] + g[j][2] * half[i][2][l];
}

// Weights as the packed convolution sees them.
struct WeightView {
  const float* data;
  int64_t out, in, out_stride, in_stride, taps;
  bool rotated;  // by 180 degrees

  // Those of input channel `c` and `count` output channels from `o`.
  void read(int64_t o, int64_t c, int64_t count, double (*to)[kMaxLanes]) const {
    for (int64_t l = 0; l < count; ++l) {
      const float* from = data + (o + l) * out_stride + c * in_stride;
      for (int64_t tap = 0; tap < taps; ++tap) to[tap][l] = from[rotated ? taps - 1 - tap : tap];
    }
  }
};

}  // namespace

at::Tensor packed_floats(const ConvPack& pack, const at::Tensor& weight) {
  const at::Tensor contiguous = weight.to(at::kFloat).contiguous();
  const int64_t taps = weight.size(2) * weight.size(3), of_first = weight.size(1) * taps;
  const WeightView view = {static_cast<const float*>(contiguous.data_ptr()),
                           weight.size(pack.transposed ? 1 : 0),
                           weight.size(pack.transposed ? 0 : 1),
                           pack.transposed ? taps : of_first,
                           pack.transposed ? of_first : taps,
                           taps,
                           pack.transposed};
  const int64_t products = pack.tile > 0 ? (pack.tile + 2) * (pack.tile + 2) : taps;
  const int64_t width = pack.blocks.back().first + pack.blocks.back().vectors * pack.lanes;
  at::Tensor packed = at::empty({pack.chunks * products * pack.chunk * width}, at::kFloat);
  auto* const all = static_cast<float*>(packed.data_ptr());
  const auto count = static_cast<int64_t>(pack.blocks.size());
  at::parallel_for(0, pack.chunks * count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const ConvBlock& block = pack.blocks[i % count];
      const int64_t first_in = i / count * pack.chunk, block_width = block.vectors * pack.lanes;
      float* const to = all + products * pack.chunk * (i / count * width + block.first);
      for (int64_t c = 0; c < pack.chunk; ++c)
        for (int64_t lane = 0; lane < block_width; lane += pack.lanes) {
          double read[kMaxTaps][kMaxLanes] = {}, transformed[kMaxProducts][kMaxLanes];
          const int64_t o = block.first + lane;
          if (first_in + c < view.in)
            view.read(o, first_in + c, std::clamp<int64_t>(view.out - o, 0, pack.lanes), read);
          if (pack.tile == 2) transform<2>(read, transformed);
          if (pack.tile == 4) transform<4>(read, transformed);
          const auto* values = pack.tile > 0 ? transformed : read;
          for (int64_t k = 0; k < products; ++k)
            std::copy_n(values[k], pack.lanes, to + (k * pack.chunk + c) * block_width + lane);
        }
    }
  });
  return packed;
}

at::Tensor packed_bytes(const ConvPack& pack, const at::Tensor& weight) {
  const int64_t width = pack.blocks.back().first + pack.blocks.back().vectors * pack.lanes, k = weight.size(2);
  at::Tensor padded = at::zeros({width, pack.chunks * pack.chunk, k, k}, weight.options());
  padded.narrow(0, 0, weight.size(0)).narrow(1, 0, weight.size(1)).copy_(weight);
  padded = padded.view({width, pack.chunks, pack.chunk, k, k}).permute({1, 3, 4, 2, 0});
  std::vector<at::Tensor> parts;
  for (int64_t chunk = 0; chunk < pack.chunks; ++chunk)
    for (const ConvBlock& block : pack.blocks) {
      const at::Tensor part = padded[chunk].narrow(3, block.first, block.vectors * pack.lanes);
      parts.push_back(part.reshape({k, k, pack.chunk / 4, 4, -1}).transpose(3, 4).reshape({-1}));
    }
  return at::cat(parts);
}

}  // namespace sr3

#include "nn/conv_weight.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <bit>

#include "tensor/aten.h"

namespace sr3 {

namespace {

// narrow and widen convert the (in, area) matrix of one output channel.

// fp32 (in, area) -> bf16 (area, in), rounded to nearest, ties to even. In blocks, so that both sides stay in the cache.
void narrow(const float* __restrict from, uint16_t* __restrict to, int64_t in, int64_t area) {
  constexpr int64_t kBlock = 64;
  for (int64_t first = 0; first < in; first += kBlock)
    for (int64_t a = 0; a < area; ++a)
      for (int64_t i = first, last = std::min(in, first + kBlock); i < last; ++i) {
        const auto bits = std::bit_cast<uint32_t>(from[i * area + a]);
        to[a * in + i] = static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
      }
}

// The inverse: bf16 (area, in) -> fp32 (in, area)
void widen(const uint16_t* __restrict from, float* __restrict to, int64_t in, int64_t area) {
  for (int64_t i = 0; i < in; ++i)
    for (int64_t a = 0; a < area; ++a)
      to[i * area + a] = std::bit_cast<float>(static_cast<uint32_t>(from[a * in + i]) << 16);
}

class ConvWeight : public torch::autograd::Function<ConvWeight> {
 public:
  // Calls f(offset, in, area) for each output channel.
  template <class F>
  static void each(const at::Tensor& weight, const F& f) {
    const int64_t in = weight.size(1), area = weight.size(2) * weight.size(3), size = in * area;
    at::parallel_for(0, weight.size(0), std::max<int64_t>(1, 32768 / size), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) f(o * size, in, area);
    });
  }

  static at::Tensor forward(torch::autograd::AutogradContext*, const at::Tensor& weight) {
    at::Tensor out = at::empty(weight.sizes(), weight.options().dtype(at::kBFloat16), at::MemoryFormat::ChannelsLast);
    const auto* from = weight.data_ptr<float>();
    auto* to = static_cast<uint16_t*>(out.data_ptr());
    each(weight, [&](int64_t at, int64_t in, int64_t area) { narrow(from + at, to + at, in, area); });
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor g = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor out = at::empty(g.sizes(), g.options().dtype(at::kFloat));
    const auto* from = static_cast<const uint16_t*>(g.data_ptr());
    auto* to = out.data_ptr<float>();
    each(g, [&](int64_t at, int64_t in, int64_t area) { widen(from + at, to + at, in, area); });
    return {out};
  }
};

}  // namespace

at::Tensor conv_weight(const at::Tensor& weight, at::ScalarType type) {
  const bool fused =
      weight.is_cpu() && weight.scalar_type() == at::kFloat && type == at::kBFloat16 && weight.is_contiguous();
  return fused ? ConvWeight::apply(weight) : weight.to(type).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace sr3

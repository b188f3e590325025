#include "nn/conv_weight.h"
#include "tensor/aten.h"

#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>

using namespace sr3;

TEST_CASE("weights are cast and laid out as by separate operators, and so are gradients") {
  for (const auto& shape :
       std::vector<std::array<int64_t, 4>>{{5, 3, 3, 3}, {64, 130, 3, 3}, {7, 200, 1, 1}, {1, 1, 3, 3}}) {
    const at::Tensor w = (at::randn(shape) * 100).requires_grad_();
    for (const auto type : {at::kFloat, at::kBFloat16, at::kDouble}) {
      const at::Tensor ours = conv_weight(w, type);
      CHECK((ours.scalar_type() == type));
      CHECK(ours.is_contiguous(at::MemoryFormat::ChannelsLast));
      CHECK(at::equal(ours, w.to(type)));
      const at::Tensor g = at::randn(shape).to(type).contiguous(at::MemoryFormat::ChannelsLast);
      CHECK(at::equal(torch::autograd::grad({ours}, {w}, {g})[0], g.to(at::kFloat)));
    }
  }
}

#include "nn/resnet.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

int64_t parameters(const ResNet& network) {
  int64_t n = 0;
  for (const auto& [name, tensor] : network.parameters()) n += tensor.numel();
  return n;
}

}  // namespace

TEST_CASE("residual networks have the published numbers of parameters") {
  CHECK(parameters(ResNet({20, 10}, 0, at::kCPU)) == 269'722);  // 0.27M in He et al. 2016, table 6
  CHECK(parameters(ResNet({56, 10}, 0, at::kCPU)) == 853'018);  // 0.85M
  CHECK(parameters(ResNet({50, 1000}, 0, at::kCPU)) == 25'557'032);
  CHECK(parameters(ResNet({101, 1000}, 0, at::kCPU)) == 44'549'160);
  CHECK_THROWS_AS(ResNet({21, 10}, 0, at::kCPU), UsageError);
}

TEST_CASE("a residual network's shapes, statistics and gradients") {
  const at::Tensor x = at::arange(2 * 3 * 16 * 16, at::kFloat).reshape({2, 3, 16, 16}).sin();
  for (const int64_t depth : {20, 50}) {
    const ResNet network({depth, 7}, 1, at::kCPU);
    const ResNet same({depth, 7}, 1, at::kCPU), other({depth, 7}, 2, at::kCPU);
    const at::Tensor before = network(x, false);
    CHECK(before.sizes() == at::IntArrayRef{2, 7});
    CHECK(at::equal(before, same(x, false)));
    CHECK(!at::equal(before, other(x, false)));
    const at::Tensor logits = network(x, true);
    CHECK(!at::equal(network.buffers()[0].second, same.buffers()[0].second));  // the running mean moved
    logits.pow(2).sum().backward();
    for (const auto& [name, tensor] : network.parameters()) CHECK(tensor.grad().defined());
  }
}

TEST_CASE("a block with zero weights equals its shortcut: every other pixel, with zeros as added channels") {
  const ResNet network({8, 2}, 0, at::kCPU);
  const at::NoGradGuard no_gradients;
  // All norms are off except the stem's: the input of the average is relu(bn(conv(x))) at strides 1, 2, 2.
  at::Tensor stem;
  for (const auto& [name, tensor] : network.parameters()) {
    if (name == "conv1.weight") stem = tensor;
    if (name.starts_with("layer") && name.find("bn") != std::string::npos) tensor.zero_();
    if (name == "fc.weight") tensor.zero_().narrow(1, 0, 16).fill_(1);  // sums the stem's channels
  }
  const at::Tensor x = at::arange(3 * 8 * 8, at::kFloat).reshape({1, 3, 8, 8}).cos();
  const at::Tensor h = at::relu(at::conv2d(x, stem, {}, 1, 1) / std::sqrt(1 + 1e-5));
  const double expected = h.slice(2, 0, 8, 4).slice(3, 0, 8, 4).mean({2, 3}).sum().item<double>();
  CHECK(network(x, false)[0][0].item<double>() == relative(expected, 1e-5));
}

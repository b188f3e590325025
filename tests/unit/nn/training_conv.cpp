// Convolutions of a training step and their gradients against libtorch's in double.
#include "nn/training_conv.h"

#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "tensor/aten.h"

using namespace sr3;

namespace {

struct Case {
  int64_t n, in, height, width, out, kernel, stride;
  bool same, bias;
};

const Case cases[] = {
    {2, 24, 9, 13, 40, 3, 1, false, true},    // Winograd's algorithm, tiles of 4 x 4
    {1, 64, 32, 70, 33, 3, 1, false, false},  // the same in several runs of a row
    {1, 400, 5, 6, 400, 3, 1, false, true},   // tiles of 2 x 2
    {1, 3, 8, 8, 16, 3, 1, false, true},      // too few channels for it
    {2, 20, 5, 7, 24, 1, 1, false, true},    {1, 16, 8, 8, 16, 3, 2, false, true}, {1, 16, 8, 8, 16, 3, 2, true, false},
};

at::Tensor convolved(const Case& c, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (c.same) return at::conv2d(at::constant_pad_nd(x, {0, 1, 0, 1}), weight, bias, c.stride);
  return at::conv2d(x, weight, bias, c.stride, c.kernel / 2);
}

}  // namespace

TEST_CASE("convolutions of a training step and their gradients equal those in double") {
  for (const Case& c : cases) {
    CAPTURE(&c - cases);
    ConvPlan plan;
    plan.out = c.out, plan.kernel = c.kernel, plan.stride = c.stride, plan.same = c.same;
    const at::Tensor x = at::randn({c.n, c.in, c.height, c.width}).contiguous(at::MemoryFormat::ChannelsLast);
    std::vector<at::Tensor> leaves = {x.requires_grad_(),
                                      at::randn({c.out, c.in, c.kernel, c.kernel}).requires_grad_()};
    if (c.bias) leaves.push_back(at::randn({c.out}).requires_grad_());
    std::vector<at::Tensor> exact, magnitude;
    for (const at::Tensor& t : leaves) {
      exact.push_back(t.detach().to(at::kDouble).requires_grad_());
      magnitude.push_back(t.detach().abs().to(at::kDouble).requires_grad_());
    }
    const at::Tensor none;
    const at::Tensor y = training_conv(plan, leaves[0], leaves[1], c.bias ? leaves[2] : none);
    const at::Tensor z = convolved(c, exact[0], exact[1], c.bias ? exact[2] : none);
    const at::Tensor m = convolved(c, magnitude[0], magnitude[1], c.bias ? magnitude[2] : none);
    CHECK(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    // Rounding errors are relative to the sums of the absolute values of the terms, which the transforms multiply.
    const auto close = [](const at::Tensor& a, const at::Tensor& b, const at::Tensor& size) {
      REQUIRE(a.sizes() == b.sizes());
      return (a.detach().to(at::kDouble) - b.detach()).abs().max().item<double>() <
             1e-5 * size.detach().abs().max().item<double>();
    };
    CHECK(close(y, z, m));
    const at::Tensor g = at::randn(y.sizes());
    const auto ours = torch::autograd::grad({y}, leaves, {g});
    const auto theirs = torch::autograd::grad({z}, exact, {g.to(at::kDouble)});
    const auto sizes = torch::autograd::grad({m}, magnitude, {g.abs().to(at::kDouble)});
    for (size_t i = 0; i < leaves.size(); ++i) CHECK(close(ours[i], theirs[i], sizes[i]));
  }
}

TEST_CASE("a convolution of a training step whose input needs no gradient has that of its weights") {
  ConvPlan plan;
  plan.out = 16, plan.kernel = 3, plan.stride = 1, plan.same = false;
  const at::Tensor x = at::randn({1, 16, 8, 8}), w = at::randn({16, 16, 3, 3}).requires_grad_();
  const at::Tensor exact = w.detach().to(at::kDouble).requires_grad_();
  const at::Tensor ours = torch::autograd::grad({training_conv(plan, x, w, {}).sum()}, {w})[0];
  const at::Tensor theirs = torch::autograd::grad({at::conv2d(x.to(at::kDouble), exact, {}, 1, 1).sum()}, {exact})[0];
  CHECK((ours.to(at::kDouble) - theirs).abs().max().item<double>() < 1e-3);
}

// The fused norm against the same formula in plain operators in double precision: values and gradients.
#include "nn/group_norm_silu.h"
#include "tensor/aten.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

using namespace sr3;

namespace {

at::Tensor plain(const GroupNormInput& in) {
  const int64_t n = in.x.size(0), c = in.x.size(1), h = in.x.size(2), w = in.x.size(3);
  const auto wide = [](const at::Tensor& t) { return t.to(at::kDouble); };
  at::Tensor x = wide(in.x);
  if (in.offset.defined()) x = x + wide(in.offset).view({n, c, 1, 1});
  x = x.contiguous().view({n, in.groups, -1});
  const at::Tensor centered = x - x.mean(2, true);
  at::Tensor y = (centered / (centered.square().mean(2, true) + in.eps).sqrt()).view({n, c, h, w});
  y = y * wide(in.weight).view({1, c, 1, 1}) + wide(in.bias).view({1, c, 1, 1});
  if (in.scale.defined()) y = y * (1 + wide(in.scale).view({n, c, 1, 1})) + wide(in.shift).view({n, c, 1, 1});
  return in.activate ? y / (1 + (-y).exp()) : y;
}

struct Case {
  int64_t n, c, h, w, groups;
  bool scale_shift, offset, activate, channels_last;
  double mean = 0.3, deviation = 2;
};

GroupNormInput make(const Case& k, at::ScalarType type, at::ScalarType small) {
  at::manual_seed(7);
  GroupNormInput in;
  in.x = (at::randn({k.n, k.c, k.h, k.w}, at::kDouble) * k.deviation + k.mean).to(type);
  if (k.channels_last) in.x = in.x.contiguous(at::MemoryFormat::ChannelsLast);
  const auto random = [&](std::vector<int64_t> shape) { return at::randn(shape, at::kDouble).to(small); };
  in.weight = random({k.c});
  in.bias = random({k.c});
  if (k.scale_shift) {
    in.scale = random({k.n, k.c});
    in.shift = random({k.n, k.c});
  }
  if (k.offset) in.offset = random({k.n, k.c});
  in.groups = k.groups;
  in.activate = k.activate;
  return in;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).abs().max() / (1 + b.to(at::kDouble).abs().max())).item<double>();
}

// Largest differences, relative to the largest number, of the values and of all gradients.
std::pair<double, double> compare(const Case& k, at::ScalarType type, at::ScalarType small, bool widen = false) {
  GroupNormInput in = make(k, type, small);
  std::vector<at::Tensor> leaves;
  for (at::Tensor* t : {&in.x, &in.weight, &in.bias, &in.scale, &in.shift, &in.offset})
    if (t->defined()) leaves.push_back(t->requires_grad_());
  const at::Tensor y = group_norm_silu(in, widen), expected = plain(in);
  CHECK(y.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK((y.scalar_type() == (widen ? at::kFloat : type)));
  const at::Tensor weight = at::randn(expected.sizes(), at::kDouble).to(y.scalar_type());
  const auto ours = torch::autograd::grad({(y.to(at::kDouble) * weight.to(at::kDouble)).sum()}, leaves);
  const auto theirs = torch::autograd::grad({(expected * weight.to(at::kDouble)).sum()}, leaves);
  double gradients = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    CHECK((ours[i].scalar_type() == leaves[i].scalar_type()));
    CHECK(ours[i].sizes() == leaves[i].sizes());
    gradients = std::max(gradients, distance(ours[i], theirs[i]));
  }
  const at::NoGradGuard no_grad;
  CHECK(at::equal(group_norm_silu(in, widen), y));
  return {distance(y, expected), gradients};
}

const Case kCases[] = {
    {2, 32, 8, 8, 32, true, false, true, true},    {1, 64, 5, 7, 32, false, true, true, true},
    {3, 48, 1, 1, 4, true, true, true, false},     {1, 6, 3, 2, 3, false, false, false, false},
    {2, 20, 33, 17, 5, true, false, false, true},  {16, 8, 4, 4, 1, false, true, true, false},
    {1, 1, 9, 1, 1, true, true, true, true},       {1, 1024, 4, 4, 32, true, false, true, true},
    {4, 33, 64, 33, 33, false, false, true, true},
};

}  // namespace

TEST_CASE("fused norm: double") {
  for (const Case& k : kCases) {
    CAPTURE(k.c);
    const auto [values, gradients] = compare(k, at::kDouble, at::kDouble);
    CHECK(values < 1e-13);
    CHECK(gradients < 1e-12);
  }
}

TEST_CASE("fused norm: fp32") {
  for (const Case& k : kCases) {
    CAPTURE(k.c);
    const auto [values, gradients] = compare(k, at::kFloat, at::kFloat);
    CHECK(values < 1e-6);
    CHECK(gradients < 3e-6);
  }
}

TEST_CASE("fused norm: bf16, half a unit in the last place of 8 bits") {
  for (const Case& k : kCases) {
    CAPTURE(k.c);
    const auto [values, gradients] = compare(k, at::kBFloat16, at::kFloat);
    CHECK(values < 1.0 / 256);
    CHECK(gradients < 1.0 / 256);
    const auto [wide, wide_gradients] = compare(k, at::kBFloat16, at::kFloat, /*widen=*/true);
    CHECK(wide < 3e-6);
    CHECK(wide_gradients < 1.0 / 256);
  }
}

TEST_CASE("fused norm: a mean ten thousand times the standard deviation") {
  // The mean of squares minus the squared mean would lose all digits here. x itself is exact in fp32 only to 5e-4.
  Case k = {2, 32, 16, 16, 8, true, false, true, true};
  k.mean = 1e4;
  k.deviation = 1;
  const auto [values, gradients] = compare(k, at::kFloat, at::kFloat);
  CHECK(values < 1e-5);
  CHECK(gradients < 1e-5);
}

TEST_CASE("fused norm: large and constant inputs") {
  Case k = {1, 32, 8, 8, 8, false, false, true, true};
  k.deviation = 1e15;
  const auto [values, gradients] = compare(k, at::kFloat, at::kFloat);
  CHECK(values < 1e-6);
  GroupNormInput in = make(k, at::kFloat, at::kFloat);
  in.x = at::full({1, 32, 8, 8}, 12345.678, at::kFloat);
  CHECK(distance(group_norm_silu(in), plain(in)) < 1e-6);
  in.x[0][3][2][1] = NAN;
  CHECK(group_norm_silu(in).isnan().any().item<bool>());
}

TEST_CASE("fused norm: SiLU far from zero") {
  GroupNormInput in;
  in.x = at::linspace(-1, 1, 4096, at::kFloat).view({1, 1, 64, 64});
  in.weight = at::full({1}, 200.0, at::kFloat);
  in.bias = at::zeros({1}, at::kFloat);
  in.groups = 1;
  const at::Tensor y = group_norm_silu(in), expected = plain(in);
  CHECK(((y.to(at::kDouble) - expected).abs() / (expected.abs() + 1e-30)).max().item<double>() < 5e-5);
  CHECK(distance(y, expected) < 1e-7);
}

TEST_CASE("fused norm: the number of threads changes nothing") {
  const GroupNormInput in = make({1, 64, 40, 40, 32, true, false, true, true}, at::kFloat, at::kFloat);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = group_norm_silu(in);
  at::set_num_threads(3);
  const at::Tensor three = group_norm_silu(in);
  at::set_num_threads(threads);
  CHECK(at::equal(one, three));
}

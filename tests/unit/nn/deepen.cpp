// A network with added blocks is the same function as the original one, and all of its weights can learn.
#include "nn/deepen.h"

#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "nn/unet.h"
#include "random_unet.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

UNetOptions with_blocks(std::vector<int64_t> blocks, const std::string& resample = "conv") {
  UNetOptions o = adm_like();
  o.skip_scale = 1;
  o.resample = resample;
  o.multipliers.assign(blocks.size(), 1);
  for (size_t i = 0; i < blocks.size(); ++i) o.multipliers[i] = static_cast<double>(i + 1);
  o.attention = {static_cast<int64_t>(blocks.size()) - 1};
  o.blocks = std::move(blocks);
  return o;
}

Parameters deepened(const UNetOptions& from, const Parameters& p, const UNetOptions& to) {
  Parameters result;
  for (auto& [name, value] : deepen(from, to, p.all(), initial_parameters(to, 5).all())) result.add(name, value);
  return result;
}

}  // namespace

TEST_CASE("deeper networks start as the function of the original network") {
  for (const char* resample : {"conv", "block"}) {
    for (const auto& [was, is] : std::vector<std::pair<std::vector<int64_t>, std::vector<int64_t>>>{
             {{1, 1}, {1, 2}}, {{1, 1}, {2, 1}}, {{2, 3, 1}, {4, 3, 3}}, {{3, 1, 2}, {4, 4, 4}}, {{2}, {5}}}) {
      CAPTURE(resample);
      CAPTURE(was);
      CAPTURE(is);
      const UNetOptions from = with_blocks(was, resample), to = with_blocks(is, resample);
      REQUIRE(is_deeper(from, to));
      const Parameters before = random_parameters(from), after = deepened(from, before, to);
      // Exactly the names and shapes of the deeper network.
      CHECK(after.all().size() == parameter_shapes(to).size());
      for (const auto& [name, shape] : parameter_shapes(to)) CHECK(after[name].sizes() == at::IntArrayRef(shape));
      const UNetInput in = input_for(from, 2, 10, 7);
      for (const auto type : {at::kFloat, at::kDouble}) {
        const at::Tensor expected = unet_forward(from, before, in, type, false, 0);
        CHECK(distance(unet_forward(to, after, in, type, false, 0), expected) < 1e-5);
        CHECK(expected.abs().max().item<double>() > 0.1);
      }
    }
  }
}

TEST_CASE("new blocks learn: none of their last convolutions is without a gradient") {
  const UNetOptions from = with_blocks({1, 2}), to = with_blocks({2, 3});
  const Parameters after = deepened(from, random_parameters(from), to);
  std::vector<at::Tensor> leaves;
  std::vector<std::string> names;
  for (const auto& [name, value] : after.all()) {
    if (!name.ends_with("conv2.weight")) continue;
    leaves.push_back(value.requires_grad_());
    names.push_back(name);
  }
  const at::Tensor y = unet_forward(to, after, input_for(to, 2, 8, 8), at::kFloat, true, 1);
  const auto gradients = torch::autograd::grad({y.square().sum()}, leaves);
  for (size_t i = 0; i < gradients.size(); ++i) {
    CAPTURE(names[i]);
    CHECK(gradients[i].abs().max().item<double>() > 0);
  }
}

TEST_CASE("networks that are not deeper versions are refused") {
  CHECK_FALSE(is_deeper(with_blocks({2, 2}), with_blocks({2, 2})));
  CHECK_FALSE(is_deeper(with_blocks({2, 2}), with_blocks({3, 1})));
  CHECK_FALSE(is_deeper(with_blocks({2, 2}), with_blocks({2, 2, 2})));
  UNetOptions wider = with_blocks({3, 3});
  wider.channels *= 2;
  CHECK_FALSE(is_deeper(with_blocks({2, 2}), wider));
  UNetOptions scaled = with_blocks({3, 3});
  scaled.skip_scale = 0.5;  // a block of zeros would halve its input
  CHECK_FALSE(is_deeper(with_blocks({2, 2}), scaled));
}

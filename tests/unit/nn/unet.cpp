#include "nn/unet.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "base/error.h"

using namespace sr3;

TEST_CASE("the runner says what the training pass says") {
  UNetOptions o;
  o.channels = 32;
  o.condition_channels = 3;
  o.patch = 2;
  o.multipliers = {1, 2};
  o.blocks = {1, 1};
  o.attention = {1};
  o.resample = "block";
  Parameters p = initial_parameters(o, 1);
  at::manual_seed(1);
  for (const auto& [name, value] : p.all()) value.add_(at::randn_like(value) * 0.05);
  UNetInput in;
  in.x = at::randn({2, 3, 13, 22});
  in.condition = at::randn({2, 3, 13, 22});
  in.level = at::full({2}, 0.7, at::kFloat);
  const at::Tensor y = unet_forward(o, p, in, at::kFloat, false, 0);
  CHECK(y.sizes() == in.x.sizes());
  UNetRunner run(o, p, at::kCPU, at::kFloat);
  run.set_levels({0.1, 0.7});
  const auto prepared = run.prepare(in.condition, {}, {});
  CHECK((run(*prepared, in.x, 1) - y).abs().max().item<double>() < 1e-5);
}

// The whole network: gradients against finite differences, and invariants for any size, batch and number of threads.
#include "nn/unet.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "nn/attention.h"
#include "nn/dropout.h"
#include "random_unet.h"
#include "tensor/aten.h"

using namespace sr3;

TEST_CASE("gradients agree with finite differences") {
  UNetOptions o = adm_like();
  o.patch = 2;
  o.channels = 4;
  o.groups = 2;
  const Parameters p = random_parameters(o, at::kDouble);
  UNetInput in = input_for(o, 2, 5, 7, at::kDouble);
  const at::Tensor weight = at::randn({2, 6, 5, 7}, at::kDouble);
  std::vector<at::Tensor> leaves = {in.x.requires_grad_()};
  for (const auto& [name, value] : p.all()) leaves.push_back(value.requires_grad_());
  const auto loss = [&] { return (unet_forward(o, p, in, at::kDouble, true, 5) * weight).sum(); };
  o.dropout = 0.3;  // the same mask every time
  const auto gradients = torch::autograd::grad({loss()}, leaves);
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < leaves.size(); ++i) {
    CAPTURE((i == 0 ? "x" : p.all()[i - 1].first));
    const at::Tensor direction = at::randn_like(leaves[i]);
    constexpr double kStep = 1e-6;
    leaves[i].add_(direction, kStep);
    const double above = loss().item<double>();
    leaves[i].sub_(direction, 2 * kStep);
    const double below = loss().item<double>();
    leaves[i].add_(direction, kStep);
    const double expected = (above - below) / (2 * kStep), got = (gradients[i] * direction).sum().item<double>();
    CHECK(std::abs(got - expected) < 1e-5 * (1 + std::abs(expected)));
  }
}

TEST_CASE("any size: padded and cropped, with the same result as the padded image") {
  UNetOptions o = adm_like();
  o.patch = 2;
  const Parameters p = random_parameters(o);
  for (const auto& [h, w] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {2, 9}, {13, 22}, {8, 5}}) {
    const UNetInput in = input_for(o, 2, h, w);
    const at::Tensor y = unet_forward(o, p, in, at::kFloat, false, 0);
    CHECK(y.sizes() == at::IntArrayRef({2, 6, h, w}));
    CHECK(y.isfinite().all().item<bool>());
  }
  UNetInput in = input_for(o, 1, 7, 6);
  const at::Tensor y = unet_forward(o, p, in, at::kFloat, false, 0);
  const auto reflect = [](const at::Tensor& x) {  // 7x6 -> 8x8
    const at::Tensor tall = at::cat({x, x.narrow(2, 5, 1)}, 2);
    return at::cat({tall, tall.narrow(3, 4, 1), tall.narrow(3, 3, 1)}, 3);
  };
  in.x = reflect(in.x);
  in.condition = reflect(in.condition);
  CHECK(at::equal(unet_forward(o, p, in, at::kFloat, false, 0).narrow(2, 0, 7).narrow(3, 0, 6), y));
}

TEST_CASE("the runner's prediction equals that of the training pass") {
  for (const UNetOptions& o : all_kinds()) {
    const Parameters p = random_parameters(o);
    const UNetInput in = input_for(o, 2, 13, 22);
    const at::Tensor y = unet_forward(o, p, in, at::kFloat, false, 0);
    const double size = 1 + y.abs().max().item<double>();
    for (const auto type : {at::kFloat, at::kBFloat16}) {
      UNetRunner run(o, p, at::kCPU, type);
      run.set_levels({7, o.level.input == "timestep" ? 321.0 : 0.6});
      const auto prepared = run.prepare(in.condition, in.labels, in.augmentation_level);
      const at::Tensor z = run(*prepared, in.x, 1);
      CHECK((z.scalar_type() == at::kFloat));
      CHECK(z.is_contiguous());
      CHECK(distance(z, y) < (type == at::kFloat ? 1e-5 : 0.1) * size);
      CHECK(at::equal(run(*prepared, in.x, 1), z));
    }
    CHECK(distance(unet_forward(o, p, in, at::kBFloat16, false, 0), y) < 0.1 * size);
  }
}

TEST_CASE("gradients in bf16 have the direction of those in fp32") {
  UNetOptions o = adm_like();
  o.patch = 2;
  const Parameters p = random_parameters(o);
  const UNetInput in = input_for(o, 4, 16, 16);
  std::vector<at::Tensor> leaves;
  for (const auto& [name, value] : p.all()) leaves.push_back(value.requires_grad_());
  const auto gradient = [&](at::ScalarType type) {
    const at::Tensor y = unet_forward(o, p, in, type, true, 0);
    std::vector<at::Tensor> flat;
    for (const at::Tensor& g : torch::autograd::grad({y.square().mean()}, leaves)) {
      CHECK((g.scalar_type() == at::kFloat));
      flat.push_back(g.reshape({-1}));
    }
    return at::cat(flat);
  };
  const at::Tensor a = gradient(at::kFloat), b = gradient(at::kBFloat16);
  CHECK((a * b).sum().item<double>() > 0.999 * (a.norm() * b.norm()).item<double>());
  CHECK(b.norm().item<double>() == relative(a.norm().item<double>(), 0.02));
}

TEST_CASE("an example does not depend on its batch") {
  const UNetOptions o = adm_like();
  const Parameters p = random_parameters(o);
  const UNetInput in = input_for(o, 3, 8, 8);
  UNetRunner run(o, p, at::kCPU, at::kFloat);
  run.set_levels({321});
  const at::Tensor all = run(*run.prepare(in.condition, in.labels, in.augmentation_level), in.x, 0);
  for (int64_t i = 0; i < 3; ++i) {
    const auto one = [&](const at::Tensor& t) { return t.narrow(0, i, 1); };
    const auto prepared = run.prepare(one(in.condition), one(in.labels), one(in.augmentation_level));
    CHECK(distance(run(*prepared, one(in.x), 0), one(all)) < 1e-5);
  }
}

TEST_CASE("results are identical in any batch, with any number of threads, and after any earlier work") {
  UNetOptions o = adm_like();
  o.channels = 48;
  o.multipliers = {1, 2, 3};
  o.blocks = {1, 1, 1};
  o.groups = 8;
  o.attention = {0, 2};  // of 400 pixels: several pieces of queries
  const Parameters p = random_parameters(o);
  const int threads = at::get_num_threads();
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    UNetRunner run(o, p, at::kCPU, type);
    run.set_levels({321});
    for (const int64_t size : {8, 20}) {
      const UNetInput in = input_for(o, 7, size, size);
      const auto part = [&](int64_t from, int64_t n) {
        const auto cut = [&](const at::Tensor& t) { return t.narrow(0, from, n); };
        return run(*run.prepare(cut(in.condition), cut(in.labels), cut(in.augmentation_level)), cut(in.x), 0);
      };
      const at::Tensor all = part(0, 7);
      for (const int count : {1, 2, 3}) {
        at::set_num_threads(count);
        for (const int64_t n : {1, 2, 4, 7}) {
          CAPTURE(size);
          CAPTURE(count);
          CAPTURE(n);
          CHECK(at::equal(part(7 - n, n), all.narrow(0, 7 - n, n)));
        }
      }
      at::set_num_threads(threads);
    }
  }
}

TEST_CASE("attention in chunks is attention, in values and gradients") {
  // 2 * 2 * 4000^2 scores are more than one chunk takes.
  at::manual_seed(5);
  const at::Tensor qkv =
      at::randn({2, 3 * 8, 40, 100}, at::kFloat).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
  const at::Tensor y = self_attention(qkv, 2);
  const at::Tensor parts = qkv.contiguous().view({2, 3, 2, 4, 4000});
  const at::Tensor w = at::softmax(at::matmul(parts.select(1, 0).transpose(2, 3), parts.select(1, 1)) / 2, -1);
  const at::Tensor expected = at::matmul(parts.select(1, 2), w.transpose(2, 3)).contiguous().view({2, 8, 40, 100});
  CHECK(distance(y, expected) < 1e-5);
  const at::Tensor g = at::randn({2, 8, 40, 100});
  const at::Tensor ours = torch::autograd::grad({(y * g).sum()}, {qkv})[0];
  const at::Tensor theirs = torch::autograd::grad({(expected * g).sum()}, {qkv})[0];
  CHECK(distance(ours, theirs) < 1e-4 * theirs.abs().max().item<double>());
}

TEST_CASE("dropout masks: the share, the layer, the seed, the threads") {
  const at::Tensor x = at::empty({2, 16, 50, 50}, at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor a = dropout_mask(x, 0.2, 1, 0);
  CHECK(a.sizes() == x.sizes());
  CHECK((a == 0).to(at::kDouble).mean().item<double>() == relative(0.2, 0.02));
  CHECK(a.max().item<double>() == relative(1.25));
  CHECK(!at::equal(a, dropout_mask(x, 0.2, 1, 1)));
  CHECK(!at::equal(a, dropout_mask(x, 0.2, 2, 0)));
  const int threads = at::get_num_threads();
  at::set_num_threads(3);
  CHECK(at::equal(a, dropout_mask(x, 0.2, 1, 0)));
  at::set_num_threads(threads);
}

TEST_CASE("a new network predicts zero, and is the same for the same seed") {
  const UNetOptions o = adm_like();
  const Parameters p = initial_parameters(o, 4);
  const UNetInput in = input_for(o, 2, 8, 8);
  CHECK(unet_forward(o, p, in, at::kFloat, true, 0).abs().max().item<double>() == 0);
  const Parameters again = initial_parameters(o, 4), other = initial_parameters(o, 5);
  for (const auto& [name, value] : p.all()) CHECK(at::equal(value, again[name]));
  CHECK(!at::equal(p["down.1.conv1.weight"], other["down.1.conv1.weight"]));
  const at::Tensor w = p["up.3.conv1.weight"];  // 16 + 8 channels in
  const double bound = 1 / std::sqrt(24.0 * 9);
  CHECK(w.abs().max().item<double>() <= bound);
  CHECK(w.std().item<double>() == relative(bound / std::sqrt(3.0), 0.05));
  CHECK(p["augment.2.weight"].abs().max().item<double>() == 0);
}

TEST_CASE("inputs of the wrong shape are refused") {
  const UNetOptions o = adm_like();
  const Parameters p = initial_parameters(o, 1);
  const UNetInput good = input_for(o, 2, 8, 8);
  const auto refused = [&](auto&& change) {
    UNetInput in = good;
    change(in);
    CHECK_THROWS_AS(unet_forward(o, p, in, at::kFloat, false, 0), Error);
  };
  refused([](auto& in) { in.x = in.x.narrow(1, 0, 2); });
  refused([](auto& in) { in.condition = at::Tensor(); });
  refused([](auto& in) { in.condition = in.condition.narrow(2, 0, 7); });
  refused([](auto& in) { in.level = at::Tensor(); });
  refused([](auto& in) { in.level = in.level.narrow(0, 0, 1); });
  refused([](auto& in) { in.labels = at::Tensor(); });
  refused([](auto& in) { in.labels = in.labels + 5; });
  refused([](auto& in) { in.labels = in.labels - 1; });
  refused([](auto& in) { in.augmentation_level = at::Tensor(); });
  UNetRunner run(o, p, at::kCPU, at::kFloat);
  CHECK_THROWS_AS(run.prepare({}, good.labels, good.augmentation_level), Error);
  CHECK_THROWS_AS(run.prepare(good.condition, {}, good.augmentation_level), Error);
  run.set_levels({1});
  const auto prepared = run.prepare(good.condition, good.labels, good.augmentation_level);
  CHECK_THROWS_AS(run(*prepared, good.x.narrow(0, 0, 1), 0), Error);
  CHECK_THROWS(run(*prepared, good.x, 1));
}

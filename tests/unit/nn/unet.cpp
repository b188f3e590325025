// The whole network: against a second forward pass written out in plain operators on NCHW maps straight from the
// published descriptions, in values; against finite differences in gradients; and what holds for any size, batch and
// number of threads.
#include "nn/unet.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "base/error.h"
#include "nn/attention.h"
#include "nn/dropout.h"
#include "nn/embedding.h"

using namespace sr3;

namespace {

// Random everywhere: the zeros of a fresh network would hide its last convolutions.
Parameters random_parameters(const UNetOptions& options, at::ScalarType type = at::kFloat) {
  at::manual_seed(3);
  Parameters p;
  for (const auto& [name, shape] : parameter_shapes(options)) {
    int64_t fan = 1;
    for (size_t i = 1; i < shape.size(); ++i) fan *= shape[i];
    const at::Tensor value =
        at::randn(shape, at::kDouble) * (shape.size() > 1 ? 1 / std::sqrt(static_cast<double>(fan)) : 0.3);
    p.add(name, (name.find("norm") != std::string::npos && name.ends_with("weight") ? value + 1 : value).to(type));
  }
  return p;
}

// Plain operators, by name.
struct Slow {
  const Parameters& p;
  int64_t groups;

  at::Tensor conv(const std::string& name, const at::Tensor& x, int64_t stride = 1) const {
    const at::Tensor& w = p[name + ".weight"];
    at::Tensor bias;
    for (const auto& [key, value] : p.all())
      if (key == name + ".bias") bias = value;
    return at::conv2d(x.contiguous(), w, bias, stride, w.size(2) / 2);
  }
  at::Tensor linear(const std::string& name, const at::Tensor& x) const {
    return at::matmul(x, p[name + ".weight"].t()) + p[name + ".bias"];
  }
  at::Tensor norm(const std::string& name, const at::Tensor& x) const {
    return at::group_norm(x.contiguous(), groups, p[name + ".weight"], p[name + ".bias"], 1e-5);
  }
  static at::Tensor silu(const at::Tensor& x) { return x * at::sigmoid(x); }
  static at::Tensor up(const at::Tensor& x) { return x.repeat_interleave(2, 2).repeat_interleave(2, 3); }
  static at::Tensor down(const at::Tensor& x) {
    return x.view({x.size(0), x.size(1), x.size(2) / 2, 2, x.size(3) / 2, 2}).mean(at::IntArrayRef{3, 5});
  }
  at::Tensor attention(const std::string& name, const at::Tensor& x, int64_t heads) const {
    const int64_t n = x.size(0), c = x.size(1), t = x.size(2) * x.size(3), d = c / heads;
    const at::Tensor qkv = conv(name + ".qkv", norm(name + ".norm", x)).view({n, 3, heads, d, t});
    const at::Tensor q = qkv.select(1, 0), k = qkv.select(1, 1), v = qkv.select(1, 2);
    const at::Tensor w = at::softmax(at::matmul(q.transpose(2, 3), k) / std::sqrt(static_cast<double>(d)), -1);
    const at::Tensor y = at::matmul(v, w.transpose(2, 3)).contiguous().view({n, c, x.size(2), x.size(3)});
    return conv(name + ".out", y);
  }
};

UNetOptions adm_like() {
  UNetOptions o;
  o.condition_channels = 2;
  o.out_channels = 6;
  o.channels = 8;
  o.multipliers = {1, 2};
  o.blocks = {1, 1};
  o.attention = {1};
  o.head_channels = 4;
  o.groups = 4;
  o.resample = "block";
  o.skip_scale = std::sqrt(0.5);
  o.classes = 5;
  o.augmentation_level = true;
  o.level.input = "timestep";
  return o;
}

UNetInput input_for(const UNetOptions& o, int64_t n, int64_t h, int64_t w, at::ScalarType type = at::kFloat) {
  at::manual_seed(11);
  UNetInput in;
  in.x = at::randn({n, o.in_channels, h, w}, at::kDouble).to(type);
  if (o.condition_channels > 0) in.condition = at::randn({n, o.condition_channels, h, w}, at::kDouble).to(type);
  if (o.level.input != "none") in.level = at::full({n}, o.level.input == "timestep" ? 321.0 : 0.6, at::kFloat);
  if (o.classes > 0) in.labels = at::arange(n, at::kLong).remainder(o.classes) - (n > 1 ? 1 : 0);
  if (o.augmentation_level) in.augmentation_level = at::linspace(0.1, 0.9, n, at::kFloat);
  return in;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace

TEST_CASE("level embeddings of the reference implementations") {
  LevelEmbedding adm;
  const at::Tensor a = sinusoid(adm, 192, at::full({1}, 500.0, at::kFloat))[0];
  const double cosines[] = {-.883849, -.294230, -.405331, -.455753}, sines[] = {-.467772, .955735, -.914170, -.890107};
  for (int i = 0; i < 4; ++i) {
    CHECK(a[i].item<double>() == doctest::Approx(cosines[i]).epsilon(1e-4));
    CHECK(a[96 + i].item<double>() == doctest::Approx(sines[i]).epsilon(1e-4));
  }
  LevelEmbedding janspiry;
  janspiry.order = "sin-cos";
  const at::Tensor j = sinusoid(janspiry, 64, at::full({1}, 0.5, at::kFloat))[0];
  const double first[] = {.479426, .366223, .277481, .209289}, second[] = {.877583, .930527, .960731, .977854};
  for (int i = 0; i < 4; ++i) {
    CHECK(j[i].item<double>() == doctest::Approx(first[i]).epsilon(2e-6));
    CHECK(j[32 + i].item<double>() == doctest::Approx(second[i]).epsilon(2e-6));
  }
  LevelEmbedding odd;
  odd.scale = 5000;
  odd.frequency_shift = 1;
  const at::Tensor o = sinusoid(odd, 7, at::full({2}, 0.5, at::kFloat));
  CHECK(o.sizes() == at::IntArrayRef({2, 7}));
  CHECK(o[1][2].item<double>() == doctest::Approx(std::cos(0.25)).epsilon(1e-6));  // 2500 * 1e4^(-2/2)
  CHECK(o[1][6].item<double>() == 0);
}

TEST_CASE("ADM's network: blocks that resample, classes, attention heads, scale and shift") {
  const UNetOptions o = adm_like();
  const Parameters p = random_parameters(o);
  const UNetInput in = input_for(o, 3, 4, 6);
  const Slow s{p, o.groups};
  const auto mlp = [&](const char* name, const at::Tensor& x) {
    return s.linear(std::string(name) + ".2", Slow::silu(s.linear(std::string(name) + ".0", x)));
  };
  at::Tensor e =
      mlp("time", sinusoid(o.level, 8, in.level)) + mlp("augment", sinusoid(o.level, 8, in.augmentation_level));
  e = e + at::cat({at::zeros({1, 32}), p["classes.weight"].narrow(0, 0, 2)}, 0);  // labels -1, 0, 1
  const auto block = [&](const std::string& name, const at::Tensor& x, int resize = 0, bool attend = false) {
    const auto resized = [&](const at::Tensor& t) { return resize > 0 ? Slow::up(t) : resize < 0 ? Slow::down(t) : t; };
    at::Tensor h = s.conv(name + ".conv1", resized(Slow::silu(s.norm(name + ".norm1", x))));
    const at::Tensor told = s.linear(name + ".embed", Slow::silu(e)).unsqueeze(2).unsqueeze(3);
    const int64_t c = h.size(1);
    h = s.norm(name + ".norm2", h) * (1 + told.narrow(1, 0, c)) + told.narrow(1, c, c);
    h = s.conv(name + ".conv2", Slow::silu(h));
    const at::Tensor r = resized(x);
    h = (h + (r.size(1) == c ? r : s.conv(name + ".skip", r))) * o.skip_scale;
    return attend ? (h + s.attention(name + ".attention", h, c / 4)) * o.skip_scale : h;
  };
  const at::Tensor d0 = s.conv("down.0.conv", at::cat({in.x, in.condition}, 1));
  const at::Tensor d1 = block("down.1", d0), d2 = block("down.2", d1, -1), d3 = block("down.3", d2, 0, true);
  at::Tensor h = block("middle.1", block("middle.0", d3, 0, true));
  h = block("up.0", at::cat({h, d3}, 1), 0, true);
  h = block("up.1", at::cat({h, d2}, 1), 0, true);
  h = block("up.2", h, +1);
  h = block("up.3", at::cat({h, d1}, 1));
  h = block("up.4", at::cat({h, d0}, 1));
  const at::Tensor expected = s.conv("out.conv", Slow::silu(s.norm("out.norm", h)));
  const at::Tensor y = unet_forward(o, p, in, at::kFloat, false, 0);
  CHECK(y.sizes() == expected.sizes());
  CHECK(distance(y, expected) < 1e-5 * (1 + expected.abs().max().item<double>()));
}

TEST_CASE("Janspiry's network: additive embedding, lone resampling convolutions, one head without bias") {
  UNetOptions o;
  o.condition_channels = 3;
  o.concat_order = "condition-x";
  o.channels = 8;
  o.multipliers = {1, 2};
  o.blocks = {1, 1};
  o.attention = {1};
  o.attention_bias = false;
  o.groups = 4;
  o.scale_shift = false;
  o.level.input = "sqrt-alpha-bar";
  o.level.order = "sin-cos";
  o.level.out = 8;
  o.level.activate = false;
  const Parameters p = random_parameters(o);
  const UNetInput in = input_for(o, 2, 6, 4);
  const Slow s{p, o.groups};
  const at::Tensor e = s.linear("time.2", Slow::silu(s.linear("time.0", sinusoid(o.level, 8, in.level))));
  const auto block = [&](const std::string& name, const at::Tensor& x, bool attend = false) {
    at::Tensor h = s.conv(name + ".conv1", Slow::silu(s.norm(name + ".norm1", x)));
    h = h + s.linear(name + ".embed", e).unsqueeze(2).unsqueeze(3);
    h = s.conv(name + ".conv2", Slow::silu(s.norm(name + ".norm2", h)));
    h = h + (x.size(1) == h.size(1) ? x : s.conv(name + ".skip", x));
    return attend ? h + s.attention(name + ".attention", h, 1) : h;
  };
  const at::Tensor d0 = s.conv("down.0.conv", at::cat({in.condition, in.x}, 1));
  const at::Tensor d1 = block("down.1", d0), d2 = s.conv("down.2.conv", d1, 2), d3 = block("down.3", d2, true);
  at::Tensor h = block("middle.1", block("middle.0", d3, true));
  h = block("up.0", at::cat({h, d3}, 1), true);
  h = block("up.1", at::cat({h, d2}, 1), true);
  h = s.conv("up.2.conv", Slow::up(h));
  h = block("up.3", at::cat({h, d1}, 1));
  h = block("up.4", at::cat({h, d0}, 1));
  const at::Tensor expected = s.conv("out.conv", Slow::silu(s.norm("out.norm", h)));
  CHECK(distance(unet_forward(o, p, in, at::kFloat, false, 0), expected) <
        1e-5 * (1 + expected.abs().max().item<double>()));
}

TEST_CASE("patches are space to depth, of the image and of the condition") {
  // One level, and everything but the skip of the stem through out.norm switched off is still a network: compare two of
  // them, patch 2 on an image, and patch 1 on its four phases as channels.
  UNetOptions o;
  o.channels = 8;
  o.multipliers = {1};
  o.blocks = {1};
  o.groups = 4;
  o.patch = 2;
  o.condition_channels = 1;
  UNetOptions phases = o;
  phases.patch = 1;
  phases.in_channels = phases.out_channels = 12;
  phases.condition_channels = 4;
  const Parameters p = random_parameters(o);
  const UNetInput in = input_for(o, 2, 6, 8);
  const auto cut = [](const at::Tensor& x) {
    std::vector<at::Tensor> parts;
    for (int64_t c = 0; c < x.size(1); ++c)
      for (int64_t i = 0; i < 2; ++i)
        for (int64_t j = 0; j < 2; ++j)
          parts.push_back(x.select(1, c).slice(1, i, x.size(2), 2).slice(2, j, x.size(3), 2));
    return at::stack(parts, 1);
  };
  UNetInput small = in;
  small.x = cut(in.x);
  small.condition = cut(in.condition);
  CHECK(distance(cut(unet_forward(o, p, in, at::kFloat, false, 0)),
                 unet_forward(phases, p, small, at::kFloat, false, 0)) < 1e-5);
}

TEST_CASE("gradients are those of finite differences") {
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

TEST_CASE("any size: padded, cut, and the same as the padded image") {
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

TEST_CASE("the runner says what the training pass says") {
  std::vector<UNetOptions> cases(5, adm_like());
  cases[0].patch = 2;
  cases[1].classes = 0;
  cases[1].augmentation_level = false;
  cases[1].resample = "conv";
  cases[1].concat_order = "condition-x";
  cases[2].scale_shift = false;
  cases[2].level.activate = false;
  cases[2].condition_channels = 0;
  cases[3].level.input = "none";
  cases[3].classes = 0;
  cases[3].augmentation_level = false;
  cases[4].resample = "conv-same";
  for (const UNetOptions& o : cases) {
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

TEST_CASE("gradients in bf16 point where those in fp32 do") {
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
  CHECK(b.norm().item<double>() == doctest::Approx(a.norm().item<double>()).epsilon(0.02));
}

TEST_CASE("an example does not see its batch") {
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

TEST_CASE("bit for bit the same in any batch, with any threads, whatever came before") {
  UNetOptions o = adm_like();
  o.channels = 48;
  o.multipliers = {1, 2, 3};
  o.blocks = {1, 1, 1};
  o.groups = 8;
  o.attention = {2};
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
  CHECK((a == 0).to(at::kDouble).mean().item<double>() == doctest::Approx(0.2).epsilon(0.02));
  CHECK(a.max().item<double>() == doctest::Approx(1.25));
  CHECK(!at::equal(a, dropout_mask(x, 0.2, 1, 1)));
  CHECK(!at::equal(a, dropout_mask(x, 0.2, 2, 0)));
  const int threads = at::get_num_threads();
  at::set_num_threads(3);
  CHECK(at::equal(a, dropout_mask(x, 0.2, 1, 0)));
  at::set_num_threads(threads);
}

TEST_CASE("a fresh network says nothing, and is the same for the same seed") {
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
  CHECK(w.std().item<double>() == doctest::Approx(bound / std::sqrt(3.0)).epsilon(0.05));
  CHECK(p["augment.2.weight"].abs().max().item<double>() == 0);
}

TEST_CASE("inputs that do not fit are refused") {
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

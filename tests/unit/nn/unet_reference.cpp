// The whole network against a second forward pass, written out in plain operators on NCHW maps straight from the
// published descriptions.
#include <doctest/doctest.h>

#include <cmath>

#include "base/relative.h"
#include "nn/embedding.h"
#include "nn/unet.h"
#include "random_unet.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

// Plain operators, which look up their weights by name.
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

}  // namespace

TEST_CASE("level embeddings of the reference implementations") {
  LevelEmbedding adm;
  const at::Tensor a = sinusoid(adm, 192, at::full({1}, 500.0, at::kFloat))[0];
  const double cosines[] = {-.883849, -.294230, -.405331, -.455753}, sines[] = {-.467772, .955735, -.914170, -.890107};
  for (int i = 0; i < 4; ++i) {
    CHECK(a[i].item<double>() == relative(cosines[i], 1e-4));
    CHECK(a[96 + i].item<double>() == relative(sines[i], 1e-4));
  }
  LevelEmbedding janspiry;
  janspiry.order = "sin-cos";
  const at::Tensor j = sinusoid(janspiry, 64, at::full({1}, 0.5, at::kFloat))[0];
  const double first[] = {.479426, .366223, .277481, .209289}, second[] = {.877583, .930527, .960731, .977854};
  for (int i = 0; i < 4; ++i) {
    CHECK(std::abs(j[i].item<double>() - first[i]) < 1e-6);
    CHECK(std::abs(j[32 + i].item<double>() - second[i]) < 1e-6);
  }
  LevelEmbedding odd;
  odd.scale = 5000;
  odd.frequency_shift = 1;
  const at::Tensor o = sinusoid(odd, 7, at::full({2}, 0.5, at::kFloat));
  CHECK(o.sizes() == at::IntArrayRef({2, 7}));
  CHECK(o[1][2].item<double>() == relative(std::cos(0.25), 1e-6));  // 2500 * 1e4^(-2/2)
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
    const at::Tensor projected = s.linear(name + ".embed", Slow::silu(e)).unsqueeze(2).unsqueeze(3);
    const int64_t c = h.size(1);
    h = s.norm(name + ".norm2", h) * (1 + projected.narrow(1, 0, c)) + projected.narrow(1, c, c);
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
  // A network with patch 2 equals the network with the same weights and patch 1 whose input channels are the four phases
  // of the image and of the condition.
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

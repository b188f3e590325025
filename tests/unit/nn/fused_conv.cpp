// The fused convolution against the same in double by plain loops, on odd sizes and channels, by every set of kernels that this
// CPU has.
#include "nn/fused_conv.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/conv_kernels.h"
#include "nn/forward.h"
#include "nn/group_norm_coefficients.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

at::Tensor random(std::vector<int64_t> shape, uint64_t seed) {
  at::Tensor t = at::empty(shape, at::kDouble);
  auto* p = static_cast<double*>(t.data_ptr());
  uint64_t state = seed * 2654435761 + 1;
  for (int64_t i = 0; i < t.numel(); ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    p[i] = static_cast<double>(state >> 40) / static_cast<double>(1 << 23) - 1;
  }
  return t.to(at::kFloat);
}

struct Case {
  int64_t n, first, second, height, width, out, kernel, stride;
  bool same, norm, activate;
  Resample resample;
};

const Case cases[] = {
    {1, 5, 0, 7, 9, 3, 3, 1, false, true, true, Resample::kNone},
    {2, 24, 0, 11, 70, 48, 3, 1, false, true, true, Resample::kNone},
    {2, 36, 17, 6, 5, 33, 3, 1, false, true, true, Resample::kNone},
    {3, 12, 0, 8, 8, 20, 3, 1, false, false, false, Resample::kNone},
    {1, 30, 6, 9, 133, 25, 1, 1, false, true, false, Resample::kNone},
    {2, 7, 0, 10, 14, 40, 3, 2, false, false, false, Resample::kNone},
    {2, 7, 0, 9, 13, 40, 3, 2, false, false, false, Resample::kNone},
    {1, 8, 0, 10, 12, 8, 3, 2, true, false, false, Resample::kNone},
    {2, 9, 0, 5, 37, 32, 3, 1, false, false, false, Resample::kUp},
    {1, 9, 4, 6, 34, 16, 3, 1, false, true, true, Resample::kUp},
    {1, 9, 4, 6, 34, 16, 3, 1, false, true, true, Resample::kDown},
    {1, 10, 0, 1, 1, 64, 3, 1, false, true, true, Resample::kNone},
    {1, 100, 0, 2, 3, 96, 1, 1, false, true, true, Resample::kNone},
    {1, 64, 0, 33, 67, 40, 3, 1, false, true, true, Resample::kNone},
    {2, 100, 28, 16, 16, 72, 3, 1, false, true, true, Resample::kNone},
    {1, 400, 0, 5, 7, 400, 3, 1, false, true, true, Resample::kNone},
    {1, 20, 0, 19, 1, 17, 3, 1, false, false, false, Resample::kUp},
};

// The plain convolution (sums in double), and the sum of the absolute values of its terms, which scales its rounding error.
struct Reference {
  at::Tensor value, magnitude;
};

Reference plain(const Case& c, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t pad = c.same ? 0 : c.kernel / 2, end = c.same ? 1 : c.kernel / 2;
  const int64_t h = (x.size(2) + pad + end - c.kernel) / c.stride + 1,
                w = (x.size(3) + pad + end - c.kernel) / c.stride + 1;
  Reference r = {at::zeros({c.n, c.out, h, w}, at::kDouble), at::zeros({c.n, c.out, h, w}, at::kDouble)};
  const auto xs = x.accessor<double, 4>();
  const auto ws = weight.accessor<float, 4>();
  const auto bs = bias.accessor<float, 1>();
  auto value = r.value.accessor<double, 4>();
  auto magnitude = r.magnitude.accessor<double, 4>();
  for (int64_t n = 0; n < c.n; ++n)
    for (int64_t o = 0; o < c.out; ++o)
      for (int64_t i = 0; i < h; ++i)
        for (int64_t j = 0; j < w; ++j) {
          double sum = bs[o], all = std::abs(bs[o]);
          for (int64_t k = 0; k < x.size(1); ++k)
            for (int64_t u = 0; u < c.kernel; ++u)
              for (int64_t v = 0; v < c.kernel; ++v) {
                const int64_t y = i * c.stride - pad + u, z = j * c.stride - pad + v;
                if (y < 0 || z < 0 || y >= x.size(2) || z >= x.size(3)) continue;
                const double term = xs[n][k][y][z] * ws[o][k][u][v];
                sum += term;
                all += std::abs(term);
              }
          value[n][o][i][j] = sum;
          magnitude[n][o][i][j] = all;
        }
  return r;
}

// What scales the rounding error of Winograd's algorithm F(m x m, 3 x 3): its transforms of absolute values.
at::Tensor winograd_magnitude(const at::Tensor& x, const at::Tensor& weight, int64_t m) {
  const auto matrix = [](const std::vector<double>& values, int64_t rows) {
    return at::tensor(values, at::kDouble).view({rows, -1}).abs();
  };
  // clang-format off
  const at::Tensor a = m == 2 ? matrix({1, 1, 1, 0,
                                        0, 1, -1, -1}, 2)
                              : matrix({1, 1, 1, 1, 1, 0,
                                        0, 1, -1, 2, -2, 0,
                                        0, 1, 1, 4, 4, 0,
                                        0, 1, -1, 8, -8, 1}, 4);
  const at::Tensor b = m == 2 ? matrix({1, 0, -1, 0,
                                        0, 1, 1, 0,
                                        0, -1, 1, 0,
                                        0, 1, 0, -1}, 4)
                              : matrix({4, 0, -5, 0, 1, 0,
                                        0, -4, -4, 1, 1, 0,
                                        0, 4, -4, -1, 1, 0,
                                        0, -2, -1, 2, 1, 0,
                                        0, 2, -1, -2, 1, 0,
                                        0, 4, 0, -5, 0, 1}, 6);
  const at::Tensor g = m == 2 ? matrix({1, 0, 0,
                                        1. / 2, 1. / 2, 1. / 2,
                                        1. / 2, -1. / 2, 1. / 2,
                                        0, 0, 1}, 4)
                              : matrix({1. / 4, 0, 0,
                                        -1. / 6, -1. / 6, -1. / 6,
                                        -1. / 6, 1. / 6, -1. / 6,
                                        1. / 24, 1. / 12, 1. / 6,
                                        1. / 24, -1. / 12, 1. / 6,
                                        0, 0, 1}, 6);
  // clang-format on
  const int64_t h = x.size(2), w = x.size(3), down = (h + m - 1) / m, across = (w + m - 1) / m, size = m + 2;
  const at::Tensor padded = at::constant_pad_nd(x.abs(), {1, m * across - w + 1, 1, m * down - h + 1});
  const at::Tensor d = at::matmul(at::matmul(b, padded.unfold(2, size, m).unfold(3, size, m)), b.t());
  const at::Tensor u = at::matmul(at::matmul(g, weight.to(at::kDouble).abs()), g.t());
  const at::Tensor products = at::matmul(d.permute({4, 5, 0, 2, 3, 1}).reshape({size * size, -1, x.size(1)}),
                                         u.permute({2, 3, 1, 0}).reshape({size * size, x.size(1), -1}));
  const at::Tensor sums = products.view({size, size, x.size(0), down, across, -1}).permute({2, 5, 3, 4, 0, 1});
  const at::Tensor y = at::matmul(at::matmul(a, sums), a.t()).permute({0, 1, 2, 4, 3, 5});
  return y.reshape({x.size(0), weight.size(0), m * down, m * across}).narrow(2, 0, h).narrow(3, 0, w);
}

// The input after norm, activation and resampling, in double.
at::Tensor prepared(const Case& c, const at::Tensor& x, const Coefficients<float>& norm) {
  at::Tensor z = x.to(at::kDouble);
  const auto spread = [](const at::Tensor& t) { return t.to(at::kDouble).unsqueeze(2).unsqueeze(3); };
  if (c.norm) z = (z - spread(norm.center)) * spread(norm.slope) + spread(norm.base);
  if (c.norm && c.activate) z = z * at::sigmoid(z);
  return resized(c.resample, z);
}

struct Inputs {
  explicit Inputs(const Case& c)
      : first(random({c.n, c.first, c.height, c.width}, 1)),
        second(random({c.n, c.second, c.height, c.width}, 2)),
        weight(random({c.out, c.first + c.second, c.kernel, c.kernel}, 3)),
        bias(random({c.out}, 4)),
        norm(c.n, c.first + c.second, 1) {
    norm.center = random({c.n, c.first + c.second}, 5);
    norm.slope = random({c.n, c.first + c.second}, 6) * 3;
    norm.base = random({c.n, c.first + c.second}, 7);
    plan.out = c.out, plan.kernel = c.kernel, plan.stride = c.stride, plan.same = c.same;
    input.maps = {{first, {}, {}}};
    if (c.second > 0) input.maps.push_back({second, {}, {}});
    if (c.norm) input.norm = &norm;
    input.activate = c.activate;
    input.resample = c.resample;
  }
  at::Tensor first, second, weight, bias;
  Coefficients<float> norm;
  ConvPlan plan;
  ConvInput input;
};

}  // namespace

TEST_CASE("fused convolutions are within their rounding error of plain ones") {
  int count = 0;
  const ConvKernels* kernels = conv_kernels(&count);
  for (int k = 0; k < count; ++k)
    for (const Case& c : cases) {
      CAPTURE(kernels[k].name);
      CAPTURE(&c - cases);
      const Inputs in(c);
      const at::Tensor x = prepared(c, at::cat({in.first, in.second}, 1), in.norm);
      const Reference r = plain(c, x, in.weight, in.bias);
      const FusedConv conv(in.plan, in.weight, in.bias, ConvNumbers::kFloats, &kernels[k]);
      const FeatureMap y = conv(in.input);
      REQUIRE(y.data.sizes() == r.value.sizes());
      // A sum of m terms errs by at most m + 1 roundings of 2^-24 of its magnitude; the input by 8 roundings of values up to 10.
      const double terms = static_cast<double>(x.size(1) * c.kernel * c.kernel);
      at::Tensor magnitude = r.magnitude;
      if (c.kernel == 3 && c.stride == 1 && !c.same)
        magnitude = winograd_magnitude(x, in.weight, x.size(1) * c.out < 160000 ? 4 : 2);
      const at::Tensor bound = (magnitude + 10) * ((terms + 32) * 0x1p-24);
      CHECK(((y.data.to(at::kDouble) - r.value).abs() / bound).max().item<double>() < 1);

      const at::Tensor flat = y.data.to(at::kDouble).flatten(2);
      const double pixels = static_cast<double>(flat.size(2));
      CHECK((y.mean - flat.mean(2)).abs().max().item<double>() < 1e-5 * (1 + flat.abs().max().item<double>()));
      const at::Tensor square = (flat - flat.mean(2, true)).square().sum(2);
      CHECK(((y.square - square).abs() / (square + 1e-4 * pixels)).max().item<double>() < 1e-4);

      const at::Tensor skip = random(y.data.sizes().vec(), 8);
      const at::Tensor sum = conv(in.input, skip, 0.5, /*moments=*/false).data;
      CHECK(((sum.to(at::kDouble) - (r.value + skip) * 0.5).abs() / (bound + 1e-6)).max().item<double>() < 1);
    }
}

TEST_CASE("fused convolutions of bytes are within their quantisation error of plain ones, and exact sums") {
  int count = 0;
  const ConvKernels* kernels = conv_kernels(&count);
  for (const Case& c : cases) {
    if (c.resample == Resample::kDown) continue;
    CAPTURE(&c - cases);
    Inputs in(c);
    // The moments select the scale: one of all channels here, so wide that nothing is clamped.
    for (FeatureMap& map : in.input.maps) {
      map.mean = at::zeros({c.n, map.data.size(1)}, at::kDouble);
      map.square = at::full({c.n, map.data.size(1)}, static_cast<double>(c.height * c.width), at::kDouble);
    }
    const at::Tensor x = prepared(c, at::cat({in.first, in.second}, 1), in.norm);
    const at::Tensor exact = plain(c, x, in.weight, in.bias).value;
    const at::Tensor mean = c.norm ? (0 - in.norm.center) * in.norm.slope + in.norm.base : at::zeros({c.n, 1});
    const at::Tensor deviation = 6 * (c.norm ? in.norm.slope.abs() : at::ones({c.n, 1}));
    std::vector<at::Tensor> results;
    for (int k = 0; k < count; ++k)
      results.push_back(FusedConv(in.plan, in.weight, in.bias, ConvNumbers::kBytes, &kernels[k])(in.input).data);
    if (count > 0) {  // the last ones have 7 bits
      const NarrowBytes least;
      CHECK(at::equal(FusedConv(in.plan, in.weight, in.bias, ConvNumbers::kBytes)(in.input).data, results.back()));
    }
    if (count > 0)
      CHECK(at::equal(FusedConv(in.plan, in.weight, in.bias, ConvNumbers::kBytes)(in.input).data, results.front()));
    for (int k = 0; k < count; ++k) {
      CAPTURE(kernels[k].name);
      const at::Tensor& result = results[k];
      const ByteRange range = kernels[k].range;
      // Integer sums have the same bits by every instruction set with numbers of the same size.
      if (k > 0 && range.input == kernels[k - 1].range.input) CHECK(at::equal(result, results[k - 1]));
      for (int64_t i = 0; i < c.n; ++i) {
        const double highest = std::max(1e-3, (mean + deviation)[i].max().item<double>());
        const double lowest = c.activate ? -0.2785 : std::min(-1e-3, (mean - deviation)[i].min().item<double>());
        const double step = (highest - lowest) / range.input;
        REQUIRE(x[i].max().item<double>() < highest + step / 2);
        // Each input errs by half a step, and half more where the zero is rounded at an end; each weight by half of its own.
        const at::Tensor weight = in.weight.to(at::kDouble).abs();
        const double inputs = weight.flatten(1).sum(1).max().item<double>() * step;
        const double terms = static_cast<double>(x.size(1) * c.kernel * c.kernel);
        const double weights =
            weight.max().item<double>() / (2 * range.weight) * terms * (x[i].abs().max().item<double>() + step);
        CHECK((result[i].to(at::kDouble) - exact[i]).abs().max().item<double>() < inputs + weights + 1e-4);
        // Errors of many terms are nearly independent: the typical one is far below the bound of the sum.
        const double typical = (result[i].to(at::kDouble) - exact[i]).square().mean().sqrt().item<double>();
        CHECK(typical < 2 * (inputs + weights) / std::sqrt(terms));
      }
    }
  }
}

TEST_CASE("fused convolutions have the same bits in any batch and with any number of threads") {
  if (!FusedConv::supported()) return;
  const int threads = at::get_num_threads();
  for (const Case& c : cases) {
    for (const ConvNumbers numbers : {ConvNumbers::kFloats, ConvNumbers::kBytes}) {
      if (numbers == ConvNumbers::kBytes && c.resample == Resample::kDown) continue;
      Inputs in(c);
      for (FeatureMap& map : in.input.maps) {
        map.mean = random({c.n, map.data.size(1)}, 9).to(at::kDouble);
        map.square = random({c.n, map.data.size(1)}, 10).to(at::kDouble).abs() * 50;
      }
      const FusedConv conv(in.plan, in.weight, in.bias, numbers);
      const FeatureMap all = conv(in.input);
      for (const int n : {1, 3, 7}) {
        at::set_num_threads(n);
        const FeatureMap again = conv(in.input);
        CHECK(at::equal(again.data, all.data));
        CHECK(at::equal(again.mean, all.mean));
        CHECK(at::equal(again.square, all.square));
      }
      at::set_num_threads(threads);
      for (int64_t i = 0; i < c.n; ++i) {
        Coefficients<float> norm = in.norm;
        ConvInput one = in.input;
        for (FeatureMap& map : one.maps)
          map = {map.data.narrow(0, i, 1), map.mean.narrow(0, i, 1), map.square.narrow(0, i, 1)};
        norm.center = norm.center.narrow(0, i, 1).contiguous();
        norm.slope = norm.slope.narrow(0, i, 1).contiguous();
        norm.base = norm.base.narrow(0, i, 1).contiguous();
        if (one.norm) one.norm = &norm;
        const FeatureMap alone = conv(one);
        CHECK(at::equal(alone.data[0], all.data[i]));
        CHECK(at::equal(alone.square[0], all.square[i]));
      }
    }
  }
}

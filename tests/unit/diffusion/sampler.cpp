// Every sampler on data whose optimal denoiser is known: x0 ~ N(mu, s^2), so that
//   E[x0 | x_t] = mu + sqrt(a) s^2 / (a s^2 + 1 - a) (x_t - sqrt(a) mu),
// and the probability-flow ODE moves x on a ray: (x_t - sqrt(a) mu) / sqrt(a s^2 + 1 - a) is constant.
#include "diffusion/sampler.h"
#include "base/relative.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tensor/aten.h"
#include "tensor/noise.h"

using namespace sr3;

namespace {

struct Gaussian {
  double mu, s;
  double gain(double a) const { return std::sqrt(a) * s * s / (a * s * s + 1 - a); }
  double mean(double x, double a) const { return mu + gain(a) * (x - std::sqrt(a) * mu); }
  double flow(double x, double from, double to) const {
    return std::sqrt(to) * mu +
           std::sqrt((to * s * s + 1 - to) / (from * s * s + 1 - from)) * (x - std::sqrt(from) * mu);
  }
};

SamplingLevels levels_of(int64_t T, const std::string& steps) {
  ScheduleOptions options;
  options.kind = "linear", options.steps = T;
  options.beta_start = 0.1 / static_cast<double>(T), options.beta_end = 20 / static_cast<double>(T);
  return sampling_levels(make_alpha_bar(make_betas(options)), steps, "uniform");
}

// Levels that are uniform in log-SNR between two levels.
SamplingLevels even_levels(int64_t n, double noisy, double clean) {
  SamplingLevels levels;
  const double from = std::log(noisy / (1 - noisy)), to = std::log(clean / (1 - clean));
  for (int64_t k = 0; k < n; ++k) {
    const double l = from + (to - from) * static_cast<double>(k) / static_cast<double>(n - 1);
    levels.alpha_bar.push_back(1 / (1 + std::exp(-l)));
    levels.timestep.push_back(n - 1 - k);
  }
  return levels;
}

SamplerOptions with(const std::string& sampler, double eta = 0, const std::string& variance = "posterior") {
  SamplerOptions options;
  options.sampler = sampler, options.eta = eta, options.variance = variance, options.clip = false;
  return options;
}

DenoiseStep denoiser(const Gaussian& data, const SamplingLevels& levels) {
  return [data, levels](const at::Tensor& x, int64_t k) {
    const double a = levels.alpha_bar[k];
    return Denoised{data.mu + data.gain(a) * (x - std::sqrt(a) * data.mu), {}};
  };
}

at::Tensor scalar(double value) { return at::full({1, 1, 1, 1}, value, at::kDouble); }
double fixed_noise(int64_t k) { return std::sin(3.7 * static_cast<double>(k) + 0.4) * 1.3; }

double run_fixed(const SamplerOptions& options, const SamplingLevels& levels, const Gaussian& data) {
  return sample_loop(options, levels, denoiser(data, levels), [](int64_t k) { return scalar(fixed_noise(k)); }, {})
      .item<double>();
}

}  // namespace

// SR3's own form: y_{t-1} = (y_t - (1 - alpha_t) / sqrt(1 - alpha_bar_t) eps) / sqrt(alpha_t) + sigma_t z.
TEST_CASE("ddpm: each step agrees with the paper, with both variances") {
  const Gaussian data{0.3, 0.5};
  for (const char* steps : {"1000", "25", "3", "1"})
    for (const char* variance : {"beta", "posterior"}) {
      const auto levels = levels_of(1000, steps);
      double y = fixed_noise(0);
      const size_t n = levels.alpha_bar.size();
      for (size_t k = 0; k < n; ++k) {
        const double t = levels.alpha_bar[k], s = k + 1 < n ? levels.alpha_bar[k + 1] : 1, alpha = t / s;
        const double eps = (y - std::sqrt(t) * data.mean(y, t)) / std::sqrt(1 - t);
        const double sigma2 = std::string(variance) == "beta" ? 1 - alpha : (1 - s) / (1 - t) * (1 - alpha);
        y = (y - (1 - alpha) / std::sqrt(1 - t) * eps) / std::sqrt(alpha);
        if (k + 1 < n) y += std::sqrt(sigma2) * fixed_noise(static_cast<int64_t>(k) + 1);
      }
      CHECK(run_fixed(with("ddpm", 0, variance), levels, data) == relative(y, 1e-9));
    }
}

TEST_CASE("ddpm: samples have the mean and variance of the recursion, close to those of the data") {
  const Gaussian data{-0.4, 0.3};
  for (const char* variance : {"beta", "posterior"}) {
    const auto levels = levels_of(1000, "100");
    // x <- A x + B + sigma z at each step, from which mean and variance follow exactly.
    double mean = 0, var = 1;
    for (size_t k = 0; k < levels.alpha_bar.size(); ++k) {
      const bool last = k + 1 == levels.alpha_bar.size();
      const double t = levels.alpha_bar[k], s = last ? 1 : levels.alpha_bar[k + 1];
      const double c0 = std::sqrt(s) * (1 - t / s) / (1 - t), ct = std::sqrt(t / s) * (1 - s) / (1 - t);
      const double A = c0 * data.gain(t) + ct, B = c0 * (data.mu - data.gain(t) * std::sqrt(t) * data.mu);
      const double sigma2 = last ? 0 : (1 - t / s) * (std::string(variance) == "beta" ? 1 : (1 - s) / (1 - t));
      mean = A * mean + B;
      var = A * A * var + sigma2;
    }
    const auto samples = sample_loop(with("ddpm", 0, variance), levels, denoiser(data, levels),
                                     [](int64_t k) {
                                       return philox_noise({7, 0}, k, 1, 256, 256).unsqueeze(0);
                                     },
                                     {});
    const double n = 65536;
    CHECK(std::abs(samples.mean().item<double>() - mean) < 4 * std::sqrt(var / n));
    CHECK(std::abs(samples.var().item<double>() / var - 1) < 4 * std::sqrt(2 / n));
    CHECK(mean == relative(data.mu, 0.01));
    CHECK(var == relative(data.s * data.s, 0.2));  // so few steps lose some
  }
}

// For N(0, 1), E[x0 | x_t] = cos(theta) x_t with cos(theta) = sqrt(alpha_bar): a step multiplies by cos(theta_t - theta_s).
TEST_CASE("ddim, eta 0: unit Gaussian data shrink by the product of cosines") {
  const auto levels = levels_of(1000, "13");
  double factor = 1;
  for (size_t k = 0; k < levels.alpha_bar.size(); ++k) {
    const double next = k + 1 < levels.alpha_bar.size() ? levels.alpha_bar[k + 1] : 1;
    factor *= std::cos(std::acos(std::sqrt(levels.alpha_bar[k])) - std::acos(std::sqrt(next)));
  }
  CHECK(run_fixed(with("ddim"), levels, {0, 1}) == relative(factor * fixed_noise(0), 1e-10));
}

TEST_CASE("data concentrated at one point are reproduced in any number of steps, by every sampler") {
  for (const char* sampler : {"ddpm", "ddim", "dpmpp-2m"})
    for (const char* steps : {"1", "2", "20"})
      CHECK(run_fixed(with(sampler), levels_of(1000, steps), {0.7, 0}) == relative(0.7, 1e-10));
}

TEST_CASE("ddim with eta 1 is ddpm with the posterior variance, step by step") {
  const Gaussian data{0.2, 0.6};
  for (const char* steps : {"1000", "10", "2"})
    CHECK(run_fixed(with("ddim", 1), levels_of(1000, steps), data) ==
          relative(run_fixed(with("ddpm"), levels_of(1000, steps), data), 1e-9));
  std::vector<at::Tensor> seen[2];
  for (int which : {0, 1}) {
    const auto levels = levels_of(1000, "20");
    const auto model = denoiser(data, levels);
    sample_loop(
        which ? with("ddpm") : with("ddim", 1), levels,
        [&](const at::Tensor& x, int64_t k) {
          seen[which].push_back(x.clone());
          return model(x, k);
        },
        [](int64_t k) {
          return philox_noise({1, 2}, k, 3, 4, 4).unsqueeze(0);
        },
        {});
  }
  REQUIRE(seen[0].size() == 20);
  for (size_t k = 0; k < 20; ++k) CHECK((seen[0][k] - seen[1][k]).abs().max().item<double>() < 1e-5);
}

// The last step, from the cleanest level to x0, is the denoiser itself: the exact result is flow, then mean.
TEST_CASE("orders of convergence to the exact flow: ddim 1, dpmpp-2m 2") {
  const Gaussian data{0.4, 0.35};
  const double noisy = 0.002, clean = 0.999;
  const double exact = data.mean(data.flow(fixed_noise(0), noisy, clean), clean);
  const auto error = [&](const char* sampler, int64_t n) {
    return std::abs(run_fixed(with(sampler), even_levels(n + 1, noisy, clean), data) - exact);
  };
  for (int64_t n : {80, 160}) {
    CHECK(error("ddim", n) / error("ddim", 2 * n) == relative(2, 0.1));
    CHECK(error("dpmpp-2m", n) / error("dpmpp-2m", 2 * n) == relative(4, 0.15));
  }
  CHECK(error("dpmpp-2m", 20) < error("ddim", 20) / 2);
}

// Lu et al. 2022: DPM-Solver++ of first order is DDIM.
TEST_CASE("dpmpp-2m of two levels is ddim") {
  const Gaussian data{0.4, 0.35};
  const auto levels = levels_of(1000, "2");
  CHECK(run_fixed(with("dpmpp-2m"), levels, data) == relative(run_fixed(with("ddim"), levels, data), 1e-10));
}

TEST_CASE("learned variance lies between beta-tilde and beta, in the logarithm") {
  const Gaussian data{0.1, 0.4};
  const auto levels = levels_of(1000, "2");
  const auto plain = denoiser(data, levels);
  const auto run = [&](double fraction) {
    return sample_loop(
               with("ddpm", 0, "learned"), levels,
               [&](const at::Tensor& x, int64_t k) {
                 return Denoised{plain(x, k).x0, at::full_like(x, fraction)};
               },
               [](int64_t k) { return scalar(fixed_noise(k)); }, {})
        .item<double>();
  };
  CHECK(run(-1) == relative(run_fixed(with("ddpm", 0, "posterior"), levels, data), 1e-9));
  CHECK(run(1) == relative(run_fixed(with("ddpm", 0, "beta"), levels, data), 1e-9));
  // The noise that the only noisy step adds is proportional to sigma, which is the geometric mean at 0.
  const Posterior q = q_posterior(levels.alpha_bar[0], levels.alpha_bar[1]);
  const double low = std::sqrt(q.variance), high = std::sqrt(q.beta);
  const double slope = (run(1) - run(-1)) / (high - low);
  CHECK(run(0) == relative(run(-1) + slope * (std::sqrt(low * high) - low), 1e-9));
  CHECK_THROWS_AS(run_fixed(with("ddpm", 0, "learned"), levels, data), Error);
}

TEST_CASE("noise is drawn once per step, never after the last, and never by a deterministic process") {
  for (const char* sampler : {"ddpm", "ddim", "dpmpp-2m"}) {
    const auto levels = levels_of(1000, "5");
    std::vector<int64_t> asked, done;
    SampleHooks hooks;
    hooks.after_step = [&](int64_t k) { done.push_back(k); };
    sample_loop(
        with(sampler), levels, denoiser({0, 1}, levels),
        [&](int64_t k) {
          asked.push_back(k);
          return scalar(0.5);
        },
        hooks);
    CHECK(done == std::vector<int64_t>{0, 1, 2, 3, 4});
    CHECK(asked == (std::string(sampler) == "ddpm" ? std::vector<int64_t>{0, 1, 2, 3, 4} : std::vector<int64_t>{0}));
  }
}

TEST_CASE("x0 is clipped, then corrected, before anything uses it") {
  for (const char* sampler : {"ddpm", "ddim", "dpmpp-2m"}) {
    const auto levels = levels_of(1000, "6");
    auto options = with(sampler);
    options.clip = true;
    double largest = 0;
    SampleHooks hooks;
    hooks.correct_x0 = [&](const at::Tensor& x0, int64_t) {
      largest = std::max(largest, x0.abs().max().item<double>());
      return x0 * 0 + 0.25;
    };
    const auto out = sample_loop(
        options, levels,
        [](const at::Tensor& x, int64_t) {
          return Denoised{x * 0 + 9, {}};
        },
        [](int64_t k) { return scalar(fixed_noise(k)); }, hooks);
    CHECK(largest == 1);
    CHECK(out.item<double>() == relative(0.25));
  }
}

TEST_CASE("unknown samplers and invalid values are errors") {
  const auto levels = levels_of(1000, "2");
  for (const auto& bad : {with("euler"), with("ddim", 1.5), with("ddim", std::nan("")), with("ddpm", 0, "large")})
    CHECK_THROWS_AS(run_fixed(bad, levels, {0, 1}), Error);
}

TEST_CASE("a process truncated at a level equals the whole process up to that level, with its mean and variance") {
  const Gaussian data{0.4, 0.5};
  for (const auto& options :
       {with("ddpm"), with("ddpm", 0, "beta"), with("ddim"), with("ddim", 0.5), with("dpmpp-2m")}) {
    CAPTURE(options.sampler);
    const SamplingLevels whole = levels_of(1000, "200");
    const size_t stop = 150;
    const double end = whole.alpha_bar[stop];
    const SamplingLevels part = truncated(whole, end);
    REQUIRE(part.alpha_bar.size() == stop);
    CHECK(part.after(stop - 1) == end);
    const auto noise = [](int64_t k) {
      return philox_noise({1, 2}, static_cast<uint32_t>(k), 1, 200, 200).unsqueeze(0).to(at::kDouble);
    };
    at::Tensor there;
    sample_loop(options, whole,
                [&](const at::Tensor& x, int64_t k) {
                  if (k == static_cast<int64_t>(stop)) there = x.clone();
                  return denoiser(data, whole)(x, k);
                },
                noise, {});
    const at::Tensor x = sample_loop(options, part, denoiser(data, part), noise, {});
    CHECK(at::equal(x, there));
    CHECK(std::abs(x.mean().item<double>() - std::sqrt(end) * data.mu) < 4.0 / 200);  // 200 x 200 samples
    CHECK(x.var().item<double>() == relative(end * data.s * data.s + 1 - end, 0.03));
  }
}

TEST_CASE("a level between two steps is reached exactly; a level noisier than all steps is an error") {
  const SamplingLevels levels = levels_of(1000, "10");
  const double between = (levels.alpha_bar[4] + levels.alpha_bar[5]) / 2;
  const SamplingLevels part = truncated(levels, between);
  CHECK(part.alpha_bar.size() == 5);
  CHECK(part.end == between);
  CHECK(part.timestep.size() == 5);
  // With data at one point, x at the level equals the forward process of it with the noise of x_T.
  const Gaussian point{0.3, 0};
  const at::Tensor x = sample_loop(with("ddim"), part, denoiser(point, part), [](int64_t) { return scalar(0.7); }, {});
  const double start = levels.alpha_bar[0], eps = (0.7 - std::sqrt(start) * 0.3) / std::sqrt(1 - start);
  CHECK(x.item<double>() == relative(std::sqrt(between) * 0.3 + std::sqrt(1 - between) * eps, 1e-9));
  CHECK_THROWS_WITH_AS(truncated(levels, levels.alpha_bar[0]), doctest::Contains("every step is less noisy"), Error);
}

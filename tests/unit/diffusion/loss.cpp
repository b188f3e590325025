#include "diffusion/loss.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

std::vector<double> schedule(const std::string& kind, int64_t steps) {
  ScheduleOptions options;
  options.kind = kind, options.steps = steps;
  return make_alpha_bar(make_betas(options));
}

std::vector<double> sorted(const at::Tensor& values) {
  std::vector<double> out(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  std::sort(out.begin(), out.end());
  return out;
}

// Kolmogorov-Smirnov: the largest distance to the distribution function; 1.95 / sqrt(n) is exceeded once in 1000 times.
template <class Function>
double distance(const std::vector<double>& values, Function cdf) {
  double worst = 0;
  const auto n = static_cast<double>(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const double f = cdf(values[i]);
    worst = std::max({worst, std::abs(f - static_cast<double>(i) / n), std::abs(f - static_cast<double>(i + 1) / n)});
  }
  return worst;
}

constexpr int64_t kMany = 20000;
const double kBound = 1.95 / std::sqrt(static_cast<double>(kMany));

}  // namespace

// A mixture of uniforms: its distribution function is linear between the levels, with 1/T in each interval.
TEST_CASE("gamma and sqrt-gamma are uniform within each interval, and intervals are equally likely") {
  const std::vector<double> alpha_bar = {0.9, 0.6, 0.5, 0.04};
  for (bool root : {false, true}) {
    const auto drawn = draw_levels(root ? "sqrt-gamma" : "gamma", alpha_bar, 3, 0, kMany);
    const auto cdf = [&](double a) {
      const auto scale = [root](double x) { return root ? std::sqrt(x) : x; };
      double clean = 1, total = 0;
      for (double noisy : alpha_bar) {
        total += std::clamp((scale(a) - scale(noisy)) / (scale(clean) - scale(noisy)), 0.0, 1.0) / 4;
        clean = noisy;
      }
      return total;
    };
    CHECK(distance(sorted(drawn.alpha_bar), cdf) < kBound);
    const auto t = sorted(drawn.timestep);
    CHECK(t.front() == 0);
    CHECK(t.back() <= 3);
    CHECK(t.back() > 2.99);
    // The fraction of the time step is the fraction of the interval.
    bool agrees = true;
    for (int64_t i = 0; i < kMany; ++i) {
      const double time = drawn.timestep.data_ptr<double>()[i], level = drawn.alpha_bar.data_ptr<double>()[i];
      if (time <= 0) continue;
      const auto k = static_cast<size_t>(std::min(std::floor(time), 2.0));
      const double u = time - static_cast<double>(k);
      const double a = root ? std::sqrt(alpha_bar[k]) : alpha_bar[k],
                   b = root ? std::sqrt(alpha_bar[k + 1]) : alpha_bar[k + 1];
      agrees &= std::abs((root ? std::sqrt(level) : level) - (a + (b - a) * u)) < 1e-9;
    }
    CHECK(agrees);
  }
}

TEST_CASE("discrete levels are uniform over those of the schedule") {
  const auto alpha_bar = schedule("linear", 50);
  const auto drawn = draw_levels("discrete", alpha_bar, 3, 0, kMany);
  std::vector<int> count(50);
  for (int64_t i = 0; i < kMany; ++i) {
    const auto t = static_cast<size_t>(drawn.timestep.data_ptr<double>()[i]);
    REQUIRE(t < 50);
    CHECK(drawn.alpha_bar.data_ptr<double>()[i] == alpha_bar[t]);
    ++count[t];
  }
  for (int c : count) CHECK(std::abs(c - 400) < 100);
}

// The cosine schedule is itself a curve, f(u) / f(0); its table and the curve through it must be the same.
TEST_CASE("continuous levels of the cosine schedule are the cosine's") {
  const auto drawn = draw_levels("continuous", schedule("cosine", 1000), 11, 0, kMany);
  const auto u_of = [](double a) {
    const double f0 = std::pow(std::cos(0.008 / 1.008 * std::acos(0.0)), 2);
    return 1.008 * std::acos(std::sqrt(a * f0)) / std::acos(0.0) - 0.008;
  };
  CHECK(distance(sorted(drawn.alpha_bar), [&](double a) { return 1 - u_of(a); }) < kBound);
  for (int64_t i = 0; i < 200; ++i) {
    const double t = drawn.timestep.data_ptr<double>()[i];
    if (t < 1 || t > 990) continue;
    CHECK(std::abs(u_of(drawn.alpha_bar.data_ptr<double>()[i]) * 1000 - 1 - t) < 0.05);
  }
}

TEST_CASE("an example's level does not depend on how the batch is divided") {
  const auto alpha_bar = schedule("cosine", 100);
  for (const char* draw : {"gamma", "sqrt-gamma", "discrete", "continuous"}) {
    const auto whole = draw_levels(draw, alpha_bar, 5, 40, 8);
    const auto part = draw_levels(draw, alpha_bar, 5, 43, 2);
    CHECK(at::equal(whole.alpha_bar.slice(0, 3, 5), part.alpha_bar));
    CHECK(at::equal(whole.timestep.slice(0, 3, 5), part.timestep));
    CHECK_FALSE(at::equal(draw_levels(draw, alpha_bar, 6, 40, 8).alpha_bar, whole.alpha_bar));
  }
  CHECK_THROWS_AS(draw_levels("uniform", alpha_bar, 0, 0, 1), Error);
}

TEST_CASE("the representation of a noise level for the network") {
  const DrawnLevels drawn{at::tensor({0.25, 0.8, 1.0}, at::kDouble), at::tensor({7.0, 2.5, 0.0}, at::kDouble)};
  const auto value = [&](const char* input, int64_t i) { return network_level(input, drawn)[i].item<double>(); };
  CHECK(value("timestep", 1) == 2.5);
  CHECK(value("sqrt-alpha-bar", 0) == 0.5);
  CHECK(value("alpha-bar", 1) == relative(0.8));
  CHECK(value("log-snr", 1) == relative(std::log(2.0)));
  CHECK(value("log-snr", 2) == 10);
  CHECK((network_level("log-snr", drawn).scalar_type() == at::kFloat));
  CHECK_FALSE(network_level("none", drawn).defined());
  CHECK_THROWS_AS(network_level("sigma", drawn), Error);

  SamplingLevels levels;
  levels.alpha_bar = {1e-12, 0.25}, levels.timestep = {9, 4};
  CHECK(network_level("log-snr", levels)[0] == -10);
  CHECK(network_level("sqrt-alpha-bar", levels)[1] == 0.5);
  CHECK(network_level("timestep", levels) == std::vector<double>{9, 4});
  CHECK(network_level("none", levels) == std::vector<double>{0, 0});
}

TEST_CASE("losses are means, per example and over the batch") {
  const auto output = at::tensor({1.0f, -2.0f, 0.0f, 4.0f}).view({2, 1, 1, 2}), target = at::zeros({2, 1, 1, 2});
  const auto l1 = training_loss("l1", output, target), l2 = training_loss("l2", output, target);
  CHECK(l1.per_example[0].item<double>() == 1.5);
  CHECK(l1.mean.item<double>() == 1.75);
  CHECK(l2.per_example[1].item<double>() == 8);
  CHECK(l2.mean.item<double>() == 5.25);
  CHECK_THROWS_AS(training_loss("huber", output, target), Error);
}

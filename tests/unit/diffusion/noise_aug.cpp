#include "diffusion/noise_aug.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "diffusion/schedule.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

std::vector<double> schedule() {
  ScheduleOptions options;
  options.steps = 100;
  return make_alpha_bar(make_betas(options));
}

}  // namespace

TEST_CASE(
    "condition noise: s is uniform in 0..max, with the forward process's mean and variance, independent for each "
    "example") {
  const auto alpha_bar = schedule();
  const auto condition = at::full({300, 3, 16, 16}, 0.5);
  const auto out = add_condition_noise(condition, alpha_bar, {.max_level = 4}, 9, 100);
  int count[5] = {};
  double square[5] = {};
  for (int64_t i = 0; i < 300; ++i) {
    const auto s = static_cast<size_t>(out.level[i].item<double>());
    REQUIRE(s <= 4);
    ++count[s];
    const double signal = s == 0 ? 1 : std::sqrt(alpha_bar[s - 1]);
    square[s] += (out.condition[i] - 0.5 * signal).square().mean().item<double>();
  }
  CHECK(square[0] == 0);
  for (int s = 0; s <= 4; ++s) CHECK(std::abs(count[s] - 60) < 32);
  for (int s = 1; s <= 4; ++s) CHECK(square[s] / count[s] == relative(1 - alpha_bar[s - 1], 0.03));
  const auto part = add_condition_noise(condition.slice(0, 0, 2), alpha_bar, {.max_level = 4}, 9, 117);
  CHECK(at::equal(part.condition, out.condition.slice(0, 17, 19)));
  CHECK_THROWS_AS(add_condition_noise(condition, alpha_bar, {.max_level = 101}, 9, 0), Error);
}

TEST_CASE("levels drawn mostly low, with a share of exact zeros, and rising over the first examples") {
  constexpr int64_t kDraws = 40000;
  const LevelDraw draw{.max_level = 100, .squared = true, .clean = 0.15};
  std::vector<double> count(101, 0);
  for (int64_t e = 0; e < kDraws; ++e) ++count.at(static_cast<size_t>(draw_augmentation_level(draw, 3, e)));
  CHECK(count[0] / kDraws == relative(0.15, 0.05));
  // P(s <= k) = P(100 u^2 < k) = sqrt(k / 100) of the others, for s from 1 on.
  double below = 0, chi2 = 0;
  for (int k = 1; k <= 100; ++k) {
    below += count[static_cast<size_t>(k)];
    const double expected = 0.85 * kDraws * (std::sqrt(k / 100.0) - std::sqrt((k - 1) / 100.0));
    chi2 += (count[static_cast<size_t>(k)] - expected) * (count[static_cast<size_t>(k)] - expected) / expected;
    if (k == 25) CHECK(below / (0.85 * kDraws) == relative(0.5, 0.02));
  }
  CHECK(chi2 < 160);  // 99 degrees of freedom: five standard deviations of 14
  const LevelDraw rising{.max_level = 100, .squared = true, .clean = 0, .ramp = 1000};
  CHECK(draw_augmentation_level(rising, 3, 0) == 0);
  for (int64_t e = 0; e < 1000; ++e) CHECK(draw_augmentation_level(rising, 3, e) <= e / 10);
  for (int64_t e = 1000; e < 1100; ++e)
    CHECK(draw_augmentation_level(rising, 3, e) == draw_augmentation_level({.max_level = 100, .squared = true}, 3, e));
}

TEST_CASE("noise of a given level") {
  const auto alpha_bar = schedule();
  const auto condition = at::zeros({2, 3, 64, 64});
  CHECK(at::equal(add_condition_noise_at(condition, alpha_bar, 0, 1, 0).condition, condition));
  const auto out = add_condition_noise_at(condition, alpha_bar, 30, 1, 5);
  CHECK(out.level[1].item<double>() == 30);
  CHECK(out.condition.var().item<double>() == relative(1 - alpha_bar[29], 0.05));
  CHECK(
      at::equal(add_condition_noise_at(condition.slice(0, 0, 1), alpha_bar, 30, 1, 6).condition[0], out.condition[1]));
  CHECK_THROWS_AS(add_condition_noise_at(condition, alpha_bar, 101, 1, 0), Error);
}

// The blur of a point is the kernel, which sums to 1 and has the variance sigma^2 (slightly less, cut off at 3 sigma).
TEST_CASE("blur: the share of examples, and the kernel") {
  auto condition = at::zeros({200, 1, 31, 31}, at::kDouble);
  condition.select(2, 15).select(2, 15).fill_(1);
  const auto out = blur_condition(condition, 0.5, 1.5, 1.5, 3, 0).condition;
  int blurred = 0;
  for (int64_t i = 0; i < 200; ++i) {
    if (at::equal(out[i], condition[i])) continue;
    ++blurred;
    CHECK(out[i].sum().item<double>() == relative(1, 1e-9));
    const auto square = (at::arange(31, at::kDouble) - 15).square();
    CHECK((out[i][0].sum(0) * square).sum().item<double>() == relative(2.25, 0.05));
    CHECK(at::allclose(out[i][0], out[i][0].t()));
  }
  CHECK(std::abs(blurred - 100) < 35);
  const auto flat = at::full({1, 3, 9, 9}, 0.25, at::kDouble);
  CHECK(at::allclose(blur_condition(flat, 1, 0.5, 1.5, 0, 0).condition, flat));  // the border is not darkened
  CHECK(at::equal(blur_condition(condition, 0, 1, 1, 0, 0).condition, condition));
  // A kernel wider than the image is limited to the extent of the mirrored border.
  const auto wide = at::rand({1, 3, 8, 8});
  const auto even = blur_condition(wide, 1, 100, 100, 0, 0).condition;
  CHECK((even.amax({2, 3}) - even.amin({2, 3})).max().item<float>() < 0.2f);
}

TEST_CASE("the network is conditioned on s like on the noise level: 0 is an image without noise") {
  const auto alpha_bar = schedule();
  const auto s = at::tensor({0, 1, 100}, at::kLong);
  const auto input_of = [&](const char* input) { return augmentation_input(input, alpha_bar, s); };
  for (int64_t i = 0; i < 3; ++i) {
    const double level = i == 0 ? 1 : alpha_bar[i == 1 ? 0 : 99];
    CHECK(input_of("alpha-bar")[i].item<double>() == relative(level, 1e-6));
    CHECK(input_of("sqrt-alpha-bar")[i].item<double>() == relative(std::sqrt(level), 1e-6));
    CHECK(input_of("timestep")[i].item<double>() == s[i].item<double>());
    const double half = i == 0 ? 10 : std::max(-10.0, std::log(level / (1 - level)) / 2);
    CHECK(input_of("log-snr")[i].item<double>() == relative(half, 1e-5));
  }
}

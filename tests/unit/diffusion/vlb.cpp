#include "diffusion/vlb.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/relative.h"
#include "diffusion/process.h"
#include "diffusion/schedule.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

std::vector<double> schedule() {
  ScheduleOptions options;
  options.kind = "linear", options.steps = 1000;
  return make_alpha_bar(make_betas(options));
}

at::Tensor one(double value) { return at::full({1, 1, 1, 1}, value, at::kDouble); }
at::Tensor step(double t) { return at::full({1}, t, at::kDouble); }
double term(const std::vector<double>& a, int64_t t, double x0, double x_t, double predicted_x0, double fraction) {
  return vlb_term(a, step(static_cast<double>(t)), one(x0), one(x_t), one(predicted_x0), one(fraction)).item<double>();
}

}  // namespace

// KL of two Gaussians by numerical integration.
TEST_CASE("after the first step, the term is the divergence of two Gaussians, in bits") {
  const auto a = schedule();
  for (int64_t t : {1, 30, 999})
    for (double fraction : {-1.0, -0.3, 0.0, 1.0}) {
      const double x0 = 0.3, predicted_x0 = 0.1, x_t = -0.4;
      const Posterior q = q_posterior(a[t], a[t - 1]);
      const double m1 = q.x0_coefficient * x0 + q.x_t_coefficient * x_t,
                   m2 = q.x0_coefficient * predicted_x0 + q.x_t_coefficient * x_t;
      const double v1 = q.variance, share = (1 + fraction) / 2;
      const double v2 = std::exp(share * std::log(q.beta) + (1 - share) * std::log(q.variance));
      double kl = 0;
      const double h = std::sqrt(v1) / 500;
      for (int i = -5000; i <= 5000; ++i) {
        const double x = m1 + i * h;
        const double p = std::exp(-(x - m1) * (x - m1) / (2 * v1)) / std::sqrt(2 * M_PI * v1);
        const double log_ratio =
            -(x - m1) * (x - m1) / (2 * v1) + (x - m2) * (x - m2) / (2 * v2) + std::log(v2 / v1) / 2;
        kl += p * log_ratio * h;
      }
      CHECK(term(a, t, x0, x_t, predicted_x0, fraction) == relative(kl / std::log(2.0), 1e-6));
    }
  CHECK(term(a, 500, 0.2, 0.1, 0.2, -1) < 1e-12);  // both means and variances are right
}

TEST_CASE("in the first step, the code lengths of all 256 levels satisfy Kraft's equality") {
  const auto a = schedule();
  for (double predicted_x0 : {-1.0, 0.004, 0.7})
    for (double fraction : {-1.0, 1.0}) {
      double total = 0;
      for (int level = 0; level < 256; ++level)
        total += std::pow(2, -term(a, 0, level / 127.5 - 1, 0.5, predicted_x0, fraction));
      CHECK(total == relative(1, 1e-6));
    }
  // The mean of the last step is the predicted x0: its level has the probability P(|z| < 1 / (255 sigma)).
  const double sigma = std::sqrt(1 - a[0]);
  CHECK(term(a, 0, 0.2, 0.9, 0.2, 1) == relative(-std::log2(std::erf(1 / 255.0 / sigma / std::sqrt(2))), 1e-6));
  // At fraction -1 the variance is beta-tilde of the second step.
  const double least = std::sqrt(q_posterior(a[1], a[0]).variance);
  CHECK(term(a, 0, 0.2, 0.9, 0.2, -1) == relative(-std::log2(std::erf(1 / 255.0 / least / std::sqrt(2))), 1e-6));
}

TEST_CASE("examples are independent, and gradients reach only the variance") {
  const auto a = schedule();
  const auto x0 = at::linspace(-1, 1, 24, at::kDouble).view({2, 3, 2, 2}), x_t = x0 * 0.5 + 0.1;
  auto predicted_x0 = x0 * 0.9, fraction = x0 * 0.3;
  const auto both = vlb_term(a, at::tensor({0.0, 400.0}, at::kDouble), x0, x_t, predicted_x0, fraction);
  const auto second = [](const at::Tensor& x) { return x.slice(0, 1); };
  const auto alone = vlb_term(a, step(400), second(x0), second(x_t), second(predicted_x0), second(fraction));
  CHECK(both[1].item<double>() == relative(alone.item<double>()));
  predicted_x0.requires_grad_(), fraction.requires_grad_();
  vlb_term(a, at::tensor({0.0, 400.0}, at::kDouble), x0, x_t, predicted_x0, fraction).sum().backward();
  CHECK_FALSE(predicted_x0.grad().defined());
  CHECK(fraction.grad().isfinite().all().item<bool>());
  CHECK(fraction.grad()[1].abs().sum().item<double>() > 0);
  CHECK_THROWS_AS(vlb_term(a, step(1000), one(0), one(0), one(0), one(0)), std::logic_error);
}

TEST_CASE("far from the mean the first step's term is finite, also in single precision") {
  const auto a = schedule();
  const auto f = [](double v) { return one(v).to(at::kFloat); };
  auto fraction = f(-1).requires_grad_();
  const auto value = vlb_term(a, step(0), f(1), f(0), f(-1), fraction);
  CHECK(std::isfinite(value.item<double>()));
  value.backward();
  CHECK(std::isfinite(fraction.grad().item<double>()));
}

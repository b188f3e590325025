#include "diffusion/process.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

at::Tensor ramp(int64_t n, double from, double to) {
  return at::linspace(from, to, n * 12, at::kDouble).view({n, 3, 2, 2});
}
bool near(const at::Tensor& a, const at::Tensor& b, double tolerance = 1e-12) {
  return (a - b).abs().max().item<double>() < tolerance;
}

}  // namespace

TEST_CASE("names of predictions") {
  CHECK(predict_named("eps") == Predict::kEps);
  CHECK(predict_named("x0") == Predict::kX0);
  CHECK(predict_named("v") == Predict::kV);
  CHECK_THROWS_WITH_AS(predict_named("noise"), "unknown prediction target 'noise': it must be eps, x0 or v", Error);
}

TEST_CASE("the forward process, with one level per example") {
  const auto x0 = ramp(3, -1, 1), eps = ramp(3, 2, -2);
  const auto alpha_bar = at::tensor({0.36, 0.64, 1.0}, at::kDouble);
  const auto x_t = q_sample(x0, eps, alpha_bar);
  CHECK(near(x_t[0], 0.6 * x0[0] + 0.8 * eps[0]));
  CHECK(near(x_t[1], 0.8 * x0[1] + 0.6 * eps[1]));
  CHECK(near(x_t[2], x0[2]));
  CHECK(near(q_sample(x0, eps, at::scalar_tensor(0.36, at::kDouble))[2], 0.6 * x0[2] + 0.8 * eps[2]));
  CHECK((q_sample(x0.to(at::kFloat), eps.to(at::kFloat), alpha_bar).scalar_type() == at::kFloat));
  // v is the velocity in the angle: dx/dphi of cos(phi) x0 + sin(phi) eps.
  const double phi = std::acos(0.6), h = 1e-6;
  const auto moved = std::cos(phi + h) * x0 + std::sin(phi + h) * eps;
  const auto v = training_target(Predict::kV, x0, eps, at::full({3}, 0.36, at::kDouble));
  CHECK(near((moved - (0.6 * x0 + 0.8 * eps)) / h, v, 1e-5));
}

TEST_CASE("x0 and eps are recovered from each prediction") {
  const auto x0 = ramp(2, -1, 1), eps = ramp(2, 1.5, -2);
  for (double level : {1e-4, 0.1, 0.5, 0.99, 0.9999}) {
    const auto alpha_bar = at::full({2}, level, at::kDouble);
    const auto x_t = q_sample(x0, eps, alpha_bar);
    for (Predict predict : {Predict::kEps, Predict::kX0, Predict::kV}) {
      const auto target = training_target(predict, x0, eps, alpha_bar);
      CHECK(near(x0_from(predict, x_t, target, level), x0, 1e-10));
    }
  }
}

// q(x_s | x_t, x0) by Bayes' theorem: prior N(sqrt(s) x0, 1 - s), likelihood N(x_t; sqrt(t/s) x_s, 1 - t/s).
TEST_CASE("the posterior agrees with Bayes' theorem") {
  for (double s : {0.9999, 0.9, 0.5, 0.01})
    for (double ratio : {0.999, 0.9, 0.2}) {
      const double t = s * ratio;
      const double precision = 1 / (1 - s) + ratio / (1 - ratio);
      const Posterior q = q_posterior(t, s);
      CHECK(q.variance == relative(1 / precision, 1e-9));
      CHECK(q.x0_coefficient == relative(std::sqrt(s) / (1 - s) / precision, 1e-9));
      CHECK(q.x_t_coefficient == relative(std::sqrt(ratio) / (1 - ratio) / precision, 1e-9));
      CHECK(q.beta == relative(1 - ratio, 1e-9));
    }
  const Posterior last = q_posterior(0.999, 1);
  CHECK(last.x0_coefficient == relative(1, 1e-12));
  CHECK(last.x_t_coefficient == 0);
  CHECK(last.variance == 0);
}

#include "diffusion/vlb.h"

#include <cmath>
#include <stdexcept>

#include "diffusion/process.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

// The log-probability log(Phi(upper) - Phi(lower)) of the 8-bit level around x0 under a Gaussian of this mean and log-variance;
// the lowest level extends to -infinity, the highest to infinity.
at::Tensor level_log_probability(const at::Tensor& x0, const at::Tensor& mean, const at::Tensor& log_variance) {
  const auto scale = (log_variance * -0.5).exp();
  const auto cdf = [&](double offset) { return at::erfc((x0 - mean + offset) * scale * -std::sqrt(0.5)) * 0.5; };
  const auto below = at::where(x0 < -0.999, at::zeros_like(x0), cdf(-1.0 / 255));
  const auto above = at::where(x0 > 0.999, at::ones_like(x0), cdf(1.0 / 255));
  // A probability that underflows counts as 1e-12, without a gradient, as in the papers' code.
  return (above - below).clamp_min(1e-12).log();
}

}  // namespace

at::Tensor vlb_coefficients(const std::vector<double>& alpha_bar, const at::Tensor& timestep) {
  const auto T = static_cast<int64_t>(alpha_bar.size());
  const auto steps = timestep.to(at::kCPU, at::kLong).contiguous();
  const int64_t n = steps.numel();
  if (T < 2) throw std::logic_error("vlb_term needs a schedule of 2 steps or more");

  // Per example: coefficients of x0 and x_t, log beta-tilde, log beta, and whether it is the first step.
  auto table = at::empty({5, n}, at::kDouble);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t t = steps.data_ptr<int64_t>()[i];
    if (t < 0 || t >= T) throw std::logic_error("vlb_term: timestep out of range");
    const Posterior q = q_posterior(alpha_bar[t], t > 0 ? alpha_bar[t - 1] : 1);
    const double least = t > 0 ? q.variance : q_posterior(alpha_bar[1], alpha_bar[0]).variance;
    const double row[5] = {q.x0_coefficient, q.x_t_coefficient, std::log(least), std::log(q.beta), t == 0 ? 1.0 : 0.0};
    for (int64_t k = 0; k < 5; ++k) table.data_ptr<double>()[k * n + i] = row[k];
  }
  return table;
}

at::Tensor vlb_term(const std::vector<double>& alpha_bar, const at::Tensor& timestep, const at::Tensor& x0,
                    const at::Tensor& x_t, const at::Tensor& x0_predicted, const at::Tensor& variance_fraction) {
  return vlb_term(vlb_coefficients(alpha_bar, timestep).to(x0.device()), x0, x_t, x0_predicted, variance_fraction);
}

at::Tensor vlb_term(const at::Tensor& coefficients, const at::Tensor& x0, const at::Tensor& x_t,
                    const at::Tensor& x0_predicted, const at::Tensor& variance_fraction) {
  if (coefficients.dim() != 2 || x0.size(0) != coefficients.size(1))
    throw std::logic_error("vlb_term needs one timestep for each example");
  const auto rows = coefficients.to(x0.scalar_type()).view({5, -1, 1, 1, 1});

  const auto predicted = x0_predicted.detach().to(x0.scalar_type());
  const auto mean = rows[0] * predicted + rows[1] * x_t;
  const auto fraction = (variance_fraction.to(x0.scalar_type()) + 1) * 0.5;
  const auto log_variance = rows[2] + fraction * (rows[3] - rows[2]);

  const auto distance = rows[0] * (x0 - predicted);  // between the two means
  const auto kl =
      (log_variance - rows[2] + (rows[2] - log_variance).exp() + distance.square() * (-log_variance).exp() - 1) * 0.5;
  const auto code = -level_log_probability(x0, mean, log_variance);
  const auto nats = at::where(rows[4].to(at::kBool), code, kl);
  return nats.flatten(1).mean(1) * (1 / std::log(2.0));
}

}  // namespace sr3

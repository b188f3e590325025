#include "diffusion/sampler.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

// The coefficients of a step. Every sampler's step is linear: x_s = x0 * x0_t + x * x_t + previous * x0_{t+1} + sigma * z, where
// x0_t is this step's predicted x0 and x0_{t+1} the previous step's.
struct Step {
  double x0 = 0, x = 0, previous = 0, sigma = 0;
};

Step ancestral_step(double t, double s, const std::string& variance) {
  const Posterior q = q_posterior(t, s);
  return {q.x0_coefficient, q.x_t_coefficient, 0, std::sqrt(variance == "beta" ? q.beta : q.variance)};
}

Step ddim_step(double t, double s, double eta) {
  const double sigma = eta * std::sqrt(q_posterior(t, s).variance);
  // The share of the old noise that stays in x_s beside the fresh noise; rounding must not make the root's argument negative.
  const double x = std::sqrt(std::max(0.0, 1 - s - sigma * sigma) / (1 - t));
  return {std::sqrt(s) - x * std::sqrt(t), x, 0, sigma};
}

// lambda = log(sqrt(alpha_bar) / sqrt(1 - alpha_bar)), h = lambda_s - lambda_t.
double half_log_snr(double alpha_bar) { return log_snr(alpha_bar) / 2; }

// before: alpha_bar of the previous step; 0 in the first step, which is of first order.
Step solver_step(double t, double s, double before) {
  const double h = half_log_snr(s) - half_log_snr(t);
  const double data = -std::sqrt(s) * std::expm1(-h);
  const double extrapolate = before > 0 ? h / (half_log_snr(t) - half_log_snr(before)) / 2 : 0;
  return {data * (1 + extrapolate), std::sqrt((1 - s) / (1 - t)), -data * extrapolate, 0};
}

Step step_of(const SamplerOptions& options, const SamplingLevels& levels, size_t k) {
  const double t = levels.alpha_bar[k], s = levels.after(k);
  if (s == 1) return {1, 0, 0, 0};  // the last step returns x0, whatever the sampler
  if (options.sampler == "ddpm") return ancestral_step(t, s, options.variance);
  if (options.sampler == "ddim") return ddim_step(t, s, options.eta);
  return solver_step(t, s, k > 0 ? levels.alpha_bar[k - 1] : 0);
}

// Improved DDPM eq. 15: log sigma^2 is interpolated between log beta-tilde (v = -1) and log beta (v = 1).
at::Tensor learned_sigma(const at::Tensor& fraction, double t, double s) {
  if (!fraction.defined()) throw Error("cannot sample with learned variance: the network does not predict a variance");
  const Posterior q = q_posterior(t, s);
  const double low = std::log(q.variance), high = std::log(q.beta);
  const auto wide = fraction.scalar_type() == at::kDouble ? fraction : fraction.to(at::kFloat);
  return (wide * ((high - low) / 4) + (high + low) / 4).exp();
}

}  // namespace

void validate(const SamplerOptions& options) {
  const auto among = [](const std::string& value, std::initializer_list<const char*> words, const char* what) {
    if (std::find(words.begin(), words.end(), value) == words.end())
      throw Error(cat("unknown ", what, " '", value, "'"));
  };
  among(options.sampler, {"ddpm", "ddim", "dpmpp-2m"}, "sampler");
  among(options.spacing, {"uniform", "ddim", "log-snr", "trailing"}, "spacing");
  among(options.variance, {"beta", "posterior", "learned"}, "variance");
  if (!(options.eta >= 0 && options.eta <= 1)) throw Error(cat("eta is ", options.eta, ", not between 0 and 1"));
}

ReverseSteps::ReverseSteps(const SamplerOptions& options, const SamplingLevels& levels)
    : options_(options), levels_(levels) {
  validate(options);
}

int64_t ReverseSteps::count() const { return static_cast<int64_t>(levels_.alpha_bar.size()); }

at::Tensor ReverseSteps::operator()(int64_t k, const at::Tensor& x_t, const Denoised& prediction,
                                    const at::Tensor& previous_x0, const std::function<at::Tensor()>& noise) const {
  const at::NoGradGuard no_grad;
  const auto number = static_cast<size_t>(k);
  const at::Tensor& x0 = prediction.x0;
  const Step step = step_of(options_, levels_, number);
  at::Tensor next = step.x0 == 1 ? x0.clone() : x0 * step.x0;
  if (step.x != 0) next.add_(x_t, step.x);
  if (step.previous != 0) next.add_(previous_x0, step.previous);
  if (step.sigma > 0) {
    if (options_.sampler == "ddpm" && options_.variance == "learned")
      next.addcmul_(noise(),
                    learned_sigma(prediction.variance_fraction, levels_.alpha_bar[number], levels_.after(number))
                        .to(x_t.scalar_type()));
    else
      next.add_(noise(), step.sigma);
  }
  return next;
}

at::Tensor sample_loop(const SamplerOptions& options, const SamplingLevels& levels, const DenoiseStep& denoise,
                       const NoiseStep& noise, const SampleHooks& hooks) {
  const ReverseSteps steps(options, levels);
  const at::NoGradGuard no_grad;
  at::Tensor x = noise(0), previous;
  for (int64_t k = 0; k < steps.count(); ++k) {
    Denoised prediction = denoise(x, k);
    prediction.x0 = prediction.x0.to(x.scalar_type());
    if (options.clip) prediction.x0 = prediction.x0.clamp(-1, 1);
    if (hooks.correct_x0) prediction.x0 = hooks.correct_x0(prediction.x0, k);
    x = steps(k, x, prediction, previous, [&] { return noise(k + 1); });
    previous = prediction.x0;
    if (hooks.after_step) hooks.after_step(k);
  }
  return x;
}

}  // namespace sr3

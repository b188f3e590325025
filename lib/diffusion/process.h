// The forward process and its posterior (DDPM eq. 4; SR3 eq. 4; Salimans & Ho 2022 for v). Pure functions of tensors.
//   x_t = sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps,  v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0
// alpha_bar is a scalar, or a tensor (N) with one noise level for each example; image tensors are (N,C,H,W).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace sr3 {

// The prediction target of a network.
enum class Predict { kEps, kX0, kV };
Predict predict_named(const std::string& name);  // "eps", "x0" or "v"; Error for another word

// x_t of the forward process.
at::Tensor q_sample(const at::Tensor& x0, const at::Tensor& eps, const at::Tensor& alpha_bar);
// The value that the network should predict: eps, x0 or v.
at::Tensor training_target(Predict predict, const at::Tensor& x0, const at::Tensor& eps, const at::Tensor& alpha_bar);
// The x0 that the network's output at x_t implies; not clipped.
at::Tensor x0_from(Predict predict, const at::Tensor& x_t, const at::Tensor& output, double alpha_bar);
at::Tensor x0_from(Predict predict, const at::Tensor& x_t, const at::Tensor& output, const at::Tensor& alpha_bar);

// The posterior q(x_s | x_t, x0), where s is less noisy than t: its mean is x0_coefficient x0 + x_t_coefficient x_t.
struct Posterior {
  double x0_coefficient, x_t_coefficient, variance;  // variance: beta-tilde
  double beta;                                       // 1 - alpha_bar_t / alpha_bar_s
};
Posterior q_posterior(double alpha_bar_t, double alpha_bar_s);

}  // namespace sr3

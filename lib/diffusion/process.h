// The forward process and what follows from it (DDPM eq. 4; SR3 eq. 4; Salimans & Ho 2022 for v). Pure: tensors in, tensors out.
//   x_t = sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps,  v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0
// alpha_bar is a double, or a (N) tensor of one level an example; image tensors are (N,C,H,W).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace sr3 {

enum class Predict { kEps, kX0, kV };
Predict predict_named(const std::string& name);  // eps|x0|v; Error

at::Tensor q_sample(const at::Tensor& x0, const at::Tensor& eps, const at::Tensor& alpha_bar);
// What the network should say of (x0, eps) at this level.
at::Tensor training_target(Predict predict, const at::Tensor& x0, const at::Tensor& eps, const at::Tensor& alpha_bar);
at::Tensor x0_from(Predict predict, const at::Tensor& x_t, const at::Tensor& output, double alpha_bar);
at::Tensor x0_from(Predict predict, const at::Tensor& x_t, const at::Tensor& output, const at::Tensor& alpha_bar);

// q(x_s | x_t, x0), s the less noisy level: mean = x0_coefficient x0 + x_t_coefficient x_t.
struct Posterior {
  double x0_coefficient, x_t_coefficient, variance;  // variance: beta-tilde
  double beta;                                       // 1 - alpha_bar_t / alpha_bar_s
};
Posterior q_posterior(double alpha_bar_t, double alpha_bar_s);

}  // namespace sr3

// The variational bound of one reverse step, which trains a learned variance (Nichol & Dhariwal 2021, eq. 3 to 6 and 15):
//   L_hybrid = L_simple + 0.001 L_vlb,  L_vlb = T times the mean over t of vlb_term
// It does not train the mean: gradients flow to the variance alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace sr3 {

// Returns (N), in bits per dimension: KL(q(x_s | x_t, x0) || N(mean, sigma^2)) for t > 1; for t = 1 the negative log-likelihood
// of x0's 8-bit levels under that Gaussian, where the levels at -1 and 1 extend to infinity. The mean is the posterior's with
// x0_predicted; log sigma^2 is interpolated between log beta-tilde (variance_fraction -1) and log beta (1), where beta-tilde of
// t = 1, which is 0, is replaced by that of t = 2.
// timestep: (N), 0-based indexes into alpha_bar (draw "discrete"); the other tensors are (N,C,H,W) float.
// They are on one device, except for timestep, which is on the CPU.
at::Tensor vlb_term(const std::vector<double>& alpha_bar, const at::Tensor& timestep, const at::Tensor& x0,
                    const at::Tensor& x_t, const at::Tensor& x0_predicted, const at::Tensor& variance_fraction);

// The same in two parts: what it takes from the schedule, (5, N) float64 on the CPU, and the rest, given that on the device.
at::Tensor vlb_coefficients(const std::vector<double>& alpha_bar, const at::Tensor& timestep);
at::Tensor vlb_term(const at::Tensor& coefficients, const at::Tensor& x0, const at::Tensor& x_t,
                    const at::Tensor& x0_predicted, const at::Tensor& variance_fraction);

}  // namespace sr3

#include "diffusion/process.h"

#include <cmath>

#include "base/error.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

// sqrt(alpha_bar) and sqrt(1 - alpha_bar), computed in the precision of alpha_bar, then cast and shaped to broadcast over `like`.
std::pair<at::Tensor, at::Tensor> scales(const at::Tensor& alpha_bar, const at::Tensor& like) {
  const auto shaped = [&](const at::Tensor& value) {
    std::vector<int64_t> shape(like.dim(), 1);
    if (value.dim() == 1) shape[0] = value.size(0);
    return value.to(like.device(), like.scalar_type()).view(shape);
  };
  return {shaped(alpha_bar.sqrt()), shaped((1 - alpha_bar).sqrt())};
}

}  // namespace

Predict predict_named(const std::string& name) {
  if (name == "eps") return Predict::kEps;
  if (name == "x0") return Predict::kX0;
  if (name == "v") return Predict::kV;
  throw Error(cat("unknown prediction target '", name, "': it must be eps, x0 or v"));
}

at::Tensor q_sample(const at::Tensor& x0, const at::Tensor& eps, const at::Tensor& alpha_bar) {
  const auto [signal, noise] = scales(alpha_bar, x0);
  return signal * x0 + noise * eps;
}

at::Tensor training_target(Predict predict, const at::Tensor& x0, const at::Tensor& eps, const at::Tensor& alpha_bar) {
  if (predict == Predict::kEps) return eps;
  if (predict == Predict::kX0) return x0;
  const auto [signal, noise] = scales(alpha_bar, x0);
  return signal * eps - noise * x0;
}

at::Tensor x0_from(Predict predict, const at::Tensor& x_t, const at::Tensor& output, double alpha_bar) {
  const double signal = std::sqrt(alpha_bar), noise = std::sqrt(1 - alpha_bar);
  switch (predict) {
    case Predict::kEps:
      return (x_t - noise * output) * (1 / signal);
    case Predict::kX0:
      return output;
    case Predict::kV:
      return signal * x_t - noise * output;
  }
  return {};
}

at::Tensor x0_from(Predict predict, const at::Tensor& x_t, const at::Tensor& output, const at::Tensor& alpha_bar) {
  if (predict == Predict::kX0) return output;
  const auto [signal, noise] = scales(alpha_bar, x_t);
  return predict == Predict::kEps ? (x_t - noise * output) / signal : signal * x_t - noise * output;
}

Posterior q_posterior(double alpha_bar_t, double alpha_bar_s) {
  Posterior out{};
  const double alpha = alpha_bar_t / alpha_bar_s;
  out.beta = 1 - alpha;
  out.x0_coefficient = std::sqrt(alpha_bar_s) * out.beta / (1 - alpha_bar_t);
  out.x_t_coefficient = std::sqrt(alpha) * (1 - alpha_bar_s) / (1 - alpha_bar_t);
  out.variance = out.beta * (1 - alpha_bar_s) / (1 - alpha_bar_t);
  return out;
}

}  // namespace sr3

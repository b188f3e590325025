#include "diffusion/loss.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

struct Level {
  double alpha_bar, timestep;
};

// The noise level at position p of the continuous schedule, p in (0, T]; a whole p is the p-th step of the schedule.
Level level_at(const std::vector<double>& alpha_bar, double p) {
  const auto T = static_cast<int64_t>(alpha_bar.size());
  const int64_t below = std::min<int64_t>(static_cast<int64_t>(p), T);
  const double fraction = p - static_cast<double>(below);
  if (below == 0) return {1 - (1 - alpha_bar[0]) * fraction, 0};
  if (below == T) return {alpha_bar[T - 1], static_cast<double>(T - 1)};
  const double from = log_snr(alpha_bar[below - 1]), to = log_snr(alpha_bar[below]);
  return {1 / (1 + std::exp(-(from + (to - from) * fraction))), static_cast<double>(below - 1) + fraction};
}

Level draw_level(const std::string& draw, const std::vector<double>& alpha_bar, RandomStream& random) {
  const auto T = static_cast<int64_t>(alpha_bar.size());
  if (draw == "continuous") return level_at(alpha_bar, (1 - random.uniform()) * static_cast<double>(T));
  const auto t = static_cast<int64_t>(random.below(static_cast<uint64_t>(T)));  // 0-based
  if (draw == "discrete") return {alpha_bar[t], static_cast<double>(t)};
  const double u = random.uniform();  // 0 at the noisier end of the interval, which is step t itself
  const double noisy = alpha_bar[t], clean = t > 0 ? alpha_bar[t - 1] : 1;
  const double timestep = std::max(0.0, static_cast<double>(t) - u);
  if (draw == "gamma") return {noisy + (clean - noisy) * u, timestep};
  const double root = std::sqrt(noisy) + (std::sqrt(clean) - std::sqrt(noisy)) * u;
  return {root * root, timestep};
}

double level_input(const std::string& input, const Level& level) {
  if (input == "timestep") return level.timestep;
  if (input == "sqrt-alpha-bar") return std::sqrt(level.alpha_bar);
  if (input == "alpha-bar") return level.alpha_bar;
  if (input == "log-snr") return std::clamp(log_snr(level.alpha_bar) / 2, -10.0, 10.0);
  if (input == "none") return 0;
  throw Error(cat("unknown level input '", input, "'"));
}

}  // namespace

DrawnLevels draw_levels(const std::string& draw, const std::vector<double>& alpha_bar, uint64_t seed, int64_t first,
                        int64_t n) {
  if (draw != "gamma" && draw != "sqrt-gamma" && draw != "discrete" && draw != "continuous")
    throw Error(cat("unknown level draw '", draw, "'"));
  DrawnLevels out{at::empty({n}, at::kDouble), at::empty({n}, at::kDouble)};
  double* const levels = out.alpha_bar.data_ptr<double>();
  double* const timesteps = out.timestep.data_ptr<double>();
  for (int64_t i = 0; i < n; ++i) {
    RandomStream random(seed, static_cast<uint64_t>(first + i), kRandomLevel);
    const Level level = draw_level(draw, alpha_bar, random);
    levels[i] = level.alpha_bar, timesteps[i] = level.timestep;
  }
  return out;
}

at::Tensor network_level(const std::string& input, const DrawnLevels& levels) {
  if (input == "none") return {};
  const auto alpha_bar = levels.alpha_bar.to(at::kCPU, at::kDouble).contiguous();
  const auto timestep = levels.timestep.to(at::kCPU, at::kDouble).contiguous();
  auto out = at::empty({alpha_bar.numel()}, at::kFloat);
  for (int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<float>()[i] =
        static_cast<float>(level_input(input, {alpha_bar.data_ptr<double>()[i], timestep.data_ptr<double>()[i]}));
  return out;
}

std::vector<double> network_level(const std::string& input, const SamplingLevels& levels) {
  std::vector<double> out;
  for (size_t k = 0; k < levels.alpha_bar.size(); ++k)
    out.push_back(level_input(input, {levels.alpha_bar[k], static_cast<double>(levels.timestep[k])}));
  return out;
}

Loss training_loss(const std::string& kind, const at::Tensor& output, const at::Tensor& target) {
  if (output.sizes() != target.sizes()) throw std::logic_error("training_loss: output and target differ in shape");
  const auto difference = output.to(at::kFloat) - target.to(at::kFloat);
  if (kind != "l1" && kind != "l2") throw Error(cat("unknown loss '", kind, "'"));
  const auto error = kind == "l1" ? difference.abs() : difference.square();
  Loss out;
  out.per_example = error.flatten(1).mean(1);
  out.mean = out.per_example.mean();
  return out;
}

}  // namespace sr3

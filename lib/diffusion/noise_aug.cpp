#include "diffusion/noise_aug.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "diffusion/loss.h"
#include "diffusion/process.h"
#include "tensor/aten.h"
#include "tensor/noise.h"

namespace sr3 {
namespace {

// Mixed into the seed, so that this noise is independent of the sampler's and of the trainer's.
constexpr uint64_t kNoiseSeed = 0x6175676D656E7421;

at::Tensor noised(const at::Tensor& condition, const std::vector<double>& alpha_bar, const std::vector<int64_t>& s,
                  uint64_t seed, int64_t first) {
  std::vector<at::Tensor> out;
  for (int64_t i = 0; i < condition.size(0); ++i) {
    const auto z = condition[i];
    if (s[i] == 0) {
      out.push_back(z);
      continue;
    }
    const NoiseKey key{seed ^ kNoiseSeed, static_cast<uint64_t>(first + i)};
    const auto eps = philox_noise(key, 0, z.size(0), z.size(1), z.size(2)).to(z.device(), z.scalar_type());
    out.push_back(q_sample(z, eps, at::scalar_tensor(alpha_bar[s[i] - 1], at::kDouble)));
  }
  return at::stack(out);
}

// Separable Gaussian whose weights sum to 1, cut off at three sigmas, or earlier where the image is too small to be mirrored
// that far.
at::Tensor blurred(const at::Tensor& chw, double sigma) {
  const int64_t reach = std::min({static_cast<int64_t>(std::ceil(3 * sigma)), chw.size(1) - 1, chw.size(2) - 1});
  if (sigma <= 0 || reach == 0) return chw;
  auto weights = at::arange(-reach, reach + 1, chw.options());
  weights = (weights * weights * (-0.5 / (sigma * sigma))).exp();
  weights = weights / weights.sum();
  const auto planes = at::reflection_pad2d(chw.unsqueeze(0), {reach, reach, reach, reach}).transpose(0, 1);
  const auto across = at::conv2d(planes, weights.view({1, 1, 1, -1}));
  return at::conv2d(across, weights.view({1, 1, -1, 1})).transpose(0, 1).squeeze(0);
}

}  // namespace

int64_t draw_augmentation_level(const LevelDraw& draw, uint64_t seed, int64_t example) {
  RandomStream random(seed, static_cast<uint64_t>(example), kRandomAugment);
  int64_t most = draw.max_level;
  if (example < draw.ramp)
    most =
        static_cast<int64_t>(static_cast<double>(most) * static_cast<double>(example) / static_cast<double>(draw.ramp));
  if (most == 0 || (draw.clean > 0 && random.uniform() < draw.clean)) return 0;
  if (!draw.squared) return static_cast<int64_t>(random.below(static_cast<uint64_t>(most) + 1));
  const double u = random.uniform();
  return std::min(most, 1 + static_cast<int64_t>(static_cast<double>(most) * u * u));
}

AugmentedCondition add_condition_noise(const at::Tensor& condition, const std::vector<double>& alpha_bar,
                                       const LevelDraw& draw, uint64_t seed, int64_t first) {
  if (draw.max_level < 0 || draw.max_level > static_cast<int64_t>(alpha_bar.size()))
    throw Error(cat("the largest augmentation level is ", draw.max_level, ", not between 0 and ", alpha_bar.size()));
  std::vector<int64_t> s;
  auto level = at::empty({condition.size(0)}, at::kFloat);
  for (int64_t i = 0; i < condition.size(0); ++i) {
    s.push_back(draw_augmentation_level(draw, seed, first + i));
    level.data_ptr<float>()[i] = static_cast<float>(s.back());
  }
  return {noised(condition, alpha_bar, s, seed, first), level};
}

AugmentedCondition add_condition_noise_at(const at::Tensor& condition, const std::vector<double>& alpha_bar, int64_t s,
                                          uint64_t seed, int64_t index) {
  if (s < 0 || s > static_cast<int64_t>(alpha_bar.size()))
    throw Error(cat("the augmentation level is ", s, ", not between 0 and ", alpha_bar.size()));
  const std::vector<int64_t> all(static_cast<size_t>(condition.size(0)), s);
  return {noised(condition, alpha_bar, all, seed, index),
          at::full({condition.size(0)}, static_cast<double>(s), at::kFloat)};
}

at::Tensor augmentation_input(const std::string& input, const std::vector<double>& alpha_bar, const at::Tensor& s,
                              int64_t least) {
  const at::Tensor steps = s.to(at::kCPU, at::kLong).clamp_min(least).contiguous();
  DrawnLevels levels{at::ones({steps.numel()}, at::kDouble), steps.to(at::kDouble)};
  for (int64_t i = 0; i < steps.numel(); ++i)
    if (const int64_t step = steps.data_ptr<int64_t>()[i]; step > 0)
      levels.alpha_bar.data_ptr<double>()[i] = alpha_bar.at(static_cast<size_t>(step) - 1);
  return network_level(input, levels);
}

AugmentedCondition blur_condition(const at::Tensor& condition, double probability, double low, double high,
                                  uint64_t seed, int64_t first) {
  std::vector<at::Tensor> out;
  for (int64_t i = 0; i < condition.size(0); ++i) {
    RandomStream random(seed, static_cast<uint64_t>(first + i), kRandomAugment);
    const bool chosen = random.uniform() < probability;
    const double sigma = low + (high - low) * random.uniform();
    out.push_back(chosen ? blurred(condition[i], sigma) : condition[i]);
  }
  return {at::stack(out), {}};
}

}  // namespace sr3

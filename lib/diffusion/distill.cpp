#include "diffusion/distill.h"

#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "diffusion/schedule.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

// (N) float64 as factors of (N,C,H,W).
at::Tensor per_example(const at::Tensor& values, const at::Tensor& images) {
  return values.to(images.device(), images.scalar_type()).view({-1, 1, 1, 1});
}

}  // namespace

StudentSteps draw_student_steps(const std::vector<double>& alpha_bar, int64_t steps, uint64_t seed, int64_t first,
                                int64_t n) {
  const SamplingLevels teacher = sampling_levels(alpha_bar, std::to_string(2 * steps), "trailing");
  StudentSteps out;
  for (at::Tensor* tensor : {&out.start, &out.middle, &out.end, &out.start_timestep, &out.middle_timestep})
    *tensor = at::empty({n}, at::kDouble);
  for (int64_t i = 0; i < n; ++i) {
    RandomStream random(seed, static_cast<uint64_t>(first + i), kRandomLevel);
    const auto k = 2 * static_cast<size_t>(random.below(static_cast<uint64_t>(steps)));
    out.start.data_ptr<double>()[i] = teacher.alpha_bar[k];
    out.middle.data_ptr<double>()[i] = teacher.alpha_bar[k + 1];
    out.end.data_ptr<double>()[i] = teacher.after(k + 1);
    out.start_timestep.data_ptr<double>()[i] = static_cast<double>(teacher.timestep[k]);
    out.middle_timestep.data_ptr<double>()[i] = static_cast<double>(teacher.timestep[k + 1]);
  }
  return out;
}

at::Tensor distillation_target(const Teacher& teacher, const at::Tensor& x_t, const StudentSteps& steps) {
  const at::NoGradGuard no_grad;
  // alpha and sigma of the start t, the middle m and the end s.
  const at::Tensor at = steps.start.sqrt(), am = steps.middle.sqrt(), as = steps.end.sqrt();
  const at::Tensor st = (1 - steps.start).sqrt(), sm = (1 - steps.middle).sqrt(), ss = (1 - steps.end).sqrt();

  const at::Tensor first = teacher(x_t, steps.start, TeacherStep::kStart);
  const at::Tensor to_middle = sm / st;
  const at::Tensor x_m = x_t * per_example(to_middle, x_t) + first * per_example(am - to_middle * at, x_t);
  const at::Tensor second = teacher(x_m, steps.middle, TeacherStep::kMiddle);
  // x_s = (as - ss/sm am) second + ss/sm x_m, and x_m as above.
  const at::Tensor weight = (ss / sm * am - ss / st * at) / (as - ss / st * at);
  return second + (first - second) * per_example(weight, x_t);
}

std::vector<int64_t> halvings(int64_t first, int64_t last) {
  std::vector<int64_t> out;
  if (last >= 1)
    for (int64_t steps = first; steps > last; steps /= 2) {
      if (steps % 2 != 0) break;
      out.push_back(steps);
    }
  if (out.empty() || out.back() != 2 * last)
    throw Error(
        cat("cannot halve ", first, " sampling steps down to ", last, ": it must be ", last, " times 2, 4, 8, ..."));
  return out;
}

}  // namespace sr3

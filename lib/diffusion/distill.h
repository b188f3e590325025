// Progressive distillation (Salimans & Ho 2022, Algorithm 2): one DDIM step of the student replaces two of the teacher.
// With N steps the student visits every second level of the teacher's 2N. Pure: tensors in, tensors out.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sr3 {

// One step of the student for each of N examples, as alpha_bar (N) float64 of the level it starts from, of the teacher's
// level halfway and of the level it ends at, where alpha_bar is 1 after the last step; and the 0-based training index of the
// first two, which networks conditioned on the timestep need.
struct StudentSteps {
  at::Tensor start, middle, end;
  at::Tensor start_timestep, middle_timestep;
};

// Steps of the examples first .. first+n-1, uniform over the student's `steps` by (seed, number of the example). The levels
// are those of sampling_levels(..., "trailing"), so that every second level of the teacher's is the student's.
// Error when the schedule has fewer than 2 `steps`.
StudentSteps draw_student_steps(const std::vector<double>& alpha_bar, int64_t steps, uint64_t seed, int64_t first,
                                int64_t n);

// The teacher: x0 predicted for x_t (N,C,H,W) at alpha_bar (N), which is that of the start, or then of the middle; not clipped.
enum class TeacherStep { kStart, kMiddle };
using Teacher = std::function<at::Tensor(const at::Tensor& x_t, const at::Tensor& alpha_bar, TeacherStep step)>;

// The x0 with which one DDIM step (eta 0) from x_t ends where two of the teacher's do. Algebra turns the paper's
// (x_s - sigma_s/sigma_t x_t) / (alpha_s - sigma_s/sigma_t alpha_t) into a weighted mean of the teacher's two predictions,
// whose weights are computed in float64: nothing cancels. (N,C,H,W), without gradient. The timesteps are not used.
at::Tensor distillation_target(const Teacher& teacher, const at::Tensor& x_t, const StudentSteps& steps);

// The steps of the teachers in turn: 2 N ... from `first`, halved until the student has `last`. Error unless first is last
// times a power of 2 that is at least 2.
std::vector<int64_t> halvings(int64_t first, int64_t last);

}  // namespace sr3

// Progressive distillation of a stage (Salimans & Ho 2022), which with guidance learns the guided prediction (Meng et al.
// 2023): a training for each halving of the sampling steps, the student of one being the teacher of the next.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "train/step.h"

namespace sr3 {

class Options;

struct DistillationOptions {
  std::string teacher;         // a stage; empty: no distillation
  int64_t sampling_steps = 4;  // of the last student
  int64_t teacher_steps = 32;  // of the first teacher: sampling_steps times 2, 4, 8, ...
  double guidance = 1;         // scale that the students' predictions are to include
};

// The student of `teacher` that samples in `steps`: the teacher's manifest without weights, sampling by DDIM over the trailing
// levels, and without the label dropout and dropout of its training. path names the teacher in errors.
// UsageError for a teacher that cannot be distilled: without weights, a regression, a network that predicts the noise or a
// variance; or with guidance but no unconditional prediction.
StageManifest student_of(const StageManifest& teacher, const std::string& path, int64_t steps, double guidance);

// The file of the student that samples in `steps` on the way to the last one: "dir/NAME.json" is "dir/NAME.16.json".
std::string student_path(const std::string& output, int64_t steps);

// The loss of one batch: the student's prediction for one DDIM step against the one that ends where two of the teacher's
// do (diffusion/distill.h). Both are given the same condition, class and augmentation; noise and levels of example e depend
// on (seed, e) alone.
class DistillationLoss {
 public:
  // teacher: its manifest and weights. UsageError where it has another network or schedule than the student.
  DistillationLoss(const StageManifest& student, const std::string& teacher, uint64_t seed, at::Device device,
                   at::ScalarType compute);

  // The mean over examples, channels and pixels: a differentiable scalar.
  at::Tensor operator()(const Parameters& parameters, const Batch& batch) const;

 private:
  StageManifest student_;
  StageLoss examples_;
  Parameters teacher_;
  bool first_ = true;  // the teacher is not itself a student
  std::vector<double> alpha_bar_;
  uint64_t seed_;
  at::Device device_;
  at::ScalarType compute_;
};

}  // namespace sr3

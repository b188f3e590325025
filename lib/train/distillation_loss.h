// The loss of progressive distillation (Salimans & Ho 2022; with guidance, Meng et al. 2023) for one batch of examples.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "train/step.h"

namespace sr3 {

// The student's prediction for one DDIM step against the one that ends where two of the teacher's do (diffusion/distill.h).
// Both are given the same condition, class and augmentation; noise and levels of example e depend on (seed, e) alone.
// With a share w of the ground truth the target is (1 - w) times the teacher's x0 plus w times the example's own: a weighted sum of
// squared losses up to a constant. In SinSR (Wang et al. 2024) such a loss has the noise that the network itself maps to the image.
class DistillationLoss {
 public:
  // teacher: the path of its manifest. UsageError if its weights are not those that the student's manifest names.
  DistillationLoss(const StageManifest& student, const std::string& teacher, uint64_t seed, at::Device device,
                   at::ScalarType compute, bool checkpoint = false, double ground_truth = 0);

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
  bool checkpoint_;  // of unet_forward
  double ground_truth_;
};

}  // namespace sr3

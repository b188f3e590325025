#include "train/distillation_loss.h"

#include "base/error.h"
#include "base/rng.h"
#include "diffusion/distill.h"
#include "diffusion/loss.h"
#include "diffusion/process.h"
#include "diffusion/schedule.h"
#include "nn/embedding.h"
#include "stage/weights.h"
#include "tensor/aten.h"
#include "tensor/upload.h"

namespace sr3 {

DistillationLoss::DistillationLoss(const StageManifest& student, const std::string& teacher, uint64_t seed,
                                   at::Device device, at::ScalarType compute, bool checkpoint, double ground_truth)
    : student_(student),
      examples_(student, seed, device, compute),
      alpha_bar_(make_alpha_bar(make_betas(student.diffusion.schedule))),
      seed_(seed),
      device_(device),
      compute_(compute),
      checkpoint_(checkpoint),
      ground_truth_(ground_truth) {
  const StageWeights from = read_stage_weights(teacher);
  if (from.manifest.weights_sha256 != student.distillation.teacher)
    throw UsageError(
        cat("cannot distill '", teacher, "': its weights are not those that the student was started with"));
  first_ = from.manifest.distillation.steps == 0;
  for (const auto& [name, value] : from.parameters.all()) teacher_.add(name, value.to(device));
}

at::Tensor DistillationLoss::operator()(const Parameters& parameters, const Batch& batch) const {
  const UNetOptions& network = student_.network;
  const StageLoss::Condition given = examples_.condition(batch);
  const Predict predict = predict_named(student_.diffusion.predict);
  StudentSteps steps =
      draw_student_steps(alpha_bar_, student_.distillation.steps, seed_, batch.first, batch.high_res.size(0));
  check_conditioning(network, batch.labels, given.level, batch.high_res.size(0));
  const auto level_input = [&](const at::Tensor& alpha_bar, const at::Tensor& timestep) {
    return network_level(network.level.input, DrawnLevels{alpha_bar, timestep});
  };
  const std::vector<at::Tensor> there =
      uploaded({examples_.clean(batch, given), given.image, given.level, batch.labels,
                level_input(steps.start, steps.start_timestep), level_input(steps.middle, steps.middle_timestep),
                steps.start, steps.middle, steps.end},
               device_);
  const at::Tensor &x0 = there[0], &start_level = there[4], &middle_level = there[5];
  steps.start = there[6], steps.middle = there[7], steps.end = there[8];
  UNetInput input;
  input.x = q_sample(x0, examples_.noise(batch), steps.start);
  input.condition = there[1];
  input.augmentation_level = there[2];
  input.labels = there[3];

  // The guided prediction is folded in by the first teacher; those after it have it in their weights.
  const double guidance = student_.distillation.guidance;
  const bool guided = guidance != 1 && first_;
  const Teacher teacher = [&](const at::Tensor& x_t, const at::Tensor& alpha_bar, TeacherStep step) {
    UNetInput at_level = input;
    at_level.x = x_t;
    at_level.level = step == TeacherStep::kStart ? start_level : middle_level;
    const auto predicted = [&] { return unet_forward(network, teacher_, at_level, compute_, /*train=*/false, 0); };
    at::Tensor output = predicted();
    if (guided) {
      at_level.labels = at::full_like(input.labels, -1);
      const at::Tensor unconditional = predicted();
      output = unconditional + (output - unconditional) * guidance;
    }
    return x0_from(predict, x_t, output, alpha_bar);
  };
  at::Tensor target_x0 = distillation_target(teacher, input.x, steps);
  if (ground_truth_ > 0) target_x0 = target_x0 + (x0 - target_x0) * ground_truth_;
  const at::Tensor alpha_bar = steps.start.view({-1, 1, 1, 1}).to(at::kFloat);
  const at::Tensor eps = (input.x - target_x0 * alpha_bar.sqrt()) / (1 - alpha_bar).sqrt();
  const at::Tensor target = training_target(predict, target_x0, eps, steps.start);
  input.level = start_level;
  const at::Tensor output = unet_forward(network, parameters, input, compute_, /*train=*/true, 0, checkpoint_);
  return training_loss(student_.diffusion.loss, output, target).mean;
}

}  // namespace sr3

#include "train/distillation.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/folder.h"
#include "base/relative.h"
#include "diffusion/distill.h"
#include "diffusion/process.h"
#include "diffusion/schedule.h"
#include "nn/unet.h"
#include "stage/presets.h"
#include "stage/stage_files.h"
#include "tensor/aten.h"
#include "train/distillation_loss.h"

using namespace sr3;
using samples::Folder;

namespace {

// A stage with the weights that a training starts from: its last convolution is zero, so it predicts v = 0.
StageManifest teacher_at(const std::string& path, void (*change)(StageManifest&) = nullptr) {
  StageManifest stage = preset_named("tiny").manifest;
  stage.network.channels = 8;
  stage.network.groups = 4;
  stage.diffusion.loss = "l2";
  if (change) change(stage);
  publish_stage(stage, stage_paths(path), initial_parameters(stage.network, 1).all(), "fp32");
  return stage;
}

Batch examples(int64_t first, int64_t n) {
  Batch batch;
  batch.first = first;
  batch.high_res = at::empty({n, 3, 64, 64});
  for (int64_t i = 0; i < n; ++i)
    batch.high_res[i] =
        at::sin(at::arange(3 * 64 * 64, at::kFloat).view({3, 64, 64}) * (0.1 * static_cast<double>(first + i + 1)));
  batch.condition = batch.high_res * 0.9;
  return batch;
}

}  // namespace

// With v = 0 a DDIM step over the angle d multiplies x_t by cos(d), so that the target of two steps over a and b is
// v = (cos(a + b) - cos(a) cos(b)) / sin(a + b) x_t = - sin(a) sin(b) / sin(a + b) x_t.
TEST_CASE("the loss of a student that predicts v = 0, as its teacher, is the closed form") {
  Folder folder;
  const StageManifest teacher = teacher_at(folder / "t.json");
  const StageManifest manifest = student_of(teacher, "t.json", 4, 1);
  const DistillationLoss loss(manifest, folder / "t.json", /*seed=*/5, at::kCPU, at::kFloat);
  const Parameters student = initial_parameters(manifest.network, 2);
  const Batch batch = examples(7, 6);
  const StageLoss draws(manifest, 5, at::kCPU, at::kFloat);
  const auto alpha_bar = make_alpha_bar(make_betas(manifest.diffusion.schedule));
  const StudentSteps steps = draw_student_steps(alpha_bar, 4, 5, 7, 6);
  const at::Tensor x_t = q_sample(draws.clean(batch, {batch.condition, {}, {}}), draws.noise(batch), steps.start);
  double expected = 0;
  for (int64_t i = 0; i < 6; ++i) {
    const auto angle = [&](const at::Tensor& level) { return std::acos(std::sqrt(level[i].item<double>())); };
    const double a = angle(steps.start) - angle(steps.middle), b = angle(steps.middle) - angle(steps.end);
    expected += std::pow(std::sin(a) * std::sin(b) / std::sin(a + b), 2) * x_t[i].square().mean().item<double>() / 6;
  }
  CHECK(loss(student, batch).item<double>() == relative(expected, 1e-4));
}

TEST_CASE("the loss of a batch is the mean of its examples' losses") {
  Folder folder;
  const StageManifest teacher = teacher_at(folder / "t.json");
  const StageManifest manifest = student_of(teacher, "t.json", 8, 1);
  const DistillationLoss loss(manifest, folder / "t.json", 0, at::kCPU, at::kFloat);
  const Parameters student = initial_parameters(manifest.network, 2);
  const double whole = loss(student, examples(3, 4)).item<double>();
  const double parts = loss(student, examples(3, 1)).item<double>() + 3 * loss(student, examples(4, 3)).item<double>();
  CHECK(whole == relative(parts / 4, 1e-5));
}

// With v = 0 predicted, the loss with the ground truth alone is the mean square of
// v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0; between the two targets a and b it is that of (1 - w) a + w b, which three
// losses determine.
TEST_CASE("a share of the ground truth mixes the student's targets") {
  Folder folder;
  const StageManifest manifest = student_of(teacher_at(folder / "t.json"), "t.json", 4, 1);
  const Parameters student = initial_parameters(manifest.network, 2);
  const Batch batch = examples(7, 6);
  const auto loss = [&](double share) {
    return DistillationLoss(manifest, folder / "t.json", 5, at::kCPU, at::kFloat, false, share)(student, batch)
        .item<double>();
  };
  const StageLoss draws(manifest, 5, at::kCPU, at::kFloat);
  const StudentSteps steps = draw_student_steps(make_alpha_bar(make_betas(manifest.diffusion.schedule)), 4, 5, 7, 6);
  const at::Tensor level = steps.start.view({-1, 1, 1, 1}).to(at::kFloat);
  const at::Tensor v =
      draws.noise(batch) * level.sqrt() - draws.clean(batch, {batch.condition, {}, {}}) * (1 - level).sqrt();
  const double none = loss(0), all = loss(1), apart = 2 * (none + all) - 4 * loss(0.5);
  CHECK(all == relative(v.square().mean().item<double>(), 1e-4));
  CHECK(loss(0.25) == relative(0.75 * none + 0.25 * all - 0.1875 * apart, 1e-4));
  CHECK(apart > 0.01 * all);
}

TEST_CASE("a student is its teacher's stage with its own sampling") {
  Folder folder;
  StageManifest teacher = teacher_at(folder / "t.json");
  teacher.network.dropout = 0.1;
  const StageManifest student = student_of(teacher, "t.json", 8, 1);
  CHECK(student.sampling.sampler == "ddim");
  CHECK(student.sampling.steps == "8");
  CHECK(student.sampling.spacing == "trailing");
  CHECK(student.distillation.steps == 8);
  CHECK(student.distillation.teacher == teacher.weights_sha256);
  CHECK(student.network.dropout == 0);
  CHECK(student.weights_file == "");
  // The next one in turn, and only that.
  StageManifest trained = student;
  trained.weights_file = "s.safetensors";
  CHECK(student_of(trained, "s.json", 4, 1).distillation.steps == 4);
  CHECK_THROWS_WITH_AS(student_of(trained, "s.json", 2, 1),
                       "cannot distill 's.json': it is itself distilled, for 8 steps: --teacher-steps 8", UsageError);
  DistillationOptions options;
  options.teacher_steps = 32;
  CHECK(student_paths(options, "a/b.json") == std::vector<std::string>{"a/b.16.json", "a/b.8.json", "a/b.json"});
}

TEST_CASE("a student's learning rate is a quarter of its first teacher's, also in a chain of students") {
  StageManifest teacher;
  teacher.training.learning_rate = 0.0008;
  CHECK(distillation_defaults(teacher).learning_rate == 0.0002);
  teacher.training.learning_rate = 0.0002;
  teacher.distillation.steps = 8;
  CHECK(distillation_defaults(teacher).learning_rate == 0.0002);
}

TEST_CASE("guidance is learned from the first teacher, and kept by the students after it") {
  Folder folder;
  StageManifest teacher = teacher_at(folder / "t.json");
  teacher.network.classes = 2;
  teacher.diffusion.label_dropout = 0.1;
  StageManifest student = student_of(teacher, "t.json", 8, 2);
  CHECK(student.distillation.guidance == 2);
  CHECK(student.diffusion.label_dropout == 0);
  student.weights_file = "s.safetensors";
  CHECK(student_of(student, "s.json", 4, 2).distillation.guidance == 2);
  CHECK(student_of(student, "s.json", 4, 1).distillation.guidance == 2);
  CHECK_THROWS_WITH_AS(student_of(student, "s.json", 4, 3),
                       doctest::Contains("its predictions include the guidance scale 2"), UsageError);
}

TEST_CASE("a stage that samples in one step is not distilled further") {
  StageManifest once = preset_named("tiny").manifest;
  once.weights_file = "t.safetensors";
  once.distillation = {1, 1, ""};
  CHECK_THROWS_WITH_AS(student_of(once, "t.json", 2, 1), "cannot distill 't.json': it samples in 1 step already",
                       UsageError);
}

TEST_CASE("stages that cannot be distilled are refused with the reason") {
  Folder folder;
  const StageManifest good = teacher_at(folder / "t.json");
  const auto refused = [&](void (*change)(StageManifest&), double guidance, const char* why) {
    StageManifest stage = good;
    change(stage);
    CHECK_THROWS_WITH_AS(student_of(stage, "t.json", 4, guidance), doctest::Contains(why), UsageError);
  };
  refused([](StageManifest& m) { m.weights_file = ""; }, 1, "it is not trained yet");
  refused([](StageManifest& m) { m.kind = "regression"; }, 1, "it is a regression");
  refused([](StageManifest& m) { m.diffusion.predict = "eps"; }, 1, "its prediction target is the noise");
  refused([](StageManifest& m) { m.diffusion.variance = "learned"; }, 1, "predicts a variance");
  refused([](StageManifest&) {}, 2, "--guidance 2 needs an unconditional prediction");
  StageManifest student = student_of(good, "t.json", 4, 1);
  student.distillation.teacher = std::string(64, '0');
  CHECK_THROWS_AS(DistillationLoss(student, folder / "t.json", 0, at::kCPU, at::kFloat), UsageError);
}

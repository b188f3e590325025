// Training on an accelerator: the CPU's losses and weights, and in a step a single copy to the device and a single one back.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "accelerator/stand_in.h"
#include "base/file.h"
#include "base/relative.h"
#include "data/image_folder.h"
#include "format/safetensors.h"
#include "stage/presets.h"
#include "stage/stage_files.h"
#include "tensor/aten.h"
#include "train/distillation.h"
#include "train/distillation_loss.h"
#include "train/optimizer.h"
#include "train/step.h"
#include "train/trainer.h"

using namespace sr3;
using stand_in::kDevice;
using stand_in::traffic;

namespace {

StageManifest narrow_stage() {
  StageManifest stage = preset_named("tiny").manifest;
  stage.image.low_res = 8;
  stage.image.high_res = 16;
  stage.network.channels = 8;
  stage.network.groups = 4;
  stage.network.dropout = 0.1;
  return stage;
}

StageManifest with_everything() {
  StageManifest stage = narrow_stage();
  stage.network.classes = 3;
  stage.classes = {"cat", "dog", "bird"};
  stage.diffusion.label_dropout = 0.3;
  stage.augmentation.kind = "gaussian";
  stage.augmentation.max_level = 0.5;
  stage.augmentation.statistics = {.mean = 0.1, .deviation = 0.5};
  stage.network.augmentation_level = true;
  return stage;
}

StageManifest learned_variance() {
  StageManifest stage = narrow_stage();
  stage.network.out_channels = 6;
  stage.diffusion.variance = "learned";
  stage.diffusion.level_draw = "discrete";
  stage.diffusion.target = "image";
  return stage;
}

StageManifest regression() {
  StageManifest stage = narrow_stage();
  stage.kind = "regression";
  stage.network.condition_channels = 0;
  stage.network.level.input = "none";
  stage.diffusion.predict = "x0";
  return stage;
}

Batch batch_of(const StageManifest& stage, int64_t n) {
  Batch batch;
  const int64_t high = stage.image.high_res, low = stage.image.low_res;
  batch.first = 7;
  batch.high_res = at::arange(n * 3 * high * high, at::kFloat).view({n, 3, high, high}).mul(0.37).sin();
  batch.low_res = at::avg_pool2d(batch.high_res, {high / low, high / low});
  batch.condition = at::upsample_nearest2d(batch.low_res, {high, high});
  if (stage.network.classes > 0) batch.labels = at::arange(n, at::kLong).remainder(stage.network.classes);
  return batch;
}

Parameters weights_on(const StageManifest& stage, at::Device device) {
  Parameters parameters;
  const Parameters initial = initial_parameters(stage.network, 1);
  for (const auto& [name, value] : initial.all())
    parameters.add(name, (value + 0.01).to(device).requires_grad_(true));  // no gradient is zero
  return parameters;
}

template <class Loss>
void check_loss(const Loss& here, const Loss& there, const StageManifest& stage) {
  const Batch batch = batch_of(stage, 5);
  const Parameters of_here = weights_on(stage, at::kCPU), of_there = weights_on(stage, kDevice);
  const at::Tensor wanted = here(of_here, batch);
  wanted.backward();
  const auto before = traffic();
  const at::Tensor made = there(of_there, batch);
  made.backward();
  const auto of = traffic() - before;
  CHECK(of.uploads == 1);
  CHECK(of.downloads == 0);
  CHECK(of.waits == 0);
  CHECK(made.template item<double>() == relative(wanted.template item<double>(), 1e-5));
  for (size_t i = 0; i < of_here.all().size(); ++i) {
    const at::Tensor& gradient = of_here.all()[i].second.grad();
    const double largest = gradient.abs().max().template item<double>();
    const at::Tensor difference = of_there.all()[i].second.grad().to(at::kCPU) - gradient;
    CHECK(difference.abs().max().template item<double>() <= 1e-4 * largest);
  }
}

Bytes weights_of(const std::string& stage) { return read_file(stage + ".safetensors"); }

double largest_difference(const std::string& a, const std::string& b) {
  const TensorFile x = read_safetensors(a + ".safetensors"), y = read_safetensors(b + ".safetensors");
  double largest = 0;
  for (size_t i = 0; i < x.tensors.size(); ++i)
    largest = std::max(largest, (x.tensors[i].second - y.tensors[i].second).abs().max().item<double>());
  return largest;
}

}  // namespace

TEST_CASE("accelerator: the loss of every kind of stage") {
  for (const StageManifest& stage : {narrow_stage(), with_everything(), learned_variance(), regression()}) {
    CAPTURE(stage.kind);
    CAPTURE(stage.diffusion.variance);
    check_loss(StageLoss(stage, 3, at::kCPU, at::kFloat), StageLoss(stage, 3, kDevice, at::kFloat), stage);
  }
}

TEST_CASE("accelerator: the loss of a student, with guidance and a share of the ground truth") {
  const samples::Folder folder;
  StageManifest teacher = with_everything();
  teacher.network.dropout = 0;
  publish_stage(teacher, stage_paths(folder / "t.json"), initial_parameters(teacher.network, 1).all(), "fp32");
  const StageManifest student = student_of(teacher, "t.json", 4, 1.5);
  const auto loss = [&](at::Device device) {
    return DistillationLoss(student, folder / "t.json", 5, device, at::kFloat, false, 0.25);
  };
  check_loss(loss(at::kCPU), loss(kDevice), student);
}

TEST_CASE("accelerator: an update, and the norm of the gradients") {
  std::vector<at::Tensor> here, there;
  for (const at::Device device : {at::Device(at::kCPU), kDevice}) {
    const at::Tensor p = at::linspace(-1, 1, 7).to(device).requires_grad_(true);
    AdamOptions options;
    options.weight_decay = 0.01;
    Adam adam({p}, options);
    adam.add_average();
    auto& found = device.is_cpu() ? here : there;
    for (int64_t t = 1; t <= 3; ++t) {
      p.mutable_grad() = at::linspace(0.1, static_cast<double>(t), 7).to(device);
      const auto before = traffic();
      found.push_back(adam.squared_norm().to(at::kCPU));
      adam.step(t, 1e-2, 0.5, 0.9, {0.5});
      CHECK((traffic() - before).waits == (device.is_cpu() ? 0 : 1));
    }
    for (const at::Tensor& t : {p.detach(), adam.ema()[0], adam.more_ema()[0][0], adam.first_moment()[0]})
      found.push_back(t.to(at::kCPU));
  }
  for (size_t i = 0; i < here.size(); ++i) CHECK(at::allclose(here[i], there[i], 1e-5, 1e-7));
}

TEST_CASE("accelerator: a training, resumed and moved between devices") {
  samples::ImageFolder images;
  for (int i = 0; i < 6; ++i) images.write(cat(i, ".png"), samples::noisy(24, 24, static_cast<uint64_t>(i)));
  const DataOptions data = samples::from(images);
  const samples::Folder out;
  const auto train = [&](const std::string& name, const std::string& device, int64_t stop_at) {
    TrainerOptions options;
    options.steps = 8;
    options.batch = 4;
    options.accumulate = 2;
    options.preview_every = 0;
    options.ema = 0.5;
    options.precision = "fp32";
    options.threads = 1;
    options.device = device;
    options.steps = stop_at;
    const auto before = traffic();
    REQUIRE(Trainer(narrow_stage(), options, data, out / (name + ".json")).run({}) == 0);
    return traffic() - before;
  };
  const std::string device = "privateuseone:0";
  const auto few = train("a", device, 4), all = train("b", device, 8);
  // Four more steps, of two parts each.
  CHECK(all.uploads - few.uploads == 4 * 2);
  CHECK(all.downloads - few.downloads == 4);
  CHECK(all.waits - few.waits == 4);
  train("a", device, 8);
  CHECK(weights_of(out / "a") == weights_of(out / "b"));

  train("c", "cpu", 8);
  CHECK(largest_difference(out / "b", out / "c") < 1e-4);
  train("d", device, 4);
  train("d", "cpu", 8);
  CHECK(largest_difference(out / "d", out / "c") < 1e-4);
  train("e", "cpu", 4);
  train("e", device, 8);
  CHECK(largest_difference(out / "e", out / "c") < 1e-4);
}
